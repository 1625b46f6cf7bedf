// SPDX-License-Identifier: BSD-2-Clause
// Where nospan's own sources lie that are compiled at run time: shims, glue, the builtin target.
#ifndef NOSPAN_TARGETS_TOOLCHAIN_SHARE_H
#define NOSPAN_TARGETS_TOOLCHAIN_SHARE_H

#include <filesystem>

namespace nospan::toolchain {

// What an error says when a file of the share folder cannot be read.
inline constexpr const char* kShareMend =
    "set NOSPAN_SHARE to the folder of nospan's sources, the one that contains targets/";

// The folder that contains targets/, absolute: NOSPAN_SHARE, or the source folder we were built from. Reads the
// environment: not to be called while another thread changes it.
std::filesystem::path share_folder();

}  // namespace nospan::toolchain

#endif  // NOSPAN_TARGETS_TOOLCHAIN_SHARE_H
