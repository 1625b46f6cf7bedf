// SPDX-License-Identifier: BSD-2-Clause
// For tests: a folder that goes away, an environment variable that is put back, a tree of invented files.
#ifndef NOSPAN_TARGETS_LINUX_TEST_FOLDER_H
#define NOSPAN_TARGETS_LINUX_TEST_FOLDER_H

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "targets/linux/recipe.h"

namespace nospan::linux_target {

class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "nospan-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = getenv(name)) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;
  ~ScopedVariable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

inline void write_text(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

inline std::string read_text(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

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
