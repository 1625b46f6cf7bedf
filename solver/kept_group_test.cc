// SPDX-License-Identifier: BSD-2-Clause
#include "solver/kept_group.h"

#include <gtest/gtest.h>

#include "targets/toolchain/test_folder.h"

namespace nospan::solver {
namespace {

class KeptGroupTest : public testing::Test {
 protected:
  KeptGroupTest() { options_.prove.cache = folder_.path(); }

  KeptGroup group(const std::string& module = "of the module") const { return {task_, module, options_}; }

  toolchain::TestFolder folder_;
  RunnerOptions options_;
  GroupTask task_{"map_page", Subject::kKernel, "", 16, "linux"};
};

ClaimResult result(const std::string& id) {
  ClaimResult result;
  result.id = id;
  result.verdict = reports::Verdict::kProved;
  return result;
}

TEST(ResultLines, ComeBackInTheOrderOfTheGroup) {
  const std::string lines =
      result_line(2, result("c")) + result_line(0, result("a")) + result_line(1, result("b"));
  const auto results = results_of(lines);
  ASSERT_TRUE(results);
  ASSERT_EQ(results->size(), 3u);
  EXPECT_EQ((*results)[0].id, "a");
  EXPECT_EQ((*results)[1].id, "b");
  EXPECT_EQ((*results)[2].id, "c");
  EXPECT_EQ((*results)[0].verdict, reports::Verdict::kProved);
}

TEST(ResultLines, TheLastOneMayBeCutOffButNoOther) {
  const std::string whole = result_line(0, result("a"));
  const std::string next = result_line(1, result("b"));
  for (std::size_t length = 0; length < next.size(); ++length) {
    const auto results = results_of(whole + next.substr(0, length));
    ASSERT_TRUE(results) << length;
    EXPECT_EQ(results->size(), 1u) << length;
  }
  EXPECT_FALSE(results_of("no result\n" + whole));
  EXPECT_FALSE(results_of("{\"place\": 0, \"result\": {\"verdict\": 7}}\n"));
}

TEST_F(KeptGroupTest, IsFoundForTheSameCodeAndQuestionOnly) {
  group().keep_results(result_line(0, result("a")));
  ASSERT_TRUE(group().results());
  EXPECT_EQ(group().results()->front().id, "a");
  EXPECT_FALSE(group("another").results());
  EXPECT_FALSE(group("").results());
  options_.prove.dropped = {"granule"};
  EXPECT_FALSE(group().results());
}

TEST_F(KeptGroupTest, WhatIsDescribedIsNotDecided) {
  options_.prove.describe_only = true;
  group().keep_results(result_line(0, result("a")));
  EXPECT_TRUE(group().results());
  options_.prove.describe_only = false;
  EXPECT_FALSE(group().results());
}

TEST_F(KeptGroupTest, NothingIsKeptOfCodeThatNobodyWillProveAgain) {
  options_.prove.only_reads_cache = true;
  group().keep_results(result_line(0, result("a")));
  options_.prove.only_reads_cache = false;
  EXPECT_FALSE(group().results());
}

TEST_F(KeptGroupTest, ResultsAreNotFoundWhereQuestionsAreToBeWritten) {
  group().keep_results(result_line(0, result("a")));
  options_.prove.smt2_folder = folder_.path() / "questions";
  EXPECT_FALSE(group().results());
}

TEST_F(KeptGroupTest, WhichClaimsThereAreDoesNotDependOnWhatIsAsked) {
  Instance instance;
  instance.claim = "exact";
  instance.function = "f";
  group().keep_ids({instance});
  options_.claims = {"safe"};
  options_.prove.dropped = {"granule"};
  ASSERT_TRUE(group().ids());
  EXPECT_EQ(*group().ids(), std::vector<std::string>{"exact/f"});
  EXPECT_FALSE(group("another").ids());
}

}  // namespace
}  // namespace nospan::solver
