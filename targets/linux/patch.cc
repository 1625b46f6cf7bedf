// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/patch.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "targets/linux/git.h"
#include "targets/linux/recipe.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"

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

bool concerns_us(const FileChange& change) {
  return (!change.old_path.empty() && is_readable(change.old_path)) ||
         (!change.new_path.empty() && is_readable(change.new_path));
}

// What git apply said, with the hunk that it names only by its line.
tl::unexpected<reports::Error> does_not_apply(const Patch& patch, const std::string& said) {
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
    for (const FileChange& change : patch.diff.changes) {
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
  return reports::failure(patch.where, fmt::format("does not apply: {}", what),
                          "rebase it onto this tree, or give the tree that it was made for");
}

Expected<void> apply(const Patch& patch, const fs::path& copy, const fs::path& folder) {
  std::string text;
  for (const FileChange& change : patch.diff.changes) {
    if (concerns_us(change)) text += change.text;
  }
  if (text.empty()) return {};
  const fs::path filtered = folder / "filtered.patch";
  if (auto written = write_file(filtered, text); !written) return written;
  auto outcome =
      git({"apply", fmt::format("-p{}", patch.diff.strip), "--whitespace=nowarn", filtered.string()}, copy);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) return does_not_apply(patch, outcome->text);
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

Expected<PatchedTree> apply_patches(const Tree& tree, const std::vector<fs::path>& files) {
  auto patches = read_series(files);
  if (!patches) return tl::unexpected(patches.error());
  return apply_patches(tree, std::span<const Patch>(*patches));
}

Expected<PatchedTree> apply_patches(const Tree& tree, std::span<const Patch> patches) {
  auto cache = cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  auto temporary = TemporaryFolder::make(*cache);
  if (!temporary) return tl::unexpected(temporary.error());

  std::set<std::string> changed;
  std::set<std::string> ignored;
  Digest key;
  key.add("patched 1").add(tree.content_hash());
  for (const Patch& patch : patches) {
    key.add(fmt::format("-p{}", patch.diff.strip));
    for (const FileChange& change : patch.diff.changes) {
      if (concerns_us(change)) key.add(change.text);
      (concerns_us(change) ? changed : ignored).insert(change.path());
    }
  }
  PatchedTree result{tree, {changed.begin(), changed.end()}, {ignored.begin(), ignored.end()}, {}};
  for (const Patch& patch : patches) result.applied.push_back({patch.file, patch.subject, patch.sha256});
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
  for (const Patch& patch : patches) {
    if (auto applied = apply(patch, copy, temporary->path()); !applied) return tl::unexpected(applied.error());
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
