// SPDX-License-Identifier: BSD-2-Clause
// What compiling a tree into a library and into bitcode have in common: which units, whose fault, what may be
// read, what of ours goes into a key.
#ifndef NOSPAN_TARGETS_LINUX_COMPILATION_H
#define NOSPAN_TARGETS_LINUX_COMPILATION_H

#include <functional>
#include <string>
#include <vector>

#include "reports/error.h"
#include "targets/linux/recipe.h"
#include "targets/linux/tree.h"
#include "targets/toolchain/compilation.h"
#include "targets/toolchain/library_frame.h"

namespace nospan::linux_target {

// An Error unless the shift is one that kernels for powerpc are built with, 12 or 16.
reports::Expected<void> check_system_page_shift(int system_page_shift);

// The sources as units of the tree, each with the flags that `flags_of` gives. Kernel code may read the tree's
// readable_paths() and the share folder, nothing else. What does not compile is Verdict::kSkip.
toolchain::Compilation compilation_of(const Tree& tree, const std::string& compiler,
                                      const std::vector<Source>& sources,
                                      const std::function<std::vector<std::string>(Source::World)>& flags_of);

// What links objects of the compilation into a library (recipe.h, link_flags()).
toolchain::LibraryFrame frame_of(const toolchain::Compilation& compilation,
                                 std::vector<std::filesystem::path> objects);

// The key of what is made from the compilation: the tree's content, everything of ours that a compilation
// reads, the units with their flags, and `identity`, which stands for the tools and what else goes in.
reports::Expected<std::string> key_of(const toolchain::Compilation& compilation, const Tree& tree,
                                      const std::string& identity);

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_COMPILATION_H
