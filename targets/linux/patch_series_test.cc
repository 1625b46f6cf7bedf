// SPDX-License-Identifier: BSD-2-Clause
// Series of patches: from mailboxes, and from the history of a git tree that the test makes.
#include "targets/linux/patch_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "targets/linux/git.h"
#include "targets/linux/patch.h"
#include "targets/linux/test_folder.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SeriesTest : public testing::Test {
 protected:
  fs::path root() const { return folder_.path() / "tree"; }

  void git_or_fail(std::vector<std::string> arguments) {
    for (const char* setting : {"user.name=Some One", "user.email=some@one.example", "commit.gpgSign=false"}) {
      arguments.insert(arguments.begin(), {"-c", setting});
    }
    const auto outcome = git(arguments, root());
    ASSERT_TRUE(outcome) << outcome.error().line();
    ASSERT_EQ(outcome->status, 0) << outcome->text;
  }
  void commit(const std::string& subject) {
    git_or_fail({"add", "-A"});
    git_or_fail({"commit", "-q", "-m", subject});
  }
  // A tree with a tag "start", and four commits on it, of which one touches nothing that a build reads.
  void make_history() {
    make_synthetic_tree(root());
    git_or_fail({"init", "-q", "-b", "main"});
    commit("all of it");
    git_or_fail({"tag", "start"});
    write_text(root() / "lib/bitmap.c", "one\n" + numbered_lines(40));
    commit("lib: one");
    write_text(root() / "drivers/pci/pci.c", "other\n");
    commit("pci: other");
    write_text(root() / "lib/bitmap.c", "one\ntwo\n" + numbered_lines(40));
    commit("lib: two");
    write_text(root() / "include/linux/new.h", "int three;\n");
    commit("linux: three");
  }

  TestFolder folder_;
  ScopedVariable variable_{"XDG_CACHE_HOME", (folder_.path() / "cache").string()};
};

TEST_F(SeriesTest, PatchesOfAMailboxHaveSubjectsAndHashes) {
  const fs::path file = folder_.path() / "series.mbox";
  std::string text;
  for (const char* subject : {"[PATCH 0/2] cover", "[PATCH v2 1/2] lib: first", "[PATCH v2 2/2] lib: second"}) {
    text += fmt::format(
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
        "From: Some One <some@one.example>\nDate: Mon, 2 Jan 2023 03:04:05 +0000\nSubject: {}\n\nWhy.\n---\n",
        subject);
    if (std::string_view(subject).find("cover") == std::string_view::npos) {
      text += "--- a/lib/bitmap.c\n+++ b/lib/bitmap.c\n@@ -1,2 +1,2 @@\n line 1\n-line 2\n+line two\n";
    }
    text += "-- \n2.39.2\n\n";
  }
  write_text(file, text);
  const auto series = read_series({file});
  ASSERT_TRUE(series) << series.error().line();
  ASSERT_EQ(series->size(), 2u);
  EXPECT_EQ((*series)[0].subject, "lib: first");
  EXPECT_EQ((*series)[1].subject, "lib: second");
  EXPECT_EQ((*series)[1].file, file.string());
  EXPECT_EQ((*series)[0].sha256.size(), 64u);
}

TEST_F(SeriesTest, CommitsOfARangeApplyToTheTreeBeforeIt) {
  make_history();
  const auto range = commits_of(root(), "start..main");
  ASSERT_TRUE(range) << range.error().line();
  EXPECT_EQ(read_text(range->before.root() / "lib/bitmap.c"), numbered_lines(40));
  ASSERT_EQ(range->commits.size(), 3u);
  EXPECT_EQ(range->others, 1u);
  EXPECT_EQ(range->commits[1].subject, "lib: two");
  EXPECT_THAT(range->commits[1].where, testing::MatchesRegex("commit [0-9a-f]{12} \\(lib: two\\)"));
  const auto patched = apply_patches(range->before, std::span<const Patch>(range->commits));
  ASSERT_TRUE(patched) << patched.error().line();
  EXPECT_EQ(patched->tree.content_hash(), open_tree(root())->content_hash());
}

TEST_F(SeriesTest, TheTreeItselfIsNotTouched) {
  make_history();
  write_text(root() / "lib/bitmap.c", "work in progress\n");
  const auto range = commits_of(root(), "start..");
  ASSERT_TRUE(range) << range.error().line();
  EXPECT_EQ(range->commits.size(), 3u);
  EXPECT_EQ(read_text(root() / "lib/bitmap.c"), "work in progress\n");
}

// A merge is what it does to its first parent.
TEST_F(SeriesTest, AMergeIsOneCommit) {
  make_history();
  git_or_fail({"checkout", "-q", "-b", "side", "start"});
  write_text(root() / "lib/find_bit.c", "side 1\n" + numbered_lines(40));
  commit("side 1");
  write_text(root() / "lib/find_bit.c", "side 2\n" + numbered_lines(40));
  commit("side 2");
  git_or_fail({"checkout", "-q", "main"});
  git_or_fail({"merge", "-q", "--no-ff", "-m", "merge side", "side"});
  const auto range = commits_of(root(), "start..main");
  ASSERT_TRUE(range) << range.error().line();
  ASSERT_EQ(range->commits.size(), 4u);
  EXPECT_EQ(range->commits[3].subject, "merge side");
  const auto patched = apply_patches(range->before, std::span<const Patch>(range->commits));
  ASSERT_TRUE(patched) << patched.error().line();
  EXPECT_EQ(patched->tree.content_hash(), open_tree(root())->content_hash());
}

TEST_F(SeriesTest, RangesThatMakeNoSense) {
  make_history();
  for (const auto& [range, says] :
       std::initializer_list<std::pair<const char*, const char*>>{{"main", "is no range"},
                                                                  {"..main", "is no range"},
                                                                  {"start...main", "is no range"},
                                                                  {"nowhere..main", "no commit 'nowhere'"},
                                                                  {"start..nowhere", "no commit 'nowhere'"},
                                                                  {"main..main", "holds no commits"},
                                                                  {"--output=x..main", "no commit"}}) {
    const auto result = commits_of(root(), range);
    ASSERT_FALSE(result) << range;
    EXPECT_THAT(result.error().line(), HasSubstr(says)) << range;
  }
  EXPECT_FALSE(fs::exists(root() / "x"));
  EXPECT_FALSE(commits_of(folder_.path(), "a..b"));
}

}  // namespace
}  // namespace nospan::linux_target
