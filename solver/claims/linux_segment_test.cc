// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_segment.h"

#include <gtest/gtest.h>

#include "solver/term_form.h"

namespace nospan::solver {
namespace {

bool valid(const Term& fact) {
  z3::solver solver(term_context());
  solver.add((!fact).expression());
  return solver.check() == z3::unsat;
}

// A segment among three, as a function of an index that was asked about before looks.
Segment chosen() {
  const Term p = Term::free_boolean("p");
  const Term q = Term::free_boolean("q");
  const auto length = [](const char* name) { return Term::free_bits(32, name); };
  return segment_of(choose(p, free_word("a0"), choose(q, free_word("a1"), free_word("a2"))),
                    choose(p, length("l0"), choose(q, length("l1"), length("l2"))));
}

Term is_last(const Segment& segment) { return last_page(segment, word(16)) == free_word("index"); }

TEST(Segment, AFactOfEachIsTheFactOfTheChosenOne) {
  const Segment segment = chosen();
  const Term of_chosen = is_last(segment);
  EXPECT_TRUE(valid(of_each(segment, is_last) == of_chosen));
}

TEST(Segment, NoNumberIsChosenInAFactOfEach) {
  unsigned asked = 0;
  const Term fact = of_each(chosen(), [&](const Segment& one) {
    ++asked;
    EXPECT_FALSE(choice_of(one.address));
    EXPECT_FALSE(choice_of(one.length));
    return is_last(one);
  });
  EXPECT_EQ(asked, 3u);
  EXPECT_TRUE(choice_of(fact));
}

// Merging changes a segment's length, and not its address.
TEST(Segment, AddressAndLengthMayDependOnDifferentThings) {
  Segment segment = chosen();
  segment.length = choose(Term::free_boolean("is_merged"), segment.length + word(1), segment.length);
  EXPECT_TRUE(valid(of_each(segment, is_last) == is_last(segment)));
}

TEST(Segment, LengthsHave32Bits) {
  EXPECT_TRUE(valid(less(chosen().length, word(uint64_t{1} << 32))));
  EXPECT_EQ(segment_of(word(0), Term::bits(32, ~uint64_t{0})).length.constant(), 0xffffffffu);
}

}  // namespace
}  // namespace nospan::solver
