// SPDX-License-Identifier: BSD-2-Clause
// For tests: a tree of invented files, and what targets/toolchain/test_folder.h has.
#ifndef NOSPAN_TARGETS_LINUX_TEST_FOLDER_H
#define NOSPAN_TARGETS_LINUX_TEST_FOLDER_H

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "targets/linux/recipe.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::linux_target {

using toolchain::read_text;
using toolchain::ScopedVariable;
using toolchain::TestFolder;
using toolchain::write_text;

inline std::string numbered_lines(int count) {
  std::string text;
  for (int i = 1; i <= count; i++) text += fmt::format("line {}\n", i);
  return text;
}

// A tree with every path that a real one has, and 40 numbered lines in each file. Nothing of the kernel.
inline void make_synthetic_tree(const std::filesystem::path& root) {
  for (const std::string& path : extracted_paths()) write_text(root / path / "Kconfig", "");
  for (const std::string& path : readable_paths()) {
    if (std::filesystem::path(path).has_extension()) {
      write_text(root / path, numbered_lines(40));
    } else {
      write_text(root / path / "some.h", numbered_lines(40));
    }
  }
  for (const std::string& file : required_files()) write_text(root / file, numbered_lines(40));
  std::filesystem::remove_all(root / "Makefile");
  write_text(root / "Makefile", "# comment\nVERSION = 9\nPATCHLEVEL = 8\nSUBLEVEL = 7\nEXTRAVERSION = -rc6\n");
}

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_TEST_FOLDER_H
