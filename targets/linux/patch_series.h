// SPDX-License-Identifier: BSD-2-Clause
// A series of patches: read from files, one after the other, or taken from the history of a git tree.
#ifndef NOSPAN_TARGETS_LINUX_PATCH_SERIES_H
#define NOSPAN_TARGETS_LINUX_PATCH_SERIES_H

#include <filesystem>
#include <string>
#include <vector>

#include "reports/error.h"
#include "targets/linux/patch_text.h"
#include "targets/linux/tree.h"

namespace nospan::linux_target {

// One patch of possibly many in a file, or a commit.
struct Patch {
  std::string
      where;         // for messages: "series.mbox, mail 2 (powerpc: fix)", "commit 0123456789ab (powerpc: fix)"
  std::string file;  // as given; "" for a commit
  std::string subject;  // "powerpc: fix", without "[PATCH 2/3]"; "" for a plain diff
  std::string sha256;   // of the diff's text
  Diff diff;
};

// All patches of the files, in their order. Each file is a diff, the output of git format-patch, a mail, or a
// mailbox with a series; cover letters are skipped. An Error names a file that holds no diff.
reports::Expected<std::vector<Patch>> read_series(const std::vector<std::filesystem::path>& files);

// What a range of commits does to the files that a build reads.
struct CommitRange {
  Tree before;                 // a copy of the files before the first commit, in the user's cache
  std::vector<Patch> commits;  // along first parents: a merge is one commit; those that touch other files only
  std::size_t others = 0;      // are left out, and counted here
};

// `range` is "A..B", or "A.." for what leads to HEAD. Neither the git tree nor its working files are changed,
// and nothing that its configuration names (filters, external diffs, monitors) is run but what `git archive`
// runs.
reports::Expected<CommitRange> commits_of(const std::filesystem::path& git_tree, const std::string& range);

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_PATCH_SERIES_H
