// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "targets/linux/recipe.h"
#include "targets/linux/test_folder.h"
#include "targets/toolchain/process.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Version, IsReadAsText) {
  EXPECT_EQ(*parse_version("VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 90\nEXTRAVERSION =\nNAME = x\n"),
            "6.12.90");
  EXPECT_EQ(*parse_version("VERSION=7\nPATCHLEVEL=0\nSUBLEVEL=0\nEXTRAVERSION=-rc3"), "7.0.0-rc3");
  // What the rest of the Makefile assigns does not count.
  EXPECT_EQ(*parse_version("VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\nVERSION = 9\n"), "6.1.0");
}

TEST(Version, IsNeverExpanded) {
  for (const char* bad :
       {"", "VERSION = 6\nPATCHLEVEL = 1\n", "VERSION = $(shell id)\nPATCHLEVEL = 1\nSUBLEVEL = 0\n",
        "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\nEXTRAVERSION = \"$(shell id)\"\n",
        "VERSION = 6666666\nPATCHLEVEL = 1\nSUBLEVEL = 0\n"}) {
    const auto version = parse_version(bad);
    ASSERT_FALSE(version) << bad;
    EXPECT_EQ(version.error().verdict, reports::Verdict::kError);
  }
}

class TreeTest : public testing::Test {
 protected:
  void SetUp() override { make_synthetic_tree(root()); }
  fs::path root() const { return folder_.path() / "linux-source-9.8"; }
  TestFolder folder_;
};

TEST_F(TreeTest, KnowsItsVersionAndContent) {
  const auto tree = open_tree(root());
  ASSERT_TRUE(tree) << tree.error().line();
  EXPECT_EQ(tree->version(), "9.8.7-rc6");
  EXPECT_EQ(tree->root(), root());
  EXPECT_THAT(tree->files(), testing::Contains("include/linux/some.h"));
  EXPECT_EQ(tree->content_hash().size(), 64u);
}

TEST_F(TreeTest, TheHashIsOverExactlyWhatABuildReads) {
  const std::string before = open_tree(root())->content_hash();
  write_text(root() / "drivers/other.c", "x");
  write_text(root() / "lib/other.c", "x");
  EXPECT_EQ(open_tree(root())->content_hash(), before);
  write_text(root() / "include/linux/another.h", "x");
  const std::string with_header = open_tree(root())->content_hash();
  EXPECT_NE(with_header, before);
  write_text(root() / "lib/bitmap.c", "x");
  EXPECT_NE(open_tree(root())->content_hash(), with_header);
}

TEST_F(TreeTest, AMissingFileIsNamed) {
  fs::remove(root() / "lib/find_bit.c");
  const auto tree = open_tree(root());
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().where, (root() / "lib/find_bit.c").string());
  EXPECT_THAT(tree.error().mend, HasSubstr("complete Linux source tree"));
}

TEST_F(TreeTest, NoTreeAtAll) {
  EXPECT_THAT(open_tree(root() / "nowhere").error().what, HasSubstr("not a folder"));
  EXPECT_THAT(open_tree(root() / "Makefile").error().what, HasSubstr("not a folder"));
}

TEST_F(TreeTest, LinksMayLeadInsideTheTreeOnly) {
  fs::create_symlink("some.h", root() / "include/linux/alias.h");
  EXPECT_TRUE(open_tree(root()));
  for (const char* target : {"/etc/passwd", "../../../../../../etc/passwd", "nowhere.h", "alias2.h"}) {
    fs::create_symlink(target, root() / "include/linux/alias2.h");
    const auto tree = open_tree(root());
    ASSERT_FALSE(tree) << target;
    EXPECT_THAT(tree.error().line(), HasSubstr("alias2.h: is a link that leads out of the tree or nowhere"));
    fs::remove(root() / "include/linux/alias2.h");
  }
  fs::create_symlink("/etc", root() / "include/linux/folder");
  EXPECT_THAT(open_tree(root()).error().what, HasSubstr("link to a folder"));
}

TEST_F(TreeTest, APipeDoesNotHang) {
  ASSERT_EQ(mkfifo((root() / "include/linux/pipe.h").c_str(), 0600), 0);
  const auto tree = open_tree(root());
  ASSERT_FALSE(tree);
  EXPECT_THAT(tree.error().line(), HasSubstr("not a regular file"));
}

TEST_F(TreeTest, PackagedVersionsAreInTheOrderOfTheirNumbers) {
  for (const char* name : {"linux-source-6.12.tar.xz", "linux-source-6.1.tar.xz", "linux-source-10.0.tar.xz",
                           "linux-source-6.1", "linux-source-.tar.gz", "other-6.5.tar.xz"}) {
    write_text(folder_.path() / "packages" / name, "");
  }
  EXPECT_THAT(packaged_versions(folder_.path() / "packages"), ElementsAre("6.1", "6.12", "10.0"));
  EXPECT_THAT(packaged_versions(folder_.path() / "nowhere"), testing::IsEmpty());
}

class PackageTest : public TreeTest {
 protected:
  void SetUp() override {
    TreeTest::SetUp();
    const auto packed =
        toolchain::run({.arguments = {"tar", "-cJf", "linux-source-9.8.tar.xz", "linux-source-9.8"},
                        .folder = folder_.path(),
                        .output = {}});
    ASSERT_TRUE(packed);
    ASSERT_EQ(packed->status, 0) << packed->text;
  }
  fs::path cache() const { return folder_.path() / "cache"; }
  ScopedVariable variable_{"XDG_CACHE_HOME", (folder_.path() / "cache").string()};
};

TEST_F(PackageTest, IsExtractedOnce) {
  const auto tree = packaged_tree("9.8", folder_.path());
  ASSERT_TRUE(tree) << tree.error().line();
  EXPECT_EQ(tree->content_hash(), open_tree(root())->content_hash());
  EXPECT_TRUE(tree->root().string().starts_with(cache().string()));
  // A second extraction would bring the file back.
  fs::remove(tree->root() / "lib/kstrtox.h");
  const auto again = packaged_tree("9.8", folder_.path());
  ASSERT_TRUE(again);
  EXPECT_NE(again->content_hash(), tree->content_hash());
  fs::remove(tree->root() / "lib/bitmap.c");
  EXPECT_THAT(packaged_tree("9.8", folder_.path()).error().mend, HasSubstr("remove " + tree->root().string()));
}

TEST_F(PackageTest, ManyProcessesMayExtractAtOnceAndBeKilled) {
  std::vector<pid_t> children;
  for (int i = 0; i < 8; i++) {
    const pid_t child = fork();
    if (child == 0) _exit(packaged_tree("9.8", folder_.path()).has_value() ? 0 : 1);
    children.push_back(child);
  }
  usleep(3000);
  for (int i = 0; i < 4; i++) kill(children[i], SIGKILL);
  for (std::size_t i = 0; i < children.size(); i++) {
    int status = -1;
    waitpid(children[i], &status, 0);
    if (i >= 4) {
      EXPECT_EQ(status, 0) << i;
    }
  }
  const auto tree = packaged_tree("9.8", folder_.path());
  ASSERT_TRUE(tree) << tree.error().line();
  EXPECT_EQ(tree->content_hash(), open_tree(root())->content_hash());
}

TEST_F(PackageTest, ADamagedPackageLeavesNothing) {
  fs::resize_file(folder_.path() / "linux-source-9.8.tar.xz", 200);
  const auto tree = packaged_tree("9.8", folder_.path());
  ASSERT_FALSE(tree);
  EXPECT_THAT(tree.error().line(), HasSubstr("cannot be extracted"));
  EXPECT_TRUE(fs::is_empty(cache() / "nospan"));
}

TEST_F(PackageTest, OldLeftoversOfKilledProcessesGo) {
  const fs::path old = cache() / "nospan/tmp-old";
  const fs::path fresh = cache() / "nospan/tmp-new";
  write_text(old / "file", "");
  write_text(fresh / "file", "");
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(25));
  ASSERT_TRUE(packaged_tree("9.8", folder_.path()));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(fresh));
}

TEST_F(PackageTest, AnUnknownVersionSaysHowToGetIt) {
  EXPECT_EQ(packaged_tree("5.5", folder_.path()).error().line(),
            "linux-source-5.5: is not installed; apt install linux-source-5.5, or give a tree");
  EXPECT_FALSE(packaged_tree("../../etc", folder_.path()));
}

}  // namespace
}  // namespace nospan::linux_target
