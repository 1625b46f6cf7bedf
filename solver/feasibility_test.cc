// SPDX-License-Identifier: BSD-2-Clause
#include "solver/feasibility.h"

#include <gtest/gtest.h>

namespace nospan::solver {
namespace {

// Squares of numbers of 16 bits are 0 or 1 modulo 4: this takes some work to tell.
Term is_three(const Term& x) { return x * x == Term::bits(16, 3); }

TEST(Feasibility, TellsContradictions) {
  const Term x = Term::free_bits(16, "x");
  Feasibility feasibility({});
  EXPECT_FALSE(feasibility.possible({}, is_three(x)));
  EXPECT_FALSE(feasibility.gave_up());
  EXPECT_FALSE(feasibility.possible({x == Term::bits(16, 1)}, x == Term::bits(16, 2)));
  EXPECT_TRUE(feasibility.possible({x == Term::bits(16, 1)}, x != Term::bits(16, 2)));
}

TEST(Feasibility, WithLittleEffortNoPathIsMissing) {
  const Term x = Term::free_bits(16, "x");
  Feasibility feasibility({});
  {
    const LittleEffort effort;
    EXPECT_TRUE(feasibility.possible({}, is_three(x)));
    EXPECT_TRUE(feasibility.gave_up());
    EXPECT_FALSE(feasibility.possible({x == Term::bits(16, 1)}, x == Term::bits(16, 2)));
  }
  EXPECT_FALSE(feasibility.possible({}, is_three(x)));
}

// Values are what the executor cannot go on without.
TEST(Feasibility, ValuesAreFoundWithLittleEffort) {
  const Term x = Term::free_bits(16, "x");
  Feasibility feasibility({});
  const LittleEffort effort;
  const std::vector<Term> conditions = {x * x == Term::bits(16, 49), x * x * x == Term::bits(16, 343)};
  EXPECT_EQ(feasibility.value(conditions, x, {}), 7u);
  EXPECT_EQ(feasibility.value(conditions, x, {7}), std::nullopt);
  EXPECT_FALSE(feasibility.gave_up());
}

}  // namespace
}  // namespace nospan::solver
