// SPDX-License-Identifier: BSD-2-Clause
// What a module of bitcode lacks to become a target library: the parts that are compiled against the host.
//
// Bitcode is made for the prover. Compiled to an object file and linked into its frame it can be loaded and
// run, so that what is executed symbolically, or was changed in the bitcode, runs as it is.
#ifndef NOSPAN_TARGETS_TOOLCHAIN_LIBRARY_FRAME_H
#define NOSPAN_TARGETS_TOOLCHAIN_LIBRARY_FRAME_H

#include <filesystem>
#include <string>
#include <vector>

#include "reports/error.h"
#include "targets/toolchain/compilation.h"

namespace nospan::toolchain {

struct LibraryFrame {
  std::vector<std::filesystem::path> objects;  // of the host's side
  std::vector<std::string> link;               // the linker (a compiler) and its flags
  std::string mend;                            // what to do about a symbol that is missing
  Subject subject;                             // whose module it is
};

// Links the frame and the module's object file ("": there is none) into a library for dlopen(). An Error names
// a symbol that nobody defines. May be called from several threads and processes at once.
reports::Expected<void> link_library(const LibraryFrame& frame, const std::filesystem::path& module_object,
                                     const std::filesystem::path& library);

}  // namespace nospan::toolchain

#endif  // NOSPAN_TARGETS_TOOLCHAIN_LIBRARY_FRAME_H
