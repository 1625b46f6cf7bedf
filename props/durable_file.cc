// SPDX-License-Identifier: BSD-2-Clause
#include "props/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace nospan::props {
namespace {

using reports::Expected;
using reports::failure;

std::string mend_for(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT: return "free some space or write to another file system";
    case EFBIG: return "raise the limit on file sizes (ulimit -f)";
    case ENOENT:
    case ENOTDIR: return "make the directory first";
    case EACCES:
    case EPERM:
    case EROFS: return "write to a directory that you may write to";
    case EISDIR: return "name a file, not a directory";
    default: return "check the name and the disk";
  }
}

// An open file. Closes it at the end if nobody did.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

  // 0 or an errno: some file systems report a full disk here.
  int close() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return ::close(descriptor) == 0 ? 0 : errno;
  }

 private:
  int descriptor_;
};

// The temporary file: removed at the end unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& directory) : directory_(directory) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  // Makes it. Not mkstemp(): that takes the permissions from nobody, open() from the umask. Returns -1 and
  // errno.
  int open() {
    static std::atomic<unsigned> next{0};
    // A process that had our number and was killed may have left its file.
    for (int attempt = 0; attempt < 1000; ++attempt) {
      const std::filesystem::path path = directory_ / fmt::format(".nospan-{}-{}", ::getpid(), next++);
      const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (descriptor >= 0) path_ = path;
      if (descriptor >= 0 || errno != EEXIST) return descriptor;
    }
    return -1;
  }

  bool rename_to(const std::filesystem::path& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) return false;
    path_.clear();
    return true;
  }

 private:
  std::filesystem::path directory_;
  std::filesystem::path path_;
};

// 0 or an errno.
int write_all(int descriptor, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = ::write(descriptor, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int sync(int descriptor) {
  while (::fsync(descriptor) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

Expected<void> write_file(const std::filesystem::path& path, std::string_view contents) {
  const auto refuse = [&path](int code) {
    return failure(path.native(), fmt::format("cannot be written: {}", std::generic_category().message(code)),
                   mend_for(code));
  };
  // The file behind symbolic links, so that a link stays one.
  std::error_code no_link;
  std::filesystem::path real_path = std::filesystem::canonical(path, no_link);
  if (no_link) real_path = path;
  if (real_path.filename().empty()) return refuse(path.empty() ? ENOENT : EISDIR);

  struct stat old = {};
  const bool exists = ::stat(real_path.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) return refuse(EISDIR);
  if (exists && !S_ISREG(old.st_mode)) {
    // A rename would replace the device or the pipe itself.
    return failure(path.native(), "cannot be written: is no regular file", "name a file");
  }
  // A rename needs the directory's permission only; a file that its owner protected should stay.
  if (exists && ::access(real_path.c_str(), W_OK) != 0) return refuse(errno);

  const std::filesystem::path directory = real_path.has_parent_path() ? real_path.parent_path() : ".";
  TemporaryFile temporary(directory);
  Descriptor file(temporary.open());
  if (!file.is_open()) return refuse(errno);
  if (const int code = write_all(file.get(), contents); code != 0) return refuse(code);
  if (exists && ::fchmod(file.get(), old.st_mode & 07777) != 0) return refuse(errno);
  if (const int code = sync(file.get()); code != 0) return refuse(code);
  if (const int code = file.close(); code != 0) return refuse(code);
  if (!temporary.rename_to(real_path)) return refuse(errno);

  // The new name is durable once the directory is. A directory that we may write to but not read cannot be
  // synced, nor can those of some file systems (EINVAL): then the new file is there, only not safe from a power
  // failure.
  const Descriptor opened_directory(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened_directory.is_open()) return {};
  if (const int code = sync(opened_directory.get()); code != 0 && code != EINVAL) return refuse(code);
  return {};
}

}  // namespace

Expected<void> write_file_atomically(const std::filesystem::path& path, std::string_view contents) {
  try {
    return write_file(path, contents);
  } catch (const std::exception& exception) {
    return failure(path.native(), fmt::format("cannot be written: {}", exception.what()));
  }
}

}  // namespace nospan::props
