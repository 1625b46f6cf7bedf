// SPDX-License-Identifier: BSD-2-Clause
// How the kernel's mapping code is compiled: which files, in which order headers are looked up, with which
// flags.
//
// The one description of it. build.cc makes shared libraries from it, bitcode.cc LLVM bitcode: same sources,
// same kernel_flags(), other code generation flags.
#ifndef NOSPAN_TARGETS_LINUX_RECIPE_H
#define NOSPAN_TARGETS_LINUX_RECIPE_H

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace nospan::linux_target {

// A file to compile.
struct Source {
  enum class World {
    kTree,  // unmodified, from the kernel tree; path relative to its root
    kGlue,  // ours, compiled as kernel code; relative to the share folder
    kHost,  // ours, compiled against the host's headers; relative to the share folder
  };
  World world;
  std::string path;
};

// Files that a tree must have for a build even to be tried.
const std::vector<std::string>& required_files();

// Files and folders of a tree that a build may read: what is extracted, hashed, copied for patching. A build
// that reads any other file of the tree is refused.
const std::vector<std::string>& readable_paths();

// Whether a file of the tree, relative to its root, lies in readable_paths().
bool is_readable(std::string_view file);

// Further files that packaged_tree() extracts, for other parts of nospan.
const std::vector<std::string>& extracted_paths();

// What to compile. `sanitized` adds the handlers of sanitizer reports.
std::vector<Source> sources(bool sanitized);

// The platforms' table operations and window set-up. As bitcode only: much of what they call is declared, not
// defined. A tree must not have them for the rest to be built.
std::vector<Source> platform_sources();

// What goes before kernel_flags() for platform_sources(): further shims, which come before the others.
std::vector<std::string> platform_flags(const std::filesystem::path& share);

// Flags that make kernel code mean what it means in the kernel. The working folder must be the tree's root:
// file names in messages are then relative to it, and the result does not depend on where the tree lies.
std::vector<std::string> kernel_flags(const std::filesystem::path& share, int system_page_shift,
                                      std::string_view version);

// Flags for sources of World::kHost.
std::vector<std::string> host_flags(const std::filesystem::path& share);

// Code generation for shared libraries, for both worlds.
std::vector<std::string> library_flags();

// Undefined behaviour is reported to undefined.c. Not signed overflow: the kernel is compiled so that it wraps.
std::vector<std::string> sanitizer_flags();

// Links objects into a shared library. A symbol without a shim is an error here that names it.
std::vector<std::string> link_flags();

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_RECIPE_H
