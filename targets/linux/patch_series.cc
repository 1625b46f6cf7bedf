// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/patch_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "targets/linux/git.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using reports::Expected;
using toolchain::read_file;
using toolchain::TemporaryFolder;

bool is_mailbox(std::string_view text) { return text.starts_with("From "); }

// A mail as a file of its own begins with a header, "Name: value"; so does quilt's "Index: file".
bool is_mail(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos || colon == 0 || line.starts_with("Index:")) return false;
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](unsigned char c) { return std::isalnum(c) || c == '-'; });
}

// Takes the diff out of one mail: git mailinfo undoes quoted-printable and base64, and "[PATCH 1/2]".
Expected<std::string> diff_of_mail(const fs::path& mail, const fs::path& folder, Patch& patch) {
  const fs::path diff = fs::path(mail).concat(".patch");
  auto outcome = git({"mailinfo", mail.string() + ".message", diff.string()}, folder, mail);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) {
    return reports::failure(patch.where, fmt::format("not a mail: {}", first_line(outcome->text)),
                            "give a mail or a diff");
  }
  const std::size_t subject = outcome->text.find("Subject: ");
  if (subject != std::string::npos) {
    patch.subject = first_line(outcome->text.substr(subject + 9));
    patch.where += fmt::format(" ({})", patch.subject);
  }
  return read_file(diff);
}

Expected<void> add_patch(std::string_view text, Patch patch, std::vector<Patch>& patches) {
  auto diff = parse_diff(text, patch.where);
  if (!diff) return tl::unexpected(diff.error());
  // Cover letters have no diff.
  if (diff->changes.empty()) return {};
  patch.diff = std::move(*diff);
  patch.sha256 = toolchain::Digest().add(text).hex();
  patches.push_back(std::move(patch));
  return {};
}

// All patches of a mailbox or mail, in its order.
Expected<void> add_mails(const fs::path& file, bool mailbox, const fs::path& folder,
                         std::vector<Patch>& patches) {
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
    Patch patch;
    patch.file = file.string();
    patch.where = mails.size() == 1 ? file.string() : fmt::format("{}, mail {}", file.string(), i + 1);
    auto text = diff_of_mail(mails[i], folder, patch);
    if (!text) return tl::unexpected(text.error());
    if (auto added = add_patch(*text, std::move(patch), patches); !added) return added;
  }
  return {};
}

}  // namespace

Expected<std::vector<Patch>> read_series(const std::vector<fs::path>& files) {
  auto cache = toolchain::cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  auto temporary = TemporaryFolder::make(*cache);
  if (!temporary) return tl::unexpected(temporary.error());
  std::vector<Patch> patches;
  for (std::size_t i = 0; i < files.size(); i++) {
    auto text = read_file(files[i]);
    if (!text) return tl::unexpected(text.error());
    const std::size_t before = patches.size();
    auto added =
        is_mailbox(*text) || is_mail(*text)
            ? add_mails(files[i], is_mailbox(*text), temporary->path() / fmt::format("mails-{}", i), patches)
            : add_patch(*text, {files[i].string(), files[i].string(), {}, {}, {}}, patches);
    if (!added) return tl::unexpected(added.error());
    if (patches.size() == before) {
      return reports::failure(files[i].string(), "holds no diff", "give a unified diff, a mail or a mailbox");
    }
  }
  return patches;
}

}  // namespace nospan::linux_target
