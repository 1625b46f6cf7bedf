// SPDX-License-Identifier: BSD-2-Clause
// Where nospan's own files lie that it reads at run time: shims, glue and the builtin target, which are
// compiled then, and the known findings.
#ifndef NOSPAN_TARGETS_TOOLCHAIN_SHARE_H
#define NOSPAN_TARGETS_TOOLCHAIN_SHARE_H

#include <filesystem>
#include <optional>

namespace nospan::toolchain {

// What an error says when a file of the share folder cannot be read.
inline constexpr const char* kShareMend =
    "set NOSPAN_SHARE to the folder of nospan's sources, the one that contains targets/";

// The folder that contains targets/ and props/findings/, absolute: NOSPAN_SHARE; or where `cmake --install` put
// it, relative to the running program; or the source folder we were built from. Reads the environment: not to
// be called while another thread changes it.
std::filesystem::path share_folder();

// The share folder of an installation: for PREFIX/bin/nospan, PREFIX/share/nospan. None if nothing is installed
// there.
std::optional<std::filesystem::path> installed_share_folder(const std::filesystem::path& executable);

}  // namespace nospan::toolchain

#endif  // NOSPAN_TARGETS_TOOLCHAIN_SHARE_H
