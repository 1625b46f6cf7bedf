// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/any_pages.h"

#include <gtest/gtest.h>

#include <memory>

#include "solver/prove.h"

namespace nospan::solver {
namespace {

const Term kShift = free_word("page_shift");

reports::Verdict verdict_of(std::vector<Case> cases) {
  Instance instance;
  instance.claim = "pages";
  instance.domain = {less_equal(word(12), kShift), less_equal(kShift, word(34))};
  instance.cases = std::move(cases);
  instance.witnesses = {{}};
  return prove(instance, {}).verdict;
}

TEST(AnyPages, OrderOfPagesHolds) {
  EXPECT_EQ(verdict_of({order_of_pages(kShift)}), reports::Verdict::kProved);
}

TEST(AnyPages, QuestionAboutOrderNeedsNoPageSize) {
  const Term low = free_word("a");
  const Term high = free_word("b");
  const Case question{"order",
                      {less(low, high), less(word(11), kShift)},
                      less_equal(shift_right(low, kShift), shift_right(high, kShift)),
                      split_page_shift(kShift)};
  const Case easier = of_any_pages(question, kShift);
  EXPECT_TRUE(easier.splits.empty());
  EXPECT_EQ(verdict_of({easier}), reports::Verdict::kProved);
}

TEST(AnyPages, NextAddressIsInTheSamePageOrTheNext) {
  const Term last = free_word("a");
  const Term next = last + word(1);
  const Term gap = shift_right(last, kShift) + word(1);
  const Case question{"next", {less(last, next)}, less_equal(shift_right(next, kShift), gap), {}};
  EXPECT_EQ(verdict_of({of_any_pages(question, kShift)}), reports::Verdict::kProved);
}

// What depends on the size itself is not said of any numbers, but not shown, either.
TEST(AnyPages, QuestionAboutDistanceHasAModel) {
  const Term low = free_word("a");
  const Term high = free_word("b");
  Case question{"distance",
                {less_equal(low, high), less(high - low, word(4096))},
                less_equal(shift_right(high, kShift), shift_right(low, kShift) + word(1)),
                {}};
  const Case easier = of_any_pages(question, kShift);
  EXPECT_NE(verdict_of({easier}), reports::Verdict::kProved);
  // Which means nothing where it is only asked because it is easier.
  question.easier = std::make_shared<const Case>(easier);
  EXPECT_EQ(verdict_of({question}), reports::Verdict::kProved);
}

// The page of the same address is the same number, but nothing is said of two addresses.
TEST(AnyPages, UnrelatedPagesOfTheSameAddressAreTheSame) {
  const Term at = free_word("a");
  const Term other = free_word("b");
  const Term page = shift_right(at, kShift);
  Case question{"same", {page == free_word("entry")}, free_word("entry") == page, split_page_shift(kShift)};
  const Case same = of_unrelated_pages(question, kShift);
  EXPECT_TRUE(same.splits.empty());
  EXPECT_EQ(verdict_of({same}), reports::Verdict::kProved);
  question = {"order", {less_equal(at, other)}, less_equal(page, shift_right(other, kShift)), {}};
  EXPECT_EQ(verdict_of({of_any_pages(question, kShift)}), reports::Verdict::kProved);
  EXPECT_NE(verdict_of({of_unrelated_pages(question, kShift)}), reports::Verdict::kProved);
}

// The easiest question is asked first, and each model of one only means that the next is asked.
TEST(AnyPages, EasierQuestionsMayHaveEasierOnes) {
  const Term at = free_word("a");
  const Term next = at + word(4096);
  Case question{"next",
                {less(at, next), kShift == word(12)},
                shift_right(next, kShift) == shift_right(at, kShift) + word(1),
                {}};
  Case of_any = of_any_pages(question, kShift);
  of_any.easier = std::make_shared<const Case>(of_unrelated_pages(question, kShift));
  question.easier = std::make_shared<const Case>(of_any);
  EXPECT_EQ(verdict_of({question}), reports::Verdict::kProved);
  // Neither of them is proved, and nor is the question, if it is wrong itself.
  question.goal = !question.goal;
  EXPECT_NE(verdict_of({question}), reports::Verdict::kProved);
  // That of which only the easiest says it is proved by that.
  of_any.easier = std::make_shared<const Case>(Case{"easiest", {}, Term::boolean(true), {}});
  question.easier = std::make_shared<const Case>(of_any);
  EXPECT_EQ(verdict_of({question}), reports::Verdict::kProved);
}

TEST(AnyPages, WhatMentionsThePageSizeInTheGoalStaysSplit) {
  const Term at = free_word("a");
  const Case question{"size", {}, shift_right(at, kShift) == kShift, split_page_shift(kShift)};
  EXPECT_FALSE(of_any_pages(question, kShift).splits.empty());
}

}  // namespace
}  // namespace nospan::solver
