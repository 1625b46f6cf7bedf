// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace nospan::toolchain {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kTemporary = "tmp-";
constexpr const char* kMend = "free some space, or set XDG_CACHE_HOME to a folder that can be written";

void remove_leftovers(const fs::path& cache) {
  std::error_code ignored;
  const auto yesterday = fs::file_time_type::clock::now() - std::chrono::hours(24);
  for (const fs::directory_entry& entry : fs::directory_iterator(cache, ignored)) {
    if (!entry.path().filename().string().starts_with(kTemporary)) continue;
    const auto changed = entry.last_write_time(ignored);
    if (!ignored && changed < yesterday) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace

reports::Expected<fs::path> cache_folder() {
  const char* cache = getenv("XDG_CACHE_HOME");
  const char* home = getenv("HOME");
  fs::path folder;
  // The XDG specification: a relative path is to be ignored.
  if (cache != nullptr && cache[0] == '/') {
    folder = fs::path(cache) / "nospan";
  } else if (home != nullptr && home[0] == '/') {
    folder = fs::path(home) / ".cache" / "nospan";
  } else {
    return reports::failure("cache", "neither XDG_CACHE_HOME nor HOME is set", "set XDG_CACHE_HOME");
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return reports::failure(folder.string(),
                            fmt::format("the cache folder cannot be made: {}", error.message()), kMend);
  }
  return folder;
}

reports::Expected<TemporaryFolder> TemporaryFolder::make(const fs::path& cache) {
  remove_leftovers(cache);
  std::string name = (cache / (std::string(kTemporary) + "XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) {
    return reports::failure(cache.string(), fmt::format("the cache cannot be written: {}", strerror(errno)),
                            kMend);
  }
  return TemporaryFolder(name);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
  other.path_.clear();
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

reports::Expected<void> TemporaryFolder::publish(const fs::path& entry, const fs::path& place) {
  std::error_code error;
  fs::create_directories(place.parent_path(), error);
  if (!error && rename(entry.c_str(), place.c_str()) != 0 && errno != EEXIST && errno != ENOTEMPTY) {
    error = std::error_code(errno, std::generic_category());
  }
  if (error) {
    return reports::failure(place.string(), fmt::format("the cache entry cannot be made: {}", error.message()),
                            kMend);
  }
  return {};
}

reports::Expected<void> write_file(const fs::path& file, std::string_view content) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int error = descriptor < 0 ? errno : 0;
  while (!error && !content.empty()) {
    const ssize_t done = write(descriptor, content.data(), content.size());
    if (done < 0 && errno != EINTR) error = errno;
    if (done > 0) content.remove_prefix(static_cast<std::size_t>(done));
  }
  if (descriptor >= 0 && close(descriptor) != 0 && !error) error = errno;
  if (error)
    return reports::failure(file.string(), fmt::format("cannot be written: {}", strerror(error)), kMend);
  return {};
}

void discard(const fs::path& cache, const fs::path& entry) {
  auto grave = TemporaryFolder::make(cache);
  // By rename first: a half-removed entry must never be seen under its name.
  if (grave) rename(entry.c_str(), (grave->path() / "entry").c_str());
}

}  // namespace nospan::toolchain
