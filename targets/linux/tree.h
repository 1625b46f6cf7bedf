// SPDX-License-Identifier: BSD-2-Clause
// A Linux source tree: packaged by Debian, or the user's. Untrusted input: it is read, never run.
#ifndef NOSPAN_TARGETS_LINUX_TREE_H
#define NOSPAN_TARGETS_LINUX_TREE_H

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"

namespace nospan::linux_target {

// A tree that has the files that a build needs. Value type.
class Tree {
 public:
  const std::filesystem::path& root() const { return root_; }

  // As its Makefile says: "6.12.90", "6.13.0-rc3".
  const std::string& version() const { return version_; }

  // SHA-256 over names and contents of the files that a build can read (readable_paths() in recipe.h).
  const std::string& content_hash() const { return content_hash_; }

  // Those files, sorted, relative to the root.
  const std::vector<std::string>& files() const { return files_; }

 private:
  friend reports::Expected<Tree> open_tree(const std::filesystem::path& folder);
  std::filesystem::path root_;
  std::string version_;
  std::string content_hash_;
  std::vector<std::string> files_;
};

// The tree in `folder`. An Error names the first file that is missing, or what is wrong with it. Symbolic links
// are followed as long as they stay in the tree.
reports::Expected<Tree> open_tree(const std::filesystem::path& folder);

// The version that a top-level Makefile states in VERSION, PATCHLEVEL, SUBLEVEL, EXTRAVERSION. Only plain text
// counts: nothing is expanded or run.
reports::Expected<std::string> parse_version(std::string_view makefile);

// Versions for which Debian's linux-source-* is installed, the lowest first: "6.1", "6.12".
std::vector<std::string> packaged_versions(const std::filesystem::path& folder = "/usr/src");

// The tree of the package linux-source-<version>, extracted into the user's cache the first time (about 15 s).
reports::Expected<Tree> packaged_tree(std::string_view version,
                                      const std::filesystem::path& folder = "/usr/src");

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_TREE_H
