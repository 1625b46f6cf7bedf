// SPDX-License-Identifier: BSD-2-Clause
// Compiles the core of the builtin target into LLVM bitcode for the prover (targets/toolchain/bitcode.h).
#ifndef NOSPAN_TARGETS_BUILTIN_BITCODE_H
#define NOSPAN_TARGETS_BUILTIN_BITCODE_H

#include <filesystem>

#include "reports/error.h"
#include "targets/toolchain/library_frame.h"

namespace nospan::builtin {

// One module of the core's sources, as they lie in the share folder now: not necessarily as they were when
// nospan was built. In the cache, under a key of everything that goes in: sources, headers of the C++ library,
// flags, passes, versions of the tools. A damaged cache entry is made anew. May be called from several threads
// at once.
//
// Every Error is one with Verdict::kError: sources of ours that do not compile are a broken installation.
reports::Expected<std::filesystem::path> build_bitcode();

// What the module needs around it to be a target library, compiled into `folder`: the entry point.
reports::Expected<toolchain::LibraryFrame> build_library_frame(const std::filesystem::path& folder);

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_BITCODE_H
