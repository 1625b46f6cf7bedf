// SPDX-License-Identifier: BSD-2-Clause
// Compiles the mapping code of a tree into LLVM bitcode for the prover (targets/toolchain/bitcode.h).
#ifndef NOSPAN_TARGETS_LINUX_BITCODE_H
#define NOSPAN_TARGETS_LINUX_BITCODE_H

#include <filesystem>

#include "reports/error.h"
#include "targets/linux/tree.h"
#include "targets/toolchain/library_frame.h"

namespace nospan::linux_target {

struct BitcodeOptions {
  int system_page_shift = 12;  // 12 or 16
};

// One module of what the native library is made of, but without runtime.c: the functions of runtime.h stay
// external. In the cache, under a key of everything that goes in: the tree's content, shims and glue, flags,
// passes, versions of the tools. A damaged cache entry is made anew. May be called from several threads at
// once.
//
// A tree that does not compile is an Error with Verdict::kSkip and the compiler's first message; whatever else
// goes wrong (no clang, a full disk) is one with Verdict::kError.
reports::Expected<std::filesystem::path> build_bitcode(const Tree& tree, const BitcodeOptions& options);

// What build_bitcode()'s module needs around it to be a target library, compiled into `folder`: runtime.c. Its
// entry point is in the module.
reports::Expected<toolchain::LibraryFrame> build_library_frame(const Tree& tree,
                                                               const std::filesystem::path& folder);

// One module of the platforms' part of the tree: arch/powerpc/platforms/pseries/iommu.c (table operations by
// hypercall and by memory, dynamic windows) and powernv/pci-ioda-tce.c (table operations, levels of tables).
// Everything that reaches the machine stays external: plpar_hcall(), rtas_call(), of_get_property() and the
// like, also the functions of build_bitcode()'s module. Structures that both modules know have the same layout
// in both. Cache and errors as with build_bitcode(); a tree without these files is an Error with
// Verdict::kSkip.
reports::Expected<std::filesystem::path> build_platform_bitcode(const Tree& tree,
                                                                const BitcodeOptions& options);

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_BITCODE_H
