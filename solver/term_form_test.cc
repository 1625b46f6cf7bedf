// SPDX-License-Identifier: BSD-2-Clause
#include "solver/term_form.h"

#include <gtest/gtest.h>

namespace nospan::solver {
namespace {

const Term kOne = Term::free_bits(64, "one");
const Term kOther = Term::free_bits(64, "other");

TEST(TermForm, OperandsOfNumbersAndOfTruthValues) {
  const auto sum = operands_of(kOne + kOther, Z3_OP_BADD);
  ASSERT_TRUE(sum.has_value());
  EXPECT_TRUE(sum->left.same(kOne));
  EXPECT_TRUE(sum->right.same(kOther));
  const auto sides = operands_of(kOne == kOther, Z3_OP_EQ);
  ASSERT_TRUE(sides.has_value());
  EXPECT_TRUE(sides->left.same(kOne));
  EXPECT_TRUE(sides->right.same(kOther));
}

TEST(TermForm, NoOperandsOfAnotherOperation) {
  EXPECT_FALSE(operands_of(kOne + kOther, Z3_OP_BSHL).has_value());
  EXPECT_FALSE(operands_of(kOne == kOther, Z3_OP_BADD).has_value());
  EXPECT_FALSE(operands_of(Term::bits(64, 3), Z3_OP_BADD).has_value());
  EXPECT_FALSE(operands_of(Term::boolean(true), Z3_OP_EQ).has_value());
}

}  // namespace
}  // namespace nospan::solver
