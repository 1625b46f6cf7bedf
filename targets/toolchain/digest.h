// SPDX-License-Identifier: BSD-2-Clause
// SHA-256 over a sequence of parts, for keys of cache entries and for finding damaged ones.
#ifndef NOSPAN_TARGETS_TOOLCHAIN_DIGEST_H
#define NOSPAN_TARGETS_TOOLCHAIN_DIGEST_H

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "reports/error.h"

namespace nospan::toolchain {

// Parts are length-prefixed: "ab","c" and "a","bc" differ. Not thread-safe.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  Digest& add(std::string_view part);

  // 64 hexadecimal digits. The object must not be used afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The whole of a regular file of at most `most` bytes; an Error for a device, a pipe, a folder, a larger file.
reports::Expected<std::string> read_file(const std::filesystem::path& file, std::uintmax_t most = 64u << 20);

// The digest of one file's content.
reports::Expected<std::string> digest_of_file(const std::filesystem::path& file);

// The digest of the running program: part of the key of whatever its code has a say in. Computed once.
const reports::Expected<std::string>& digest_of_this_program();

}  // namespace nospan::toolchain

#endif  // NOSPAN_TARGETS_TOOLCHAIN_DIGEST_H
