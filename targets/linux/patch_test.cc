// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "targets/linux/patch_text.h"
#include "targets/linux/test_folder.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Changes one of the numbered lines of a synthetic tree's file.
std::string change(std::string_view file, int line, std::string_view text, std::string_view a = "a/",
                   std::string_view b = "b/") {
  std::string diff = fmt::format("--- {}{}\n+++ {}{}\n@@ -{},3 +{},3 @@ some function\n", a, file, b, file,
                                 line - 1, line - 1);
  return diff + fmt::format(" line {}\n-line {}\n+{}\n line {}\n", line - 1, line, text, line + 1);
}

std::string git_change(std::string_view file, int line, std::string_view text) {
  return fmt::format("diff --git a/{} b/{}\nindex 123..456 100644\n", file, file) + change(file, line, text);
}

std::string mail(std::string_view subject, std::string_view body, std::string_view encoding = "8bit") {
  return fmt::format(
      "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
      "From: Some One <some@one.example>\nDate: Mon, 2 Jan 2023 03:04:05 +0000\nSubject: {}\n"
      "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: {}\n\n"
      "Why.\n---\n lib/bitmap.c | 2 +-\n\n{}-- \n2.39.2\n\n",
      subject, encoding, body);
}

class PatchTest : public testing::Test {
 protected:
  void SetUp() override { make_synthetic_tree(root()); }

  fs::path root() const { return folder_.path() / "tree"; }
  fs::path patch(std::string_view text, std::string_view name = "fix.patch") {
    write_text(folder_.path() / name, text);
    return folder_.path() / name;
  }
  reports::Expected<PatchedTree> apply(std::string_view text) {
    return apply_patches(*open_tree(root()), {patch(text)});
  }
  static std::string bitmap(const PatchedTree& patched) {
    return read_text(patched.tree.root() / "lib/bitmap.c");
  }

  TestFolder folder_;
  ScopedVariable variable_{"XDG_CACHE_HOME", (folder_.path() / "cache").string()};
};

TEST_F(PatchTest, ADiffChangesACopyAndNeverTheTree) {
  const auto patched = apply(change("lib/bitmap.c", 5, "five"));
  ASSERT_TRUE(patched) << patched.error().line();
  EXPECT_THAT(bitmap(*patched), HasSubstr("line 4\nfive\nline 6\n"));
  EXPECT_EQ(read_text(root() / "lib/bitmap.c"), numbered_lines(40));
  EXPECT_THAT(patched->changed, ElementsAre("lib/bitmap.c"));
  EXPECT_THAT(patched->ignored, IsEmpty());
  EXPECT_NE(patched->tree.content_hash(), open_tree(root())->content_hash());
  EXPECT_EQ(patched->tree.version(), "9.8.7-rc6");
}

TEST_F(PatchTest, DiffsWithoutPrefixesWorkToo) {
  const auto patched = apply(change("lib/bitmap.c", 5, "five", "", ""));
  ASSERT_TRUE(patched) << patched.error().line();
  EXPECT_THAT(bitmap(*patched), HasSubstr("five"));
}

TEST_F(PatchTest, LinesMayHaveMovedButContextMustMatch) {
  std::string moved = change("lib/bitmap.c", 5, "five");
  moved.replace(moved.find("-4,3 +4,3"), 9, "-9,3 +9,3");
  EXPECT_TRUE(apply(moved));
  std::string other = change("lib/bitmap.c", 5, "five");
  other.replace(other.find(" line 6"), 7, " line x");
  EXPECT_FALSE(apply(other));
}

TEST_F(PatchTest, AFailingHunkIsNamed) {
  const std::string text = git_change("lib/find_bit.c", 3, "three") + git_change("lib/bitmap.c", 5, "five") +
                           "@@ -20,3 +20,3 @@\n line 20\n-line no\n+x\n line 22\n";
  const auto patched = apply(text);
  ASSERT_FALSE(patched);
  EXPECT_EQ(patched.error().where, (folder_.path() / "fix.patch").string());
  EXPECT_EQ(patched.error().what, "does not apply: lib/bitmap.c, hunk 2 of 2 (line 20)");
  EXPECT_EQ(patched.error().verdict, reports::Verdict::kError);
}

TEST_F(PatchTest, AMailboxIsASeries) {
  const auto patched = apply(mail("[PATCH 0/2] cover letter", "") +
                             mail("[PATCH 1/2] lib: first", git_change("lib/bitmap.c", 5, "five")) +
                             mail("[PATCH 2/2] lib: second",
                                  "diff --git a/lib/bitmap.c b/lib/bitmap.c\n"
                                  "--- a/lib/bitmap.c\n+++ b/lib/bitmap.c\n"
                                  "@@ -4,3 +4,3 @@\n line 4\n-five\n+fünf\n line 6\n"));
  ASSERT_TRUE(patched) << patched.error().line();
  EXPECT_THAT(bitmap(*patched), HasSubstr("line 4\nfünf\nline 6\n"));
}

TEST_F(PatchTest, TheFailingMailIsNamed) {
  const auto patched = apply(mail("[PATCH 1/2] lib: first", git_change("lib/bitmap.c", 5, "five")) +
                             mail("[PATCH 2/2] lib: second", git_change("lib/bitmap.c", 5, "again")));
  ASSERT_FALSE(patched);
  EXPECT_THAT(patched.error().where, HasSubstr("fix.patch, mail 2 (lib: second)"));
  EXPECT_THAT(patched.error().what, HasSubstr("lib/bitmap.c, hunk 1 of 1 (line 4)"));
}

TEST_F(PatchTest, QuotedPrintableIsUndone) {
  std::string body = git_change("lib/bitmap.c", 5, "a =3D b; /* f=C3=BCnf */");
  const auto patched = apply(mail("[PATCH] lib: quoted", body, "quoted-printable"));
  ASSERT_TRUE(patched) << patched.error().line();
  EXPECT_THAT(bitmap(*patched), HasSubstr("line 4\na = b; /* fünf */\nline 6\n"));
}

TEST_F(PatchTest, AMailWithoutAMailboxLineWorks) {
  std::string text = mail("[PATCH] lib: raw", git_change("lib/bitmap.c", 5, "five"));
  text.erase(0, text.find('\n') + 1);
  const auto patched = apply(text);
  ASSERT_TRUE(patched) << patched.error().line();
  EXPECT_THAT(bitmap(*patched), HasSubstr("five"));
}

TEST_F(PatchTest, FilesThatNobodyReadsAreIgnoredAndSaidSo) {
  const auto patched =
      apply(git_change("drivers/pci/pci.c", 7, "seven") + git_change("lib/bitmap.c", 5, "five"));
  ASSERT_TRUE(patched) << patched.error().line();
  EXPECT_THAT(patched->changed, ElementsAre("lib/bitmap.c"));
  EXPECT_THAT(patched->ignored, ElementsAre("drivers/pci/pci.c"));
  const auto other = apply(git_change("drivers/pci/pci.c", 7, "seven"));
  ASSERT_TRUE(other) << other.error().line();
  EXPECT_THAT(other->changed, IsEmpty());
  EXPECT_EQ(other->tree.root(), root());
}

TEST_F(PatchTest, NewAndDeletedFiles) {
  const auto patched = apply(
      "diff --git a/include/linux/new.h b/include/linux/new.h\nnew file mode 100644\n"
      "--- /dev/null\n+++ b/include/linux/new.h\n@@ -0,0 +1 @@\n+int new;\n"
      "diff --git a/include/vdso/some.h b/include/vdso/some.h\ndeleted file mode 100644\n"
      "--- a/include/vdso/some.h\n+++ /dev/null\n@@ -1,40 +0,0 @@\n" +
      [] {
        std::string minus;
        for (int i = 1; i <= 40; i++) minus += fmt::format("-line {}\n", i);
        return minus;
      }());
  ASSERT_TRUE(patched) << patched.error().line();
  EXPECT_EQ(read_text(patched->tree.root() / "include/linux/new.h"), "int new;\n");
  EXPECT_FALSE(fs::exists(patched->tree.root() / "include/vdso/some.h"));
  EXPECT_THAT(patched->changed, ElementsAre("include/linux/new.h", "include/vdso/some.h"));
}

TEST_F(PatchTest, PathsThatLeaveTheTreeAreRefused) {
  write_text(folder_.path() / "victim", numbered_lines(40));
  for (const char* path :
       {"../../victim", "lib/../../victim", "lib/../../../victim", "include/linux/../../../x"}) {
    const auto patched = apply(git_change("lib/bitmap.c", 5, "five") + git_change(path, 5, "owned"));
    ASSERT_FALSE(patched) << path;
    EXPECT_THAT(patched.error().line(), HasSubstr("leaves the tree")) << path;
  }
  EXPECT_FALSE(apply(change("/etc/passwd", 5, "x", "", "")));
  EXPECT_FALSE(apply(
      "--- \"a/lib/bitmap.c\"\n+++ \"b/lib/bitmap.c\"\n@@ -4,3 +4,3 @@\n line 4\n-line 5\n+x\n line 6\n"));
  EXPECT_EQ(read_text(folder_.path() / "victim"), numbered_lines(40));
}

// A patch can make a link and then write through it.
TEST_F(PatchTest, LinksThatLeaveTheTreeAreRefused) {
  write_text(folder_.path() / "victim/some.h", numbered_lines(40));
  const std::string link =
      "diff --git a/include/linux/link b/include/linux/link\nnew file mode 120000\n--- /dev/null\n"
      "+++ b/include/linux/link\n@@ -0,0 +1 @@\n+" +
      (folder_.path() / "victim").string() + "\n\\ No newline at end of file\n";
  EXPECT_FALSE(apply(link));
  EXPECT_FALSE(apply(link + git_change("include/linux/link/some.h", 5, "owned")));
  EXPECT_EQ(read_text(folder_.path() / "victim/some.h"), numbered_lines(40));
}

TEST_F(PatchTest, WhatIsNoPatch) {
  EXPECT_THAT(apply("").error().what, HasSubstr("holds no diff"));
  EXPECT_THAT(apply("some text\nmore text\n").error().what, HasSubstr("holds no diff"));
  EXPECT_THAT(apply_patches(*open_tree(root()), {root() / "nowhere"}).error().what,
              HasSubstr("cannot be read"));
  std::string cut = git_change("lib/bitmap.c", 5, "five");
  cut.resize(cut.size() - 8);
  EXPECT_THAT(apply(cut).error().line(),
              testing::MatchesRegex(".*fix.patch:[0-9]+: the last hunk breaks off.*"));
}

TEST_F(PatchTest, TakingAwayWhatIsCompiledIsAnError) {
  std::string diff = "--- a/lib/bitmap.c\n+++ /dev/null\n@@ -1,40 +0,0 @@\n";
  for (int i = 1; i <= 40; i++) diff += fmt::format("-line {}\n", i);
  const auto patched = apply(diff);
  ASSERT_FALSE(patched);
  EXPECT_THAT(patched.error().line(), HasSubstr("lib/bitmap.c: no such file"));
}

TEST_F(PatchTest, ACopyInTheCacheIsUsedUnlessItIsDamaged) {
  const std::string text = change("lib/bitmap.c", 5, "five");
  const auto first = apply(text);
  ASSERT_TRUE(first);
  const auto inode = [&](const PatchedTree& patched) {
    return fs::last_write_time(patched.tree.root() / "lib/bitmap.c").time_since_epoch().count();
  };
  const auto made = inode(*first);
  const auto second = apply(text);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->tree.root(), first->tree.root());
  EXPECT_EQ(inode(*second), made);
  write_text(first->tree.root() / "lib/bitmap.c", "damaged");
  const auto third = apply(text);
  ASSERT_TRUE(third);
  EXPECT_THAT(bitmap(*third), HasSubstr("five"));
}

// A line of a hunk may look like a file header.
TEST(PatchText, HunksAreCountedNotGuessed) {
  const auto diff = parse_diff(
      "--- a/lib/bitmap.c\n+++ b/lib/bitmap.c\n@@ -1,2 +1,2 @@\n--- a/x\n+++ b/y\n line\n"
      "--- a/lib/find_bit.c\n+++ b/lib/find_bit.c\n@@ -7 +7 @@ text\n-a\n+b\n-- \n2.39\n",
      "p");
  ASSERT_TRUE(diff) << diff.error().line();
  ASSERT_EQ(diff->changes.size(), 2u);
  EXPECT_EQ(diff->changes[0].hunks.size(), 1u);
  EXPECT_EQ(diff->changes[1].path(), "lib/find_bit.c");
  EXPECT_EQ(diff->changes[1].hunks[0].first_line, 7u);
  EXPECT_THAT(diff->changes[1].text, testing::EndsWith("-a\n+b\n"));
}

TEST(PatchText, RenamesAndModes) {
  const auto diff = parse_diff(
      "diff --git a/lib/a.c b/lib/b.c\nsimilarity index 100%\nrename from lib/a.c\n"
      "rename to lib/b.c\ndiff --git a/lib/bitmap.c b/lib/bitmap.c\nold mode 100644\n"
      "new mode 100755\n",
      "p");
  ASSERT_TRUE(diff) << diff.error().line();
  ASSERT_EQ(diff->changes.size(), 2u);
  EXPECT_EQ(diff->changes[0].old_path, "lib/a.c");
  EXPECT_EQ(diff->changes[0].new_path, "lib/b.c");
  EXPECT_EQ(diff->changes[1].old_path, "lib/bitmap.c");
}

}  // namespace
}  // namespace nospan::linux_target
