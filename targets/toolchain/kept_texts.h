// SPDX-License-Identifier: BSD-2-Clause
// Texts kept by key, for results that are expensive to get again. Any number of processes may use a folder at
// once, and each may be killed at any moment: an entry appears whole or not at all.
#ifndef NOSPAN_TARGETS_TOOLCHAIN_KEPT_TEXTS_H
#define NOSPAN_TARGETS_TOOLCHAIN_KEPT_TEXTS_H

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace nospan::toolchain {

// One folder, one file per text. An entry is believed only if its checksum is that of this text under this key:
// neither a damaged one nor one that was kept under another key is.
class KeptTexts {
 public:
  // An empty path: nothing is kept and nothing found.
  explicit KeptTexts(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // `key` is a Digest's hex(), of everything that the text depends on. Nothing is found under "".
  std::optional<std::string> find(const std::string& key) const;
  // A failure to write is no error: the next run finds nothing and makes the text again.
  void keep(const std::string& key, std::string_view text) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace nospan::toolchain

#endif  // NOSPAN_TARGETS_TOOLCHAIN_KEPT_TEXTS_H
