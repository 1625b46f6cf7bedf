// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/kept_texts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"

namespace nospan::toolchain {
namespace {

// The first line of an entry; the text follows.
std::string checksum(const std::string& key, std::string_view text) {
  return Digest().add("kept text 1").add(key).add(text).hex() + "\n";
}

}  // namespace

std::optional<std::string> KeptTexts::find(const std::string& key) const {
  if (folder_.empty() || key.empty()) return std::nullopt;
  const auto entry = read_file(folder_ / key);
  const std::size_t begin = entry ? entry->find('\n') : std::string::npos;
  if (begin == std::string::npos) return std::nullopt;
  std::string text = entry->substr(begin + 1);
  if (entry->substr(0, begin + 1) != checksum(key, text)) return std::nullopt;
  return text;
}

void KeptTexts::keep(const std::string& key, std::string_view text) const {
  if (folder_.empty() || key.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::filesystem::path fresh = folder_ / fmt::format("{}.{}", key, getpid());
  if (!write_file(fresh, checksum(key, text).append(text))) {
    std::filesystem::remove(fresh, error);
    return;
  }
  std::filesystem::rename(fresh, folder_ / key, error);
}

}  // namespace nospan::toolchain
