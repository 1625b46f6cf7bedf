// SPDX-License-Identifier: BSD-2-Clause
// Applies patches to a private copy of a tree. The tree itself is never touched.
#ifndef NOSPAN_TARGETS_LINUX_PATCH_H
#define NOSPAN_TARGETS_LINUX_PATCH_H

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "reports/error.h"
#include "targets/linux/patch_series.h"
#include "targets/linux/tree.h"

namespace nospan::linux_target {

// One patch, as a report names it.
struct AppliedPatch {
  std::filesystem::path file;  // as given; of a mailbox, the same for each of its mails
  std::string subject;         // of a mail, without "[PATCH]"; "" of a plain diff
  std::string hash;            // SHA-256 of the diff
};

struct PatchedTree {
  Tree tree;                          // the copy; the given tree if no patch touches a file that a build reads
  std::vector<std::string> changed;   // files of the copy that the patches touch, sorted
  std::vector<std::string> ignored;   // files that they touch and a build does not read: left out, sorted
  std::vector<AppliedPatch> applied;  // in their order
};

// Applies patches in their order. As strict as git am: lines may have moved, but context must match. An Error
// names the patch, the file and the hunk that does not apply.
reports::Expected<PatchedTree> apply_patches(const Tree& tree, std::span<const Patch> patches);

// The same with the patches of these files, as read_series() reads them.
reports::Expected<PatchedTree> apply_patches(const Tree& tree, const std::vector<std::filesystem::path>& files);

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_PATCH_H
