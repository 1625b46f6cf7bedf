// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/claim.h"

#include <gtest/gtest.h>

#include "solver/prove.h"

namespace nospan::solver {
namespace {

const Term kAt = free_word("at");
const Term kEnd = free_word("end");

// A path on which `at` was found to be below `end`, then something else, and which owes `holds` after the
// first.
Path path_that_owes(const Term& holds) {
  Path path;
  path.end = Path::End::kReturned;
  path.conditions = {less(kAt, kEnd), free_word("other") == kAt};
  path.obligations = {{Obligation::Kind::kBounds, holds, "access outside words", "file.cc:1", 1}};
  return path;
}

reports::Verdict verdict_of(std::vector<Case> cases) {
  Instance instance;
  instance.claim = "sample";
  instance.cases = std::move(cases);
  instance.witnesses = {{}};
  return prove(instance, {}).verdict;
}

TEST(Obligations, PathByPathAreWhatTheyAreTogether) {
  const std::vector<Path> paths = {path_that_owes(kAt != kEnd), path_that_owes(less_equal(kAt, kEnd))};
  EXPECT_EQ(verdict_of(obligations_path_by_path(paths)), reports::Verdict::kProved);
  EXPECT_EQ(verdict_of(all_obligation_cases(paths)), reports::Verdict::kProved);
}

TEST(Obligations, OneThatAPathDoesNotMeetIsNotLost) {
  const std::vector<Path> paths = {path_that_owes(kAt != kEnd), path_that_owes(kAt == word(0))};
  EXPECT_NE(verdict_of(obligations_path_by_path(paths)), reports::Verdict::kProved);
}

TEST(Obligations, WhatIsKnownOnlyAfterwardsDoesNotHelp) {
  const std::vector<Path> paths = {path_that_owes(free_word("other") == kAt)};
  EXPECT_NE(verdict_of(obligations_path_by_path(paths)), reports::Verdict::kProved);
}

TEST(Obligations, ThoseOfACommonBeginningAreAskedOnce) {
  const std::vector<Path> paths = {path_that_owes(kAt != kEnd), path_that_owes(kAt != kEnd)};
  EXPECT_EQ(obligations_path_by_path(paths).size(), 1u);
}

TEST(TryWithWhatItSpeaksOf, IsWhatSpeaksOfNothingButTheGoalAndTheDomain) {
  const Term known = less(kAt, kEnd) & less(free_word("other"), kEnd) & less(kEnd, free_word("words"));
  Case question{"sample", {known}, kAt != kEnd, {}};
  try_with_what_it_speaks_of(question, {less(free_word("words"), word(64))});
  ASSERT_EQ(question.probably_enough.size(), 2u);
  EXPECT_TRUE(question.probably_enough[0].same(less(kAt, kEnd)));
  EXPECT_TRUE(question.probably_enough[1].same(less(kEnd, free_word("words"))));
}

TEST(TryWithWhatItSpeaksOf, IsOnlyAnAttempt) {
  const Term other = free_word("other");
  Case question{"sample", {kAt == other, other == kEnd}, kAt == kEnd, {}};
  try_with_what_it_speaks_of(question, {});
  EXPECT_TRUE(question.probably_enough.empty());
  EXPECT_EQ(verdict_of({question}), reports::Verdict::kProved);
}

TEST(TryAllSplitsAtOnce, AsksTheSameOfLessFirst) {
  const Term known = less(kAt, kEnd);
  Case question{"sample", {known, kEnd == word(4)}, kAt != kEnd, split_page_shift(free_word("page_shift"))};
  question.probably_enough = {known};
  try_all_splits_at_once(question);
  ASSERT_TRUE(question.easier);
  EXPECT_TRUE(question.easier->splits.empty());
  ASSERT_EQ(question.easier->given.size(), 1u);
  EXPECT_TRUE(question.easier->given[0].same(known));
  EXPECT_TRUE(question.easier->goal.same(question.goal));
  EXPECT_EQ(question.given.size(), 2u);
  EXPECT_EQ(question.splits.size(), 23u);
  EXPECT_TRUE(question.probably_enough.empty());
}

}  // namespace
}  // namespace nospan::solver
