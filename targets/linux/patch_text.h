// SPDX-License-Identifier: BSD-2-Clause
// Takes a unified diff apart into what it does to each file, so that what concerns no file of ours can be left
// out and a hunk that does not apply can be named. Text only; nothing is read or written.
#ifndef NOSPAN_TARGETS_LINUX_PATCH_TEXT_H
#define NOSPAN_TARGETS_LINUX_PATCH_TEXT_H

#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"

namespace nospan::linux_target {

// A hunk's place in the old file, as "@@ -first,..." says.
struct Hunk {
  std::size_t first_line;
};

// What a diff does to one file.
struct FileChange {
  std::string old_path;  // relative to the tree; empty: the file is new
  std::string new_path;  // relative to the tree; empty: the file goes
  std::string text;      // the part of the diff, with its headers
  std::vector<Hunk> hunks;

  // The path to name in messages.
  const std::string& path() const { return new_path.empty() ? old_path : new_path; }
};

struct Diff {
  std::vector<FileChange> changes;
  int strip = 1;  // leading components that stand in the text before the tree's own paths, as in patch -p1
};

// Parses a diff of git, quilt or diff -u; text around it (a commit message, a signature) is skipped. An Error,
// with `where` and the line, for a path that leaves the tree and for a hunk that breaks off.
reports::Expected<Diff> parse_diff(std::string_view text, std::string_view where);

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_PATCH_TEXT_H
