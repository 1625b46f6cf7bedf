// SPDX-License-Identifier: BSD-2-Clause
// The user's cache of extracted trees, patched copies, compiled libraries and bitcode. Any number of processes
// may use it at once, and each may be killed at any moment: an entry is made in a temporary folder and appears
// by one rename.
#ifndef NOSPAN_TARGETS_TOOLCHAIN_CACHE_H
#define NOSPAN_TARGETS_TOOLCHAIN_CACHE_H

#include <filesystem>
#include <string>
#include <string_view>

#include "reports/error.h"

namespace nospan::toolchain {

// $XDG_CACHE_HOME/nospan or ~/.cache/nospan, made if it is missing. An Error says why it cannot be written.
reports::Expected<std::filesystem::path> cache_folder();

// A folder inside the cache that is removed with this object unless it was published. Those that killed
// processes left behind are removed after a day.
class TemporaryFolder {
 public:
  static reports::Expected<TemporaryFolder> make(const std::filesystem::path& cache);
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Renames `entry`, a folder inside this one, to `place`. If another process was faster, its entry stays: both
  // were made from the same key.
  reports::Expected<void> publish(const std::filesystem::path& entry, const std::filesystem::path& place);

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// Writes a file or says why not, a full disk included.
reports::Expected<void> write_file(const std::filesystem::path& file, std::string_view content);

// Takes a damaged entry out of the way, so that a good one can be published.
void discard(const std::filesystem::path& cache, const std::filesystem::path& entry);

}  // namespace nospan::toolchain

#endif  // NOSPAN_TARGETS_TOOLCHAIN_CACHE_H
