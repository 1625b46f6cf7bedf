// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/share.h"

#include <cstdlib>

namespace nospan::toolchain {

std::filesystem::path share_folder() {
  const char* given = getenv("NOSPAN_SHARE");
  std::error_code error;
  return std::filesystem::absolute(given != nullptr && *given != '\0' ? given : NOSPAN_SOURCE_DIR, error)
      .lexically_normal();
}

}  // namespace nospan::toolchain
