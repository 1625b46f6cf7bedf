// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/share.h"

#include <cstdlib>

namespace nospan::toolchain {

namespace fs = std::filesystem;

std::optional<fs::path> installed_share_folder(const fs::path& executable) {
  fs::path share = (executable.parent_path() / NOSPAN_SHARE_FROM_BIN).lexically_normal();
  std::error_code error;
  if (!fs::exists(share / "targets/target.h", error)) return std::nullopt;
  return share;
}

fs::path share_folder() {
  std::error_code error;
  const char* given = getenv("NOSPAN_SHARE");
  if (given != nullptr && *given != '\0') return fs::absolute(given, error).lexically_normal();
  // Links such as /usr/local/bin/nospan -> /opt/nospan/bin/nospan are resolved in it.
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    if (auto share = installed_share_folder(executable)) return *share;
  }
  return fs::path(NOSPAN_SOURCE_DIR).lexically_normal();
}

}  // namespace nospan::toolchain
