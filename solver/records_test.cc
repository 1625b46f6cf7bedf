// SPDX-License-Identifier: BSD-2-Clause
#include "solver/records.h"

#include <gtest/gtest.h>

#include "solver/feasibility.h"
#include "solver/memory.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

Term index(const char* name) { return zero_extend(Term::free_bits(32, name), 64); }

bool always(const Term& term) { return !Feasibility({}).possible({}, !term); }

Records pairs() {
  Records records(16);
  records.add(0, 8, FreeFunction("first", 64));
  records.add(8, 4, FreeFunction("second", 32));
  return records;
}

TEST(FreeFunction, EqualArgumentsHaveEqualValuesAndOthersAnyValue) {
  const FreeFunction function("f", 64);
  const Term i = index("i");
  const Term j = index("j");
  EXPECT_TRUE(function(i).same(function(i)));
  EXPECT_TRUE(always(implies(i == j, function(i) == function(j))));
  EXPECT_FALSE(always(function(i) == function(j)));
  EXPECT_TRUE(always(implies(i == word(3), function(word(3)) == function(i))));
}

TEST(Records, AnElementIsFoundByItsOffset) {
  const Records records = pairs();
  const Term i = index("i");
  const Term at = records.offset_of(i);
  EXPECT_TRUE(always(at == i * word(16)));
  EXPECT_TRUE(records.index_of(at).same(records.index_of(records.offset_of(i))));
  EXPECT_TRUE(records.load(at + word(8), 4)->same(records.content(8)(i)));
}

// The next element's place was a sum of 59 bits, extended, which no solver has to see is i + 1: a question
// about lists took minutes.
TEST(Records, TheNextElementHasTheNextIndex) {
  const Records records = pairs();
  const Term i = zero_extend(Term::free_bits(32, "i"), 64);
  const Term next = simplified(i + word(1));
  const Term found = records.index_of(records.offset_of(next));
  EXPECT_TRUE(found.same(next)) << found.text();
  // A number of 64 bits may lose some, so that the sum stays as it is.
  const Term any = free_word("any") + word(1);
  EXPECT_FALSE(always(records.index_of(records.offset_of(any)) == any));
}

TEST(Records, AStoreChangesOneElementAndOneMember) {
  Records records = pairs();
  const Records before = records;
  const Term i = index("i");
  const Term j = index("j");
  ASSERT_TRUE(records.store(records.offset_of(i) + word(8), 4, Term::bits(32, 7)));
  const Term now = *records.load(records.offset_of(j) + word(8), 4);
  EXPECT_TRUE(always(implies(i == j, now == Term::bits(32, 7))));
  EXPECT_TRUE(always(implies(i != j, now == *before.load(before.offset_of(j) + word(8), 4))));
  EXPECT_FALSE(always(now == Term::bits(32, 7)));
  EXPECT_TRUE(records.load(records.offset_of(i), 8)->same(*before.load(before.offset_of(i), 8)));
  const auto changes = records.changes_since(before);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].offset, 8u);
}

TEST(Records, ElementsNeedNotHaveAPowerOfTwoOfBytes) {
  Records records(24);
  records.add(0, 8, FreeFunction("first", 64));
  records.add(12, 4, FreeFunction("second", 32));
  const Term i = index("i");
  const Term offset = i * word(24) + word(12);
  EXPECT_TRUE(records.load(offset, 4)->same(records.content(12)(i)));
  EXPECT_TRUE(records.load(word(24 * 7), 8)->same(records.content(0)(word(7))));
  EXPECT_TRUE(always(*records.load(records.offset_of(i + word(1)), 8) == records.content(0)(i + word(1))));
  ASSERT_TRUE(records.store(offset, 4, Term::bits(32, 7)));
  EXPECT_TRUE(always(*records.load(offset, 4) == Term::bits(32, 7)));
  // Not at that offset, no member, and what may wrap.
  EXPECT_FALSE(records.load(offset + word(4), 4));
  EXPECT_FALSE(records.load(i * word(8), 8));
  EXPECT_FALSE(records.load(free_word("anywhere") * word(24), 8));
  EXPECT_FALSE(records.load(word(0) - word(24), 8));
}

TEST(Records, WhatIsNoMemberIsAnError) {
  Records records = pairs();
  const Term at = records.offset_of(index("i"));
  EXPECT_FALSE(records.load(at + word(4), 4));
  EXPECT_FALSE(records.load(at, 4));
  EXPECT_FALSE(records.load(free_word("anywhere"), 8));
  EXPECT_FALSE(records.store(at + word(12), 4, Term::bits(32, 0)));
}

TEST(Records, AnObjectOfRecordsTakesAnyOffsetButNoPointers) {
  Object object = Object::of_records("list", word(64), pairs());
  EXPECT_TRUE(object.takes_any_offset());
  EXPECT_FALSE(object.has_words());
  EXPECT_FALSE(object.store(word(0), 8, Value::pointer(ObjectId{1})));
  EXPECT_FALSE(object.fill(0, 16, 0));
  const Object before = object;
  ASSERT_TRUE(object.store(word(16), 8, Value::number(word(5))));
  EXPECT_EQ(object.load(word(16), 8)->bits.constant(), 5u);
  ASSERT_EQ(object.changes_since(before).size(), 1u);
  EXPECT_TRUE(object.changes_since(before)[0].unchanged.is_false());
}

}  // namespace
}  // namespace nospan::solver
