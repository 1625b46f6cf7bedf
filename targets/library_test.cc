// SPDX-License-Identifier: BSD-2-Clause
// Loads small libraries, each wrong in one way (library_test/sample.c), and the builtin target.
#include "targets/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace nospan::targets {
namespace {

using testing::HasSubstr;

// CMake tells where the libraries are.
std::string sample(const std::string& name) {
  return std::string(NOSPAN_LIBRARY_TEST_FOLDER) + "/libnospan_library_test_" + name + ".so";
}

void expect_error(const std::string& path, const std::string& what) {
  const auto library = Library::open(path);
  ASSERT_FALSE(library.has_value()) << path;
  EXPECT_EQ(library.error().where, path);
  EXPECT_THAT(library.error().what, HasSubstr(what));
  EXPECT_NE(library.error().mend, "");
  EXPECT_EQ(library.error().verdict, reports::Verdict::kError);
  EXPECT_EQ(library.error().line().find('\n'), std::string::npos);
}

class File {
 public:
  explicit File(const std::string& content)
      : path_(testing::TempDir() + "nospan_library_test_" + std::to_string(getpid()) + "_" +
              std::to_string(++files_made)) {
    std::ofstream(path_) << content;
  }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  inline static int files_made = 0;  // the dynamic loader knows a library by its path: never the same one twice
  std::string path_;
};

TEST(Library, LoadsAGoodOne) {
  const auto library = Library::open(sample("good"));
  ASSERT_TRUE(library.has_value()) << library.error().line();
  EXPECT_STREQ(library->get()->name, "sample");
  EXPECT_EQ(library->get()->check_gpa, nullptr);
  EXPECT_EQ(library->path(), sample("good"));
}

TEST(Library, LoadsTheBuiltinTarget) {
  const auto library = Library::open(NOSPAN_BUILTIN_TARGET_FILE);
  ASSERT_TRUE(library.has_value()) << library.error().line();
  EXPECT_STREQ(library->get()->name, "builtin");
}

TEST(Library, LooksForANameWithoutASlashInThisFolder) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(NOSPAN_LIBRARY_TEST_FOLDER);
  const auto library = Library::open("libnospan_library_test_good.so");
  std::filesystem::current_path(before);
  EXPECT_TRUE(library.has_value()) << library.error().line();
}

TEST(Library, NamesAMissingFile) { expect_error("/nonexistent/libmine.so", "no such file"); }

TEST(Library, NamesAnEmptyPath) { expect_error("", "no such file"); }

TEST(Library, RefusesAFolder) { expect_error("/tmp", "is not a file"); }

TEST(Library, RefusesWhatIsNoLibrary) {
  const File text("int main() {}\n");
  expect_error(text.path(), "is not a 64-bit shared library");
  const File empty("");
  expect_error(empty.path(), "is not a 64-bit shared library");
}

// The dynamic loader maps a truncated library and dies of SIGBUS.
TEST(Library, RefusesATruncatedLibrary) {
  std::ifstream good(sample("good"), std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(good), {});
  for (const size_t size : {size_t{10}, size_t{100}, size_t{1000}, size_t{5000}}) {
    const File truncated(content.substr(0, size));
    expect_error(truncated.path(), size < 64 ? "is not a 64-bit shared library" : "is truncated");
  }
}

TEST(Library, RefusesAnotherMachinesLibrary) {
  std::ifstream good(sample("good"), std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(good), {});
  content[18] = '\x7f';  // e_machine
  const File foreign(content);
  expect_error(foreign.path(), "cannot be loaded: ");
}

TEST(Library, RefusesALibraryThatLacksSymbols) {
  expect_error(sample("unknown_symbol"), "nospan_no_such_symbol");
}

TEST(Library, RefusesALibraryWithoutTheEntryPoint) {
  expect_error(sample("no_entry"), "does not export nospan_target_entry");
}

TEST(Library, RefusesAnEntryPointThatReturnsNull) { expect_error(sample("null_target"), "returned NULL"); }

TEST(Library, RefusesAnotherVersionOfTheInterface) { expect_error(sample("wrong_abi"), "version 99 "); }

TEST(Library, RefusesAMissingFunction) { expect_error(sample("null_function"), "`map_sg` is NULL"); }

TEST(Library, RefusesAMissingVersion) { expect_error(sample("null_version"), "`version` is NULL"); }

TEST(Library, RefusesATargetWithoutSystemPages) { expect_error(sample("no_pages"), "no system page size"); }

}  // namespace
}  // namespace nospan::targets
