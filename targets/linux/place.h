// SPDX-License-Identifier: BSD-2-Clause
// Where things are in a tree: the commit that it is a checkout of, the line at which a function begins. Reads
// the tree; runs nothing of it.
#ifndef NOSPAN_TARGETS_LINUX_PLACE_H
#define NOSPAN_TARGETS_LINUX_PLACE_H

#include <optional>
#include <string>
#include <string_view>

#include "targets/linux/tree.h"

namespace nospan::linux_target {

// The commit that the tree is a git checkout of, in hexadecimal, if all files that a build reads are as in that
// commit; else "". Changes in other files do not count. Only git commands that run no program named in the
// tree's own configuration are used (no filters, no fsmonitor).
std::string commit_of(const Tree& tree);

// The line, from 1 on, at which the definition of `function` names it in a C file of the tree, relative to its
// root; none if there is no such definition at the file's top level.
std::optional<unsigned> line_of_function(const Tree& tree, std::string_view file, std::string_view function);

// The same in a text.
std::optional<unsigned> line_of_function(std::string_view text, std::string_view function);

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_PLACE_H
