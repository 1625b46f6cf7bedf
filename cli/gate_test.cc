// SPDX-License-Identifier: BSD-2-Clause
// nospan gate as a CI job and as git bisect run it. The kernel tree is the packaged one, the patches are made
// here from a few tokens: no kernel text is kept.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/command_fixture.h"
#include "targets/linux/tree.h"

namespace nospan::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kIommu = "arch/powerpc/kernel/iommu.c";
// Enough for the flagship patch, whose first finding comes within a hundred scenarios.
constexpr const char* kQuick = " --no-prove --page-shift 16 --scenarios 400 --seed 1 --base-cache base";

class GateTest : public CommandTest {
 protected:
  // Runs a command of the shell in the test's folder.
  void shell(const std::string& command) const {
    const std::string line = "cd '" + folder_.string() + "' && { " + command + "; } >shell.out 2>&1";
    ASSERT_EQ(std::system(line.c_str()), 0) << command << "\n" << contents(folder_ / "shell.out");
  }

  // A git tree "linux" of the packaged source's files, with one commit, tagged "start".
  void make_tree() const {
    const auto tree = linux_target::packaged_tree("6.12");
    ASSERT_TRUE(tree) << tree.error().line();
    shell("cp -r '" + tree->root().string() +
          "' linux && cd linux && git init -q -b main && git config user.name A && git config user.email "
          "a@b.example"
          " && git config commit.gpgSign false && git add -A && git commit -qm 'all of it' && git tag start");
  }
  // One commit: a change of the file by a sed script.
  void commit(const std::string& subject, const std::string& script, const std::string& file = kIommu) const {
    shell(fmt::format("cd linux && sed -i -e '{}' {} && git commit -qam '{}'", script, file, subject));
  }
  void commit_comment(int number) const {
    commit(fmt::format("iommu: comment {}", number),
           fmt::format("/^void \\*iommu_alloc_coherent/i /* Comment {}. */", number));
  }
  // The change of docs/examples, as a commit.
  void commit_flagship() const {
    shell(fmt::format("'{}/docs/examples/align-coherent-to-iommu-page' linux | git -C linux am -q",
                      NOSPAN_SOURCE_DIR));
  }
  // All commits since "start" as one mailbox.
  void format_series() const { shell("git -C linux format-patch --stdout start > series.mbox"); }
};

TEST_F(GateTest, TheFlagshipPatchIsRefused) {
  make_tree();
  commit_flagship();
  format_series();
  const Ran ran =
      nospan(std::string("gate --patch series.mbox --corpus corpus --out reports --json r.json") + kQuick);
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("violates ALIGN-1"));
  const auto result = nlohmann::json::parse(contents(folder_ / "r.json"));
  EXPECT_EQ(result["verdict"], "refuted");
  EXPECT_EQ(result["gate"]["patches"].size(), 1u);
  bool found = false;
  for (const auto& target : result["targets"]) {
    if (!target.contains("finding") || target["finding"]["invariant"] != "ALIGN-1") continue;
    found = true;
    const auto& commands = target["finding"]["scenario"]["commands"];
    EXPECT_LE(commands.size(), 2u);
    EXPECT_EQ(commands.back()["do"], "alloc_coherent");
  }
  EXPECT_TRUE(found);
  // The reports are there without another command.
  EXPECT_EQ(contents(folder_ / "reports/result.json"), contents(folder_ / "r.json"));
  for (const char* file : {"report.html", "junit.xml", "report.ktap", "report.sarif", "summary.md"}) {
    EXPECT_THAT(contents(folder_ / "reports" / file), HasSubstr("ALIGN-1")) << file;
  }
  // What was found is in the corpus, and enough to refuse the patch without any campaign.
  const Ran again =
      nospan("gate --patch series.mbox --corpus corpus --no-prove --page-shift 16 --scenarios 1 --seed 7");
  EXPECT_EQ(again.code, 1) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("violates ALIGN-1"));
}

TEST_F(GateTest, HarmlessPatchesHold) {
  make_tree();
  commit_comment(1);
  commit("iommu: rename a local", "s/\\bio_order\\b/order_io/g");
  format_series();
  const Ran ran = nospan(std::string("gate --patch series.mbox") + kQuick);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("patch 2 of 2, 'iommu: rename a local': holds"));
  EXPECT_THAT(ran.out, HasSubstr("the compiled code is the same but for line numbers"));
  // The tree before is looked at once.
  EXPECT_THAT(ran.out, Not(HasSubstr("from the cache")));
  const Ran again = nospan(std::string("gate --patch series.mbox") + kQuick);
  EXPECT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("from the cache"));
}

TEST_F(GateTest, TheFirstBadPatchOfASeriesIsNamed) {
  make_tree();
  commit_comment(1);
  commit_flagship();
  commit_comment(3);
  format_series();
  const Ran ran = nospan(std::string("gate --patch series.mbox") + kQuick);
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("patch 1 of 3, 'iommu: comment 1': holds"));
  EXPECT_THAT(ran.out, HasSubstr("patch 2 of 3, 'powerpc/kernel/iommu: align size"));
  EXPECT_THAT(ran.out, Not(HasSubstr("patch 3 of 3")));
  EXPECT_THAT(ran.out, HasSubstr("1 later patches were not looked at"));
  // The same from the history. The tree is where it was.
  const Ran range = nospan(std::string("gate --tree linux --range start..main") + kQuick);
  EXPECT_EQ(range.code, 1) << range.out << range.err;
  EXPECT_THAT(range.out, HasSubstr("patch 2 of 3, 'powerpc/kernel/iommu: align size"));
  shell("git -C linux diff --quiet && git -C linux diff --quiet --cached");
}

// A defect that was there before is told and does not count.
TEST_F(GateTest, WhatWasWrongBeforeIsNotNew) {
  make_tree();
  commit_flagship();
  shell("git -C linux tag -f start");
  // A change of the compiled code that changes nothing that anybody sees.
  commit("iommu: another test", "s/if (order >= IOMAP_MAX_ORDER) {/if (order > IOMAP_MAX_ORDER - 1) {/");
  format_series();
  shell("git -C linux checkout -q start");
  const Ran ran = nospan(std::string("gate --tree linux --patch series.mbox") + kQuick);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("already there"));
}

// The other way round: what a patch mends is said.
TEST_F(GateTest, WhatAPatchFixesIsSaid) {
  make_tree();
  commit_flagship();
  format_series();
  EXPECT_EQ(nospan(std::string("gate --patch series.mbox --corpus corpus") + kQuick).code, 1);
  shell(
      "cd linux && git tag -f start && git revert --no-edit HEAD && git format-patch --stdout start > "
      "../fix.mbox "
      "&& git checkout -q start");
  const Ran ran = nospan(std::string("gate --tree linux --patch fix.mbox --corpus corpus") + kQuick);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("fixed           ALIGN-1-"));
}

TEST_F(GateTest, APatchThatDoesNotApplyIsAnError) {
  write("bad.patch", fmt::format("--- a/{0}\n+++ b/{0}\n@@ -1,3 +1,3 @@\n one\n-two\n+three\n four\n", kIommu));
  const Ran ran = nospan(std::string("gate --patch bad.patch") + kQuick);
  expect_error(ran, "does not apply");
  EXPECT_THAT(ran.err, HasSubstr("patch 1 of 1"));
  EXPECT_THAT(ran.err, HasSubstr(std::string(kIommu) + ", hunk 1 of 1"));
}

TEST_F(GateTest, APatchThatDoesNotCompileIsSkipped) {
  make_tree();
  commit("iommu: broken", "$a int broken(", "lib/iommu-helper.c");
  format_series();
  const Ran ran = nospan(std::string("gate --patch series.mbox") + kQuick);
  expect_error(ran, "iommu-helper.c", 125);
  EXPECT_THAT(ran.err, HasSubstr("iommu: broken"));
}

TEST_F(GateTest, BadUsage) {
  expect_error(nospan("gate"), "nothing to compare");
  expect_error(nospan("gate --range a..b"), "--range");
  expect_error(nospan("gate --patch x --range a..b"), "--range");
  expect_error(nospan("gate --patch nowhere.patch"), "nowhere.patch");
  expect_error(nospan("gate --patch x --time soon"), "soon");
  write("file", "");
  expect_error(nospan("gate --patch x --corpus file/x"), "file/x");
}

TEST_F(GateTest, GitBisectFindsTheBadCommit) {
  make_tree();
  for (int i = 1; i <= 9; ++i) {
    if (i == 6) commit_flagship();
    commit_comment(i);
  }
  shell(fmt::format(
      "cd linux && git bisect start main start && git bisect run '{}' gate --tree . --range start..HEAD "
      "--at-once{} > ../bisect.txt 2>&1",
      NOSPAN_BINARY, kQuick));
  const std::string told = contents(folder_ / "bisect.txt");
  EXPECT_THAT(told, HasSubstr("is the first bad commit"));
  EXPECT_THAT(told.substr(told.find("is the first bad commit")), HasSubstr("align size to the IOMMU page"))
      << told;
}

#ifdef NOSPAN_WITH_SOLVER

constexpr const char* kOneClaim =
    " --claim exact/iommu_tce_check_ioba --page-shift 16 --scenarios 1 --seed 1 --base-cache base";

// Too few scenarios to come upon it: the proof does.
TEST_F(GateTest, AClaimThatIsLostIsRefused) {
  make_tree();
  commit("iommu: no lower limit", "/^int iommu_tce_check_ioba/,/^}/ s/if (ioba < offset)/if (0)/");
  format_series();
  const Ran ran = nospan(std::string("gate --patch series.mbox") + kOneClaim);
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("before: linux 6.12"));
  EXPECT_THAT(ran.out, HasSubstr("claim lost      exact/iommu_tce_check_ioba, 64K pages: refuted"));
}

TEST_F(GateTest, AClaimThatIsKeptHolds) {
  make_tree();
  commit("iommu: another test", "s/if (order >= IOMAP_MAX_ORDER) {/if (order > IOMAP_MAX_ORDER - 1) {/");
  commit_comment(2);
  format_series();
  const Ran ran = nospan(std::string("gate --patch series.mbox --json r.json") + kOneClaim);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("1 claims proved"));
  EXPECT_THAT(ran.out, HasSubstr("no campaign and no proof could differ"));
  const auto result = nlohmann::json::parse(contents(folder_ / "r.json"));
  EXPECT_THAT(result["solver"].get<std::string>(), HasSubstr("Z3"));
  EXPECT_THAT(result["dependencies"].dump(), HasSubstr("LLVM"));
}

#endif

}  // namespace
}  // namespace nospan::cli
