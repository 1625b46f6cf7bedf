// SPDX-License-Identifier: BSD-2-Clause
#include "solver/term.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>

#include "solver/term_form.h"

namespace nospan::solver {
namespace {

using Binary = Term (*)(const Term&, const Term&);
using Reference = z3::expr (*)(const z3::expr&, const z3::expr&);

struct Operation {
  const char* name;
  Binary term;
  Reference reference;
};

const Operation kOperations[] = {
    {"+", operator+, [](const z3::expr& a, const z3::expr& b) { return a + b; }},
    {"-", operator-, [](const z3::expr& a, const z3::expr& b) { return a - b; }},
    {"*", operator*, [](const z3::expr& a, const z3::expr& b) { return a * b; }},
    {"unsigned_divide", unsigned_divide, [](const z3::expr& a, const z3::expr& b) { return z3::udiv(a, b); }},
    {"unsigned_remainder", unsigned_remainder,
     [](const z3::expr& a, const z3::expr& b) { return z3::urem(a, b); }},
    {"signed_divide", signed_divide, [](const z3::expr& a, const z3::expr& b) { return a / b; }},
    {"signed_remainder", signed_remainder, [](const z3::expr& a, const z3::expr& b) { return z3::srem(a, b); }},
    {"&", operator&, [](const z3::expr& a, const z3::expr& b) { return a & b; }},
    {"|", operator|, [](const z3::expr& a, const z3::expr& b) { return a | b; }},
    {"^", operator^, [](const z3::expr& a, const z3::expr& b) { return a ^ b; }},
    {"shift_left", shift_left, [](const z3::expr& a, const z3::expr& b) { return z3::shl(a, b); }},
    {"shift_right", shift_right, [](const z3::expr& a, const z3::expr& b) { return z3::lshr(a, b); }},
    {"arithmetic_shift_right", arithmetic_shift_right,
     [](const z3::expr& a, const z3::expr& b) { return z3::ashr(a, b); }},
    {"==", operator==, [](const z3::expr& a, const z3::expr& b) { return a == b; }},
    {"!=", operator!=, [](const z3::expr& a, const z3::expr& b) { return a != b; }},
    {"less", less, [](const z3::expr& a, const z3::expr& b) { return z3::ult(a, b); }},
    {"less_equal", less_equal, [](const z3::expr& a, const z3::expr& b) { return z3::ule(a, b); }},
    {"signed_less", signed_less, [](const z3::expr& a, const z3::expr& b) { return z3::slt(a, b); }},
    {"signed_less_equal", signed_less_equal,
     [](const z3::expr& a, const z3::expr& b) { return z3::sle(a, b); }},
    {"add_overflows", add_overflows,
     [](const z3::expr& a, const z3::expr& b) { return !z3::bvadd_no_overflow(a, b, false); }},
    {"multiply_overflows", multiply_overflows,
     [](const z3::expr& a, const z3::expr& b) { return !z3::bvmul_no_overflow(a, b, false); }},
};

// The number that Z3 makes of it: 1 for true.
uint64_t value_of(const z3::expr& expression) {
  const Term term = Term::from_expression(expression.simplify());
  if (const auto truth = term.truth()) return *truth ? 1 : 0;
  RC_ASSERT(term.constant().has_value());
  return *term.constant();
}

uint64_t value_of(const Term& term) {
  if (const auto truth = term.truth()) return *truth ? 1 : 0;
  RC_ASSERT(term.constant().has_value());
  return *term.constant();
}

unsigned any_width() { return *rc::gen::element(1u, 2u, 7u, 8u, 16u, 31u, 32u, 33u, 63u, 64u); }

// Small numbers, numbers near the width, and powers of two as often as any.
uint64_t any_number(unsigned width) {
  switch (*rc::gen::inRange(0, 4)) {
    case 0: return *rc::gen::inRange<uint64_t>(0, 4);
    case 1: return *rc::gen::inRange<uint64_t>(width - 1, width + 2);
    case 2: return (uint64_t{1} << *rc::gen::inRange(0, 64)) - *rc::gen::inRange<uint64_t>(0, 2);
    default: return *rc::gen::arbitrary<uint64_t>() << *rc::gen::inRange(0, 64);
  }
}

RC_GTEST_PROP(Term, FoldsNumbersAsZ3ComputesThem, ()) {
  const unsigned width = any_width();
  const Term a = Term::bits(width, any_number(width));
  const Term b = Term::bits(width, any_number(width));
  for (const Operation& operation : kOperations) {
    RC_LOG() << operation.name << " " << a.text() << " " << b.text() << " of " << width << " bits\n";
    const Term folded = operation.term(a, b);
    const z3::expr reference = operation.reference(a.expression(), b.expression());
    RC_ASSERT(value_of(folded) == value_of(reference));
    RC_ASSERT(folded.is_boolean() == reference.is_bool());
  }
}

// With one operand a number and the other one not: where identities may go wrong.
RC_GTEST_PROP(Term, FormulasMeanWhatZ3Means, ()) {
  const unsigned width = any_width();
  const Term x = Term::free_bits(width, "x");
  const Term a = Term::bits(width, any_number(width));
  const Term b = Term::bits(width, any_number(width));
  for (const Operation& operation : kOperations) {
    RC_LOG() << operation.name << " " << a.text() << " " << b.text() << " of " << width << " bits\n";
    const uint64_t expected = value_of(operation.reference(a.expression(), b.expression()));
    RC_ASSERT(value_of(substitute(operation.term(x, b), x, a)) == expected);
    RC_ASSERT(value_of(substitute(operation.term(a, x), x, b)) == expected);
  }
}

RC_GTEST_PROP(Term, CountsBitsAndExtends, ()) {
  const unsigned width = any_width();
  const Term x = Term::free_bits(width, "x");
  const Term a = Term::bits(width, any_number(width));
  const uint64_t value = *a.constant();
  const auto low = static_cast<uint64_t>(value == 0 ? width : static_cast<unsigned>(std::countr_zero(value)));
  const auto high = static_cast<uint64_t>(static_cast<unsigned>(std::countl_zero(value)) - (64 - width));
  const auto ones = static_cast<uint64_t>(std::popcount(value));
  const uint64_t mask = Term::bits(width, ~uint64_t{0}).constant().value();
  RC_LOG() << a.text() << " of " << width << " bits\n";
  for (const bool folded : {true, false}) {
    const auto of = [&](Term (*operation)(const Term&)) {
      return value_of(folded ? operation(a) : substitute(operation(x), x, a));
    };
    RC_ASSERT(of(trailing_zeros) == (low & mask));
    RC_ASSERT(of(leading_zeros) == (high & mask));
    RC_ASSERT(of(count_ones) == (ones & mask));
    RC_ASSERT(of(operator~) == (~value & mask));
  }
  const unsigned more = *rc::gen::inRange(width, 65u);
  RC_ASSERT(value_of(zero_extend(a, more)) == value);
  RC_ASSERT(value_of(sign_extend(a, more)) == value_of(z3::sext(a.expression(), more - width)));
  const unsigned bit = *rc::gen::inRange(0u, width);
  RC_ASSERT(value_of(extract(a, width - 1, bit)) == value >> bit);
  if (bit > 0) RC_ASSERT(value_of(concatenate(extract(a, width - 1, bit), extract(a, bit - 1, 0))) == value);
}

bool valid(const Term& a, const Term& b) {
  z3::solver solver(term_context());
  solver.add((a != b).expression());
  return solver.check() == z3::unsat;
}

TEST(Term, IdentitiesHoldForEveryValue) {
  const Term a = Term::free_bits(16, "a");
  const Term b = Term::free_bits(16, "b");
  const auto raw = [](const z3::expr& expression) { return Term::from_expression(expression); };
  const z3::expr x = a.expression();
  const z3::expr y = b.expression();
  // What each is rewritten to, against the same without rewriting.
  EXPECT_TRUE((a + (b - a)).same(b));
  EXPECT_TRUE(((b - a) + a).same(b));
  EXPECT_TRUE(((a + b) - a).same(b));
  EXPECT_TRUE(((a + b) - b).same(a));
  EXPECT_TRUE(valid(a + (b - a), raw(x + (y - x))));
  EXPECT_TRUE(valid((a - b) + a, raw((x - y) + x)));
  EXPECT_TRUE(valid((a + b) - a, raw((x + y) - x)));
  EXPECT_TRUE(valid((a - b) - a, raw((x - y) - x)));
  for (const unsigned places : {0u, 1u, 5u, 15u, 16u, 20u}) {
    const Term count = Term::bits(16, places);
    const z3::expr n = count.expression();
    EXPECT_TRUE(valid(shift_right(shift_left(a, count), count), raw(z3::lshr(z3::shl(x, n), n)))) << places;
    const Term other = Term::bits(16, 3);
    EXPECT_TRUE(
        valid(shift_right(shift_left(a, count), other), raw(z3::lshr(z3::shl(x, n), other.expression()))))
        << places;
  }
  EXPECT_TRUE(valid(shift_right(shift_left(a, b), b), raw(z3::lshr(z3::shl(x, y), y))));
}

TEST(Term, TheExponentIsFoundOnlyOfOneShifted) {
  const Term x = free_word("x");
  ASSERT_TRUE(exponent_of_power(shift_left(word(1), x)));
  EXPECT_TRUE(exponent_of_power(shift_left(word(1), x))->same(x));
  EXPECT_FALSE(exponent_of_power(shift_left(word(2), x)));
  EXPECT_FALSE(exponent_of_power(shift_left(x, x)));
  EXPECT_FALSE(exponent_of_power(shift_right(word(1), x)));
  EXPECT_FALSE(exponent_of_power(word(1)));
}

TEST(Term, OfSeveralPartsTheLargestIsReplaced) {
  const Term x = free_word("x");
  const Term y = free_word("y");
  const Term sum = x + y;
  const Term all = substitute(shift_left(sum, x) ^ x, {{sum, free_word("s")}, {x, free_word("t")}});
  EXPECT_TRUE(all.same(simplified(shift_left(free_word("s"), free_word("t")) ^ free_word("t")))) << all.text();
}

// Bug: one part after another was replaced; the first one's result was simplified, and the next was not found
// in it.
TEST(Term, WhatIsReplacedFirstHidesNothing) {
  const Term x = free_word("x");
  const Term y = free_word("y");
  const Term low = x & (shift_left(word(1), y) - word(1));
  const Term inverted = ~low | x;
  const Term all = substitute(inverted, {{x, free_word("t")}, {low, free_word("s")}});
  EXPECT_TRUE(all.same(simplified(~free_word("s") | free_word("t")))) << all.text();
}

TEST(Term, AChoiceIsTakenApart) {
  const Term p = Term::free_boolean("p");
  const Term x = free_word("x");
  const auto choice = choice_of(choose(p, x, word(3)));
  ASSERT_TRUE(choice);
  EXPECT_TRUE(choice->condition.same(p));
  EXPECT_TRUE(choice->yes.same(x));
  EXPECT_EQ(choice->no.constant(), 3u);
  EXPECT_FALSE(choice_of(x));
  EXPECT_FALSE(choice_of(word(3)));
  EXPECT_FALSE(choice_of(x == word(3)));
}

TEST(Term, PartsAreFoundByWhatTheyAreWrittenWith) {
  const Term shift = free_word("shift");
  const Term x = free_word("x");
  const Term y = free_word("y");
  const Term of_x = shift_right(x, shift);
  const Term of_y = shift_right(y + of_x, shift);
  const auto found = parts_written_with(
      {of_y == of_x, less(shift_right(x, word(3)), of_x), shift_left(x, shift)}, Z3_OP_BLSHR, shift);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].same(of_x) || found[1].same(of_x));
  EXPECT_TRUE(found[0].same(of_y) || found[1].same(of_y));
}

TEST(Term, NumbersMakeNoFormula) {
  const uint64_t before = formulas_made();
  const Term a = word(40);
  const Term b = word(2);
  for (const Operation& operation : kOperations) static_cast<void>(operation.term(a, b));
  static_cast<void>(choose(less(a, b), trailing_zeros(a), count_ones(sign_extend(truncate(b, 8), 64))));
  static_cast<void>(all_of({a == b, a != b}) | any_of({less(a, b)}) | implies(a == b, a != b));
  EXPECT_EQ(formulas_made(), before);
}

TEST(Term, TruthValuesFollowTheirTables) {
  const Term p = Term::free_boolean("p");
  const Term yes = Term::boolean(true);
  const Term no = Term::boolean(false);
  EXPECT_TRUE((p & yes).same(p));
  EXPECT_TRUE((p & no).is_false());
  EXPECT_TRUE((p | no).same(p));
  EXPECT_TRUE((p | yes).is_true());
  EXPECT_TRUE((p ^ no).same(p));
  EXPECT_TRUE((p ^ yes).same(!p));
  EXPECT_TRUE((!!p).same(p));
  EXPECT_TRUE((p == yes).same(p));
  EXPECT_TRUE((p == no).same(!p));
  EXPECT_EQ(zero_extend(yes, 8).constant(), 1u);
  EXPECT_EQ(sign_extend(yes, 8).constant(), 0xffu);
}

TEST(TermDeath, MisuseEndsTheProcess) {
  EXPECT_DEATH(static_cast<void>(word(1) + Term::bits(32, 1)), "different widths");
  EXPECT_DEATH(static_cast<void>(Term().expression()), "without a value");
  EXPECT_DEATH(static_cast<void>(Term::bits(65, 1)), "1 to 64 bits");
}

}  // namespace
}  // namespace nospan::solver
