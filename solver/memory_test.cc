// SPDX-License-Identifier: BSD-2-Clause
#include "solver/memory.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstring>

namespace nospan::solver {
namespace {

Object zeroed(uint64_t size) { return Object("object", word(size), Object::Initial::kZero); }
Object undefined(uint64_t size) { return Object("object", word(size), Object::Initial::kUndefined); }

uint64_t read(const Object& object, uint64_t offset, unsigned bytes) {
  const auto value = object.load(word(offset), bytes);
  EXPECT_TRUE(value) << value.error().line();
  return value ? value->bits.constant().value() : 0;
}

// Loads and stores of any sizes at any places, against an array of bytes; in both forms of memory.
RC_GTEST_PROP(Memory, CellsAndWordsAreBytesInTheEnd, ()) {
  constexpr uint64_t kSize = 32;
  std::array<uint8_t, kSize> bytes{};
  Object cells = zeroed(kSize);
  z3::context& context = term_context();
  Object words = Object::of_words(
      "words", word(kSize),
      Term::from_expression(z3::const_array(context.bv_sort(64), context.bv_val(uint64_t{0}, 64))));
  for (int step = 0; step < 20; ++step) {
    const unsigned size = *rc::gen::element(1u, 2u, 4u, 8u);
    const uint64_t offset = *rc::gen::inRange<uint64_t>(0, kSize - size + 1);
    const bool aligned = offset % size == 0;
    const uint64_t value = *rc::gen::arbitrary<uint64_t>();
    if (*rc::gen::arbitrary<bool>()) {
      RC_ASSERT(cells.store(word(offset), size, Value::number(Term::bits(size * 8, value))).has_value());
      std::memcpy(bytes.data() + offset, &value, size);
      // Words: aligned only. What is not is written byte by byte.
      for (unsigned i = 0; i < (aligned ? 1 : size); ++i) {
        const unsigned part = aligned ? size : 1;
        RC_ASSERT(words.store(word(offset + i), part, Value::number(Term::bits(part * 8, value >> (8 * i))))
                      .has_value());
      }
    }
    uint64_t expected = 0;
    std::memcpy(&expected, bytes.data() + offset, size);
    RC_ASSERT(read(cells, offset, size) == expected);
    if (aligned) {
      const auto loaded = words.load(word(offset), size);
      RC_ASSERT(loaded.has_value());
      RC_ASSERT(Term::from_expression(loaded->bits.expression().simplify()).constant() == expected);
    }
  }
}

TEST(Memory, WhatWasNotWrittenCannotBeRead) {
  Object object = undefined(16);
  ASSERT_TRUE(object.store(word(0), 4, Value::number(Term::bits(32, 7))));
  EXPECT_EQ(read(object, 0, 4), 7u);
  EXPECT_EQ(read(object, 1, 1), 0u);
  EXPECT_FALSE(object.load(word(0), 8));
  EXPECT_FALSE(object.load(word(4), 4));
  ASSERT_FALSE(object.load(word(8), 8));
  EXPECT_NE(object.load(word(8), 8).error().line().find("before they are written"), std::string::npos);
}

TEST(Memory, WhatIsForgottenCannotBeRead) {
  Object object = zeroed(16);
  ASSERT_TRUE(object.store(word(0), 8, Value::number(word(~uint64_t{0}))));
  ASSERT_TRUE(object.forget(2, 2));
  EXPECT_EQ(read(object, 0, 2), 0xffffu);
  EXPECT_EQ(read(object, 4, 4), 0xffffffffu);
  EXPECT_FALSE(object.load(word(2), 2));
  EXPECT_FALSE(object.load(word(0), 8));
  ASSERT_TRUE(object.forget(0, 16));
  EXPECT_FALSE(object.load(word(8), 8));
}

TEST(Memory, FillingAWholeObjectNeedsNoCells) {
  Object object = undefined(uint64_t{1} << 40);
  ASSERT_TRUE(object.fill(0, uint64_t{1} << 40, 0));
  EXPECT_EQ(read(object, uint64_t{1} << 39, 8), 0u);
  ASSERT_TRUE(object.fill(3, 2, 0xab));
  EXPECT_EQ(read(object, 0, 8), 0xabab000000u);
}

TEST(Memory, PiecesOfACopyCoverItsRangeAndNoMore) {
  Object object = undefined(32);
  ASSERT_TRUE(object.store(word(0), 8, Value::pointer(ObjectId{1})));
  ASSERT_TRUE(object.store(word(12), 4, Value::number(Term::bits(32, 1))));
  const auto all = object.pieces(0, 32);
  uint64_t at = 0;
  std::string shape;
  for (const Object::Piece& piece : all) {
    EXPECT_EQ(piece.offset, at);
    at += piece.bytes;
    shape += std::to_string(piece.bytes) + (piece.defined ? "+" : "-");
  }
  EXPECT_EQ(at, 32u);
  EXPECT_EQ(shape, "8+4-4+8-8-");
  // A range that cuts cells.
  shape.clear();
  for (const Object::Piece& piece : object.pieces(14, 3))
    shape += std::to_string(piece.bytes) + (piece.defined ? "+" : "-");
  EXPECT_EQ(shape, "1+1+1-");
}

TEST(Memory, PointersAreNotCutOrPutTogether) {
  Object object = zeroed(16);
  ASSERT_TRUE(object.store(word(0), 8, Value::pointer(ObjectId{1})));
  EXPECT_FALSE(object.load(word(0), 4));
  EXPECT_FALSE(object.load(word(4), 8));
  EXPECT_FALSE(object.store(word(4), 1, Value::number(Term::bits(8, 0))));
  EXPECT_TRUE(object.store(word(0), 8, Value::number(word(0))));
  Object words = Object::of_words("words", word(16), Term::free_map("map"));
  EXPECT_FALSE(words.store(word(0), 8, Value::pointer(ObjectId{1})));
}

// Was one constant for both sizes: a text with two declarations of one name.
TEST(Memory, FreeCellsOfDifferentSizesHaveDifferentNames) {
  const Object one("object", word(8), Object::Initial::kFree);
  const Object other = one;
  const auto large = one.load(word(0), 8);
  const auto small = other.load(word(0), 4);
  ASSERT_TRUE(large && small);
  EXPECT_NE(large->bits.text(), small->bits.text());
  EXPECT_TRUE(one.load(word(0), 8)->bits.same(large->bits));
}

TEST(Memory, CopiesShareUntilOneIsChanged) {
  Memory memory;
  const ObjectId id = memory.add(zeroed(8));
  Memory copy = memory;
  ASSERT_TRUE(copy.change(id).store(word(0), 8, Value::number(word(5))));
  EXPECT_EQ(read(memory.at(id), 0, 8), 0u);
  EXPECT_EQ(read(copy.at(id), 0, 8), 5u);
}

TEST(Memory, ACellAtNoOneOffsetIsAnErrorThatNamesTheObject) {
  Object object = zeroed(8);
  const auto value = object.load(free_word("anywhere"), 1);
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().line().find("object"), std::string::npos);
  EXPECT_FALSE(object.store(free_word("anywhere"), 1, Value::number(Term::bits(8, 0))));
}

}  // namespace
}  // namespace nospan::solver
