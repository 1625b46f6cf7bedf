// SPDX-License-Identifier: BSD-2-Clause
#include "solver/slice.h"

#include <gtest/gtest.h>

namespace nospan::solver {
namespace {

const Term x = free_word("x");
const Term y = free_word("y");
const Term z = free_word("z");

TEST(Slice, KeepsWhatTheGoalReachesThroughOthers) {
  Query query;
  query.hypotheses = {{"near", less(x, y)}, {"apart", less(free_word("u"), word(3))}};
  query.given = {less(y, z), less(free_word("v"), word(9))};
  query.goal = {x == word(1)};
  const auto part = slice(query);
  ASSERT_TRUE(part);
  ASSERT_EQ(part->hypotheses.size(), 1u);
  EXPECT_EQ(part->hypotheses[0].name, "near");
  ASSERT_EQ(part->given.size(), 1u);
  EXPECT_TRUE(part->given[0].same(query.given[0]));
}

TEST(Slice, IsNothingWhereAllMatters) {
  Query query;
  query.given = {less(x, y)};
  query.goal = {x == word(1)};
  EXPECT_FALSE(slice(query));
}

TEST(Slice, KeepsAConditionThatCannotHold) {
  Query query;
  query.given = {Term::boolean(false), less(y, z)};
  query.goal = {x == word(1)};
  const auto part = slice(query);
  ASSERT_TRUE(part);
  ASSERT_EQ(part->given.size(), 1u);
  EXPECT_TRUE(part->given[0].is_false());
}

TEST(Slice, MapsAndFunctionsConnect) {
  Query query;
  const Term map = Term::free_map("map");
  query.given = {select(map, word(1)) == y, Term::apply("owner", 64, z) == word(2)};
  query.goal = {select(map, word(2)) == Term::apply("owner", 64, word(3))};
  EXPECT_FALSE(slice(query));
}

}  // namespace
}  // namespace nospan::solver
