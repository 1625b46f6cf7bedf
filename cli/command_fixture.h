// SPDX-License-Identifier: BSD-2-Clause
// For tests of the command as its users run it: each in a folder of its own.
#ifndef NOSPAN_CLI_COMMAND_FIXTURE_H
#define NOSPAN_CLI_COMMAND_FIXTURE_H

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace nospan::cli {

namespace fs = std::filesystem;

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

inline std::string contents(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Of the command that `output` shows after "Reproduce:  nospan ".
inline std::string reproducing_arguments(const std::string& output) {
  const std::string mark = "Reproduce:  nospan ";
  const std::size_t at = output.find(mark);
  if (at == output.npos) return "";
  const std::size_t begin = at + mark.size();
  return output.substr(begin, output.find('\n', begin) - begin);
}

class CommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "nospan-cli-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Runs nospan with arguments in the shell's syntax, in the test's folder.
  Ran nospan(const std::string& arguments) const {
    const std::string command =
        "cd '" + folder_.string() + "' && '" NOSPAN_BINARY "' " + arguments + " >out 2>err";
    const int status = std::system(command.c_str());
    Ran ran;
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ran.out = contents(folder_ / "out");
    ran.err = contents(folder_ / "err");
    return ran;
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  static long lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

  // An error is one line on standard error, and exit code 5.
  void expect_error(const Ran& ran, const std::string& part, int code = 5) const {
    EXPECT_EQ(ran.code, code) << ran.err;
    EXPECT_EQ(lines(ran.err), 1) << ran.err;
    EXPECT_EQ(ran.err.rfind("nospan: ", 0), 0u) << ran.err;
    EXPECT_NE(ran.err.find(part), std::string::npos) << ran.err;
  }

  fs::path folder_;
};

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_COMMAND_FIXTURE_H
