// SPDX-License-Identifier: BSD-2-Clause
#include "props/durable_file.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace nospan::props {
namespace {

namespace fs = std::filesystem;

// A fresh directory for each test.
class DurableFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/nospan-durable-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override {
    if (mounted_) ::umount2(directory_.c_str(), MNT_DETACH);
    std::error_code ignored;
    fs::permissions(directory_, fs::perms::owner_all, ignored);
    fs::remove_all(directory_, ignored);
  }

  static std::string contents(const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  fs::path directory_;
  bool mounted_ = false;
};

TEST_F(DurableFile, WritesAndOverwrites) {
  const fs::path path = directory_ / "a";
  EXPECT_TRUE(write_file_atomically(path, std::string_view("one\0two", 7)));
  EXPECT_EQ(contents(path), std::string_view("one\0two", 7));
  const std::string large(5000000, 'x');
  EXPECT_TRUE(write_file_atomically(path, large));
  EXPECT_EQ(contents(path), large);
  EXPECT_TRUE(write_file_atomically(path, ""));
  EXPECT_EQ(contents(path), "");
  EXPECT_EQ(files(), 1u);
}

TEST_F(DurableFile, WritesToTheCurrentDirectory) {
  const fs::path before = fs::current_path();
  fs::current_path(directory_);
  const auto written = write_file_atomically("a", "x");
  fs::current_path(before);
  EXPECT_TRUE(written);
  EXPECT_EQ(contents(directory_ / "a"), "x");
}

TEST_F(DurableFile, TakesPermissionsFromTheUmaskAndKeepsThose) {
  const fs::path path = directory_ / "a";
  const mode_t before = ::umask(027);
  EXPECT_TRUE(write_file_atomically(path, "x"));
  ::umask(before);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms{0640});
  fs::permissions(path, fs::perms{0604});
  EXPECT_TRUE(write_file_atomically(path, "y"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms{0604});
}

TEST_F(DurableFile, WritesThroughLinks) {
  fs::create_directory(directory_ / "deep");
  EXPECT_TRUE(write_file_atomically(directory_ / "deep" / "a", "x"));
  fs::create_symlink("deep/a", directory_ / "link");
  EXPECT_TRUE(write_file_atomically(directory_ / "link", "y"));
  EXPECT_TRUE(fs::is_symlink(directory_ / "link"));
  EXPECT_EQ(contents(directory_ / "deep" / "a"), "y");
}

TEST_F(DurableFile, SaysWhatIsWrongWithThePath) {
  const auto said = [](const fs::path& path) { return write_file_atomically(path, "x").error().line(); };
  const std::string base = directory_.native();
  EXPECT_EQ(said(directory_), base + ": cannot be written: Is a directory; name a file, not a directory");
  EXPECT_EQ(said(directory_ / ""), base + "/: cannot be written: Is a directory; name a file, not a directory");
  EXPECT_EQ(said(directory_ / "no" / "a"),
            base + "/no/a: cannot be written: No such file or directory; make the directory first");
  EXPECT_TRUE(write_file_atomically(directory_ / "file", "x"));
  EXPECT_EQ(said(directory_ / "file" / "a"),
            base + "/file/a: cannot be written: Not a directory; make the directory first");
  EXPECT_EQ(said(""), "cannot be written: No such file or directory; make the directory first");
  EXPECT_NE(said(directory_ / std::string(300, 'x')).find("File name too long"), std::string::npos);
  EXPECT_EQ(files(), 1u);
}

// A rename would replace the device or the pipe itself. Not tried on a device of the machine: if this failed,
// it would be gone.
TEST_F(DurableFile, RefusesDevicesAndPipes) {
  const fs::path pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(write_file_atomically(pipe, "x").error().line(),
            pipe.native() + ": cannot be written: is no regular file; name a file");
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_EQ(files(), 1u);
}

// Calls `function` in a child that is nobody: root may write everywhere. Returns its exit code.
template <class Function>
int as_nobody(Function function) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(99);
    ::_exit(function() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(DurableFile, LeavesUnwritableDirectoriesAlone) {
  const fs::path path = directory_ / "a";
  ASSERT_TRUE(write_file_atomically(path, "old"));
  fs::permissions(path, fs::perms{0666});
  fs::permissions(directory_, fs::perms{0555});
  EXPECT_EQ(as_nobody([&] {
              const auto written = write_file_atomically(path, "new");
              return !written && written.error().line() == path.native() +
                                                               ": cannot be written: Permission denied; "
                                                               "write to a directory that you may write to";
            }),
            0);
  EXPECT_EQ(contents(path), "old");
}

TEST_F(DurableFile, LeavesProtectedFilesAlone) {
  const fs::path path = directory_ / "a";
  ASSERT_TRUE(write_file_atomically(path, "old"));
  fs::permissions(path, fs::perms{0444});
  fs::permissions(directory_, fs::perms{0777});
  EXPECT_EQ(as_nobody([&] { return !write_file_atomically(path, "new"); }), 0);
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(DurableFile, LeavesTheOldFileWhenTheNewOneIsTooLarge) {
  const fs::path path = directory_ / "a";
  ASSERT_TRUE(write_file_atomically(path, "old"));
  struct rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = write_file_atomically(path, std::string(100000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().line(),
            path.native() + ": cannot be written: File too large; raise the limit on file sizes (ulimit -f)");
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(DurableFile, LeavesTheOldFileWhenTheDiskIsFull) {
  if (::mount("none", directory_.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "may not mount a tmpfs";
  mounted_ = true;
  const fs::path path = directory_ / "a";
  EXPECT_TRUE(write_file_atomically(path, "old"));
  const auto written = write_file_atomically(path, std::string(1 << 20, 'x'));
  EXPECT_FALSE(written);
  if (!written) {
    EXPECT_EQ(written.error().line(), path.native() +
                                          ": cannot be written: No space left on device; "
                                          "free some space or write to another file system");
  }
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(DurableFile, NeverShowsHalfOfAFile) {
  const fs::path path = directory_ / "a";
  ASSERT_TRUE(write_file_atomically(path, std::string(100000, '0')));
  std::vector<std::thread> writers;
  for (const char letter : {'1', '2', '3'}) {
    writers.emplace_back([&path, letter] {
      for (int i = 0; i < 30; ++i) EXPECT_TRUE(write_file_atomically(path, std::string(100000, letter)));
    });
  }
  for (int i = 0; i < 100; ++i) {
    const std::string text = contents(path);
    EXPECT_EQ(text.size(), 100000u);
    EXPECT_EQ(text.find_first_not_of(text[0]), std::string::npos);
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(files(), 1u);
}

// A process with our number that was killed left its temporary file.
TEST_F(DurableFile, StepsOverOldTemporaryFiles) {
  for (int i = 0; i < 500; ++i) {
    std::ofstream(directory_ / (".nospan-" + std::to_string(::getpid()) + "-" + std::to_string(i)));
  }
  EXPECT_TRUE(write_file_atomically(directory_ / "a", "x"));
  EXPECT_EQ(contents(directory_ / "a"), "x");
  EXPECT_EQ(files(), 501u);
}

}  // namespace
}  // namespace nospan::props
