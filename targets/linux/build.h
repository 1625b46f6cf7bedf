// SPDX-License-Identifier: BSD-2-Clause
// Compiles the mapping code of a tree into a target library (targets/target.h).
#ifndef NOSPAN_TARGETS_LINUX_BUILD_H
#define NOSPAN_TARGETS_LINUX_BUILD_H

#include <filesystem>
#include <string>

#include "reports/error.h"
#include "targets/linux/tree.h"

namespace nospan::linux_target {

struct BuildOptions {
  int system_page_shift = 12;    // 12 or 16
  bool sanitized = false;        // undefined behaviour ends the call with NOSPAN_FAILURE_UNDEFINED
  std::string compiler = "gcc";  // gcc 12 or clang 19, or one compatible with them
  // False: reports of BUG and WARN name line 0, so that trees that differ in comments and blank lines give the
  // same library, byte by byte. To be compared, not to be loaded.
  bool line_numbers = true;
};

// The library, for dlopen(); compiled unless the cache has it. The key is everything that goes in: the tree's
// content, shims and glue, flags, the compiler's version. A damaged cache entry is made anew.
//
// A tree that does not compile is an Error with Verdict::kSkip and the compiler's first message; whatever else
// goes wrong (no compiler, a full disk) is one with Verdict::kError.
reports::Expected<std::filesystem::path> build_library(const Tree& tree, const BuildOptions& options);

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_BUILD_H
