// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "targets/linux/patch_text.h"
#include "targets/linux/recipe.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"
#include "targets/toolchain/process.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using reports::Expected;
using toolchain::cache_folder;
using toolchain::Digest;
using toolchain::discard;
using toolchain::read_file;
using toolchain::TemporaryFolder;
using toolchain::write_file;

constexpr const char* kHashFile = "content.sha256";

// One patch of possibly many in a file: where it stands, for messages, and its diff.
struct NamedDiff {
  std::string where;
  Diff diff;
  AppliedPatch patch;
};

bool is_mailbox(std::string_view text) { return text.starts_with("From "); }

// A mail as a file of its own begins with a header, "Name: value"; so does quilt's "Index: file".
bool is_mail(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos || colon == 0 || line.starts_with("Index:")) return false;
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](unsigned char c) { return std::isalnum(c) || c == '-'; });
}

Expected<toolchain::Outcome> git(std::vector<std::string> arguments, const fs::path& folder,
                                 const fs::path& input = "/dev/null") {
  arguments.insert(arguments.begin(), "git");
  return toolchain::run({.arguments = std::move(arguments), .folder = folder, .input = input, .output = {}});
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// Takes the diff out of one mail: git mailinfo undoes quoted-printable and base64.
Expected<std::string> diff_of_mail(const fs::path& mail, const fs::path& folder, std::string& where,
                                   std::string& title) {
  const fs::path patch = fs::path(mail).concat(".patch");
  auto outcome = git({"mailinfo", mail.string() + ".message", patch.string()}, folder, mail);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) {
    return reports::failure(where, fmt::format("not a mail: {}", first_line(outcome->text)),
                            "give a mail or a diff");
  }
  const std::size_t subject = outcome->text.find("Subject: ");
  if (subject != std::string::npos) {
    title = first_line(outcome->text.substr(subject + 9));
    where += fmt::format(" ({})", title);
  }
  return read_file(patch);
}

Expected<void> add_diff(std::string_view text, std::string where, AppliedPatch patch,
                        std::vector<NamedDiff>& diffs) {
  auto diff = parse_diff(text, where);
  if (!diff) return tl::unexpected(diff.error());
  // Cover letters have no diff.
  if (!diff->changes.empty()) {
    patch.hash = Digest().add(text).hex();
    diffs.push_back({std::move(where), std::move(*diff), std::move(patch)});
  }
  return {};
}

// All diffs of a mailbox or mail, in its order.
Expected<void> add_mails(const fs::path& file, bool mailbox, const fs::path& folder,
                         std::vector<NamedDiff>& diffs) {
  std::error_code error;
  fs::create_directory(folder, error);
  std::vector<std::string> arguments = {"mailsplit", "-o" + folder.string()};
  // A mail that does not begin with "From " is one mail for -b.
  if (!mailbox) arguments.emplace_back("-b");
  arguments.insert(arguments.end(), {"--", fs::absolute(file, error).string()});
  auto outcome = git(arguments, folder);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) {
    return reports::failure(file.string(), fmt::format("not a mailbox: {}", first_line(outcome->text)),
                            "give a mailbox, a mail or a diff");
  }
  std::vector<fs::path> mails;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) mails.push_back(entry.path());
  std::sort(mails.begin(), mails.end());
  for (std::size_t i = 0; i < mails.size(); i++) {
    std::string where = mails.size() == 1 ? file.string() : fmt::format("{}, mail {}", file.string(), i + 1);
    AppliedPatch patch{file, {}, {}};
    auto text = diff_of_mail(mails[i], folder, where, patch.subject);
    if (!text) return tl::unexpected(text.error());
    if (auto added = add_diff(*text, std::move(where), std::move(patch), diffs); !added) return added;
  }
  return {};
}

Expected<std::vector<NamedDiff>> read_patches(const std::vector<fs::path>& patches, const fs::path& folder) {
  std::vector<NamedDiff> diffs;
  for (std::size_t i = 0; i < patches.size(); i++) {
    auto text = read_file(patches[i]);
    if (!text) return tl::unexpected(text.error());
    const std::size_t before = diffs.size();
    auto added = is_mailbox(*text) || is_mail(*text)
                     ? add_mails(patches[i], is_mailbox(*text), folder / fmt::format("mails-{}", i), diffs)
                     : add_diff(*text, patches[i].string(), {patches[i], {}, {}}, diffs);
    if (!added) return tl::unexpected(added.error());
    if (diffs.size() == before) {
      return reports::failure(patches[i].string(), "holds no diff", "give a unified diff, a mail or a mailbox");
    }
  }
  return diffs;
}

bool concerns_us(const FileChange& change) {
  return (!change.old_path.empty() && is_readable(change.old_path)) ||
         (!change.new_path.empty() && is_readable(change.new_path));
}

// What git apply said, with the hunk that it names only by its line.
tl::unexpected<reports::Error> does_not_apply(const NamedDiff& named, const std::string& said) {
  static constexpr std::string_view kFailed = "error: patch failed: ";
  const std::size_t at = said.find(kFailed);
  std::string what = first_line(said);
  if (at != std::string::npos) {
    const std::string place = first_line(said.substr(at + kFailed.size()));
    const std::size_t colon = place.rfind(':');
    std::size_t line = 0;
    if (colon != std::string::npos)
      std::from_chars(place.data() + colon + 1, place.data() + place.size(), line);
    what = place;
    for (const FileChange& change : named.diff.changes) {
      if (change.old_path != place.substr(0, colon)) continue;
      for (std::size_t i = 0; i < change.hunks.size(); i++) {
        if (change.hunks[i].first_line == line) {
          what = fmt::format("{}, hunk {} of {} (line {})", change.old_path, i + 1, change.hunks.size(), line);
        }
      }
    }
  } else if (what.starts_with("error: ")) {
    what = what.substr(7);
  }
  return reports::failure(named.where, fmt::format("does not apply: {}", what),
                          "rebase it onto this tree, or give the tree that it was made for");
}

Expected<void> apply(const NamedDiff& named, const fs::path& copy, const fs::path& folder) {
  std::string text;
  for (const FileChange& change : named.diff.changes) {
    if (concerns_us(change)) text += change.text;
  }
  if (text.empty()) return {};
  const fs::path filtered = folder / "filtered.patch";
  if (auto written = write_file(filtered, text); !written) return written;
  auto outcome =
      git({"apply", fmt::format("-p{}", named.diff.strip), "--whitespace=nowarn", filtered.string()}, copy);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) return does_not_apply(named, outcome->text);
  return {};
}

// A copy of what a build reads: links become the files that they lead to.
Expected<void> copy_tree(const Tree& tree, const fs::path& copy) {
  std::error_code error;
  fs::path last;
  for (const std::string& file : tree.files()) {
    const fs::path target = copy / file;
    if (target.parent_path() != last) fs::create_directories(last = target.parent_path(), error);
    if (!error) fs::copy_file(tree.root() / file, target, error);
    if (!error) fs::permissions(target, fs::perms::owner_write, fs::perm_options::add, error);
    if (error) {
      return reports::failure(target.string(), fmt::format("the tree cannot be copied: {}", error.message()),
                              "free some space in the cache folder, or set XDG_CACHE_HOME");
    }
  }
  return {};
}

// The copy in the cache, if it is there and still what was published.
Expected<Tree> cached_copy(const fs::path& entry) {
  auto tree = open_tree(entry / "tree");
  auto hash = read_file(entry / kHashFile);
  if (!tree) return tree;
  if (!hash || *hash != tree->content_hash()) return reports::failure(entry.string(), "is damaged");
  return tree;
}

}  // namespace

Expected<PatchedTree> apply_patches(const Tree& tree, const std::vector<fs::path>& patches) {
  auto cache = cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  auto temporary = TemporaryFolder::make(*cache);
  if (!temporary) return tl::unexpected(temporary.error());
  auto diffs = read_patches(patches, temporary->path());
  if (!diffs) return tl::unexpected(diffs.error());

  std::set<std::string> changed;
  std::set<std::string> ignored;
  Digest key;
  key.add("patched 1").add(tree.content_hash());
  for (const NamedDiff& named : *diffs) {
    key.add(fmt::format("-p{}", named.diff.strip));
    for (const FileChange& change : named.diff.changes) {
      if (concerns_us(change)) key.add(change.text);
      (concerns_us(change) ? changed : ignored).insert(change.path());
    }
  }
  PatchedTree result{tree, {changed.begin(), changed.end()}, {ignored.begin(), ignored.end()}, {}};
  for (const NamedDiff& named : *diffs) result.applied.push_back(named.patch);
  if (changed.empty()) return result;

  std::error_code error;
  const fs::path entry = *cache / "patched" / key.hex().substr(0, 32);
  if (fs::exists(entry, error)) {
    if (auto copy = cached_copy(entry)) {
      result.tree = std::move(*copy);
      return result;
    }
    discard(*cache, entry);
  }
  const fs::path fresh = temporary->path() / "entry";
  const fs::path copy = fresh / "tree";
  fs::create_directories(copy, error);
  if (auto copied = copy_tree(tree, copy); !copied) return tl::unexpected(copied.error());
  for (const NamedDiff& named : *diffs) {
    if (auto applied = apply(named, copy, temporary->path()); !applied) return tl::unexpected(applied.error());
  }
  auto patched = open_tree(copy);
  if (!patched) {
    patched.error().mend = "the patches take away what nospan compiles";
    return tl::unexpected(patched.error());
  }
  if (auto written = write_file(fresh / kHashFile, patched->content_hash()); !written) {
    return tl::unexpected(written.error());
  }
  if (auto published = temporary->publish(fresh, entry); !published) return tl::unexpected(published.error());
  auto opened = open_tree(entry / "tree");
  if (!opened) return tl::unexpected(opened.error());
  result.tree = std::move(*opened);
  return result;
}

}  // namespace nospan::linux_target
