// SPDX-License-Identifier: BSD-2-Clause
#include "cli/save_folder.h"

#include <cstdlib>

namespace nospan::cli {

std::filesystem::path default_save_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return std::filesystem::path(cache) / "nospan" / "scenarios";
  }
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr && *home != '\0' ? home : "/tmp") / ".cache" / "nospan" /
         "scenarios";
}

}  // namespace nospan::cli
