// SPDX-License-Identifier: BSD-2-Clause
#include "reports/quantity.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace nospan::reports {
namespace {

TEST(Quantity, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_quantity("0").value(), 0u);
  EXPECT_EQ(parse_quantity("4096").value(), 4096u);
  EXPECT_EQ(parse_quantity("64K").value(), 65536u);
  EXPECT_EQ(parse_quantity("64k").value(), 65536u);
  EXPECT_EQ(parse_quantity("16M").value(), std::uint64_t{1} << 24);
  EXPECT_EQ(parse_quantity("16G").value(), std::uint64_t{1} << 34);
  EXPECT_EQ(parse_quantity("4T").value(), std::uint64_t{1} << 42);
  EXPECT_EQ(parse_quantity("0K").value(), 0u);
  EXPECT_EQ(parse_quantity("0x1aBc").value(), 0x1abcu);
  EXPECT_EQ(parse_quantity("0X10").value(), 16u);
  EXPECT_EQ(parse_quantity("0x000000000000000000001").value(), 1u);
  EXPECT_EQ(parse_quantity("18446744073709551615").value(), UINT64_MAX);
  EXPECT_EQ(parse_quantity("0xffffffffffffffff").value(), UINT64_MAX);
  EXPECT_EQ(parse_quantity("16777215T").value(), UINT64_MAX - ((std::uint64_t{1} << 40) - 1));
}

TEST(Quantity, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "K",
                           "0x",
                           "0xK",
                           "-1",
                           "+1",
                           " 1",
                           "1 ",
                           "1.5K",
                           "64KB",
                           "64KiB",
                           "64Q",
                           "1e3",
                           "0b1",
                           "1_000",
                           "0xg",
                           "010",
                           "00",
                           "010K",
                           "18446744073709551616",
                           "0x10000000000000000",
                           "16777216T",
                           "99999999999999999999999",
                           "18014398509481984K"}) {
    const auto parsed = parse_quantity(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().what.find(text), std::string::npos) << parsed.error().line();
    EXPECT_FALSE(parsed.error().mend.empty());
  }
  EXPECT_EQ(parse_quantity("64Q").error().line(),
            "\"64Q\" is no number; write it like 4096, 64K, 16M, 4G, 1T or 0x1000");
  EXPECT_FALSE(parse_quantity(std::string_view("1\0", 2)));
}

TEST(Quantity, WritesSizesWithTheLargestUnit) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1), "1");
  EXPECT_EQ(format_size(1536), "1536");
  EXPECT_EQ(format_size(1024), "1K");
  EXPECT_EQ(format_size(1025 * 1024), "1025K");
  EXPECT_EQ(format_size(std::uint64_t{1} << 34), "16G");
  EXPECT_EQ(format_size(std::uint64_t{1} << 63), "8388608T");
  EXPECT_EQ(format_address(0), "0x0");
  EXPECT_EQ(format_address(UINT64_MAX), "0xffffffffffffffff");
}

RC_GTEST_PROP(Quantity, EveryValueComesBack, (std::uint64_t value, unsigned shift)) {
  for (const std::uint64_t number : {value, value << (shift % 64), value >> (shift % 64)}) {
    RC_ASSERT(parse_quantity(format_size(number)).value() == number);
    RC_ASSERT(parse_quantity(format_address(number)).value() == number);
  }
}

TEST(Quantity, ApproximatesForPeople) {
  EXPECT_EQ(approximate_size(0), "0");
  EXPECT_EQ(approximate_size(1023), "1023");
  EXPECT_EQ(approximate_size(1024), "1K");
  EXPECT_EQ(approximate_size(1536), "1.5K");
  EXPECT_EQ(approximate_size((16 << 20) - 65536), "15.9M");
  EXPECT_EQ(approximate_size((std::uint64_t{1} << 34) - 4096), "15.9G");
  EXPECT_EQ(approximate_size(UINT64_MAX), "15.9E");
}

RC_GTEST_PROP(Quantity, ApproximationsAreShort, (std::uint64_t value, unsigned shift)) {
  RC_ASSERT(approximate_size(value >> (shift % 64)).size() <= 7u);
}

// Text of others reaches terminals and logs through error messages.
TEST(Quantity, QuotesTextOfOthersOnOneLine) {
  EXPECT_EQ(quote("siez"), "\"siez\"");
  EXPECT_EQ(quote("a\nb\x1b[31m\x7f"), "\"a?b?[31m?\"");
  EXPECT_EQ(quote("\xc3\xa9"), "\"\xc3\xa9\"");
  EXPECT_EQ(quote("\xff\xc3"), "\"??\"");
  EXPECT_EQ(quote("\xc2\x9b"), "\"??\"");            // a control sequence in one character
  EXPECT_EQ(quote("\xe0\x80\x80"), "\"???\"");       // overlong
  EXPECT_EQ(quote("\xed\xa0\x80"), "\"???\"");       // a surrogate
  EXPECT_EQ(quote("\xf4\x90\x80\x80"), "\"????\"");  // above U+10FFFF
  EXPECT_EQ(quote(std::string(1000, 'x')), "\"" + std::string(48, 'x') + "...\"");
}

}  // namespace
}  // namespace nospan::reports
