// SPDX-License-Identifier: BSD-2-Clause
#include "reports/html/escape.h"

#include <gtest/gtest.h>

#include <string>

namespace nospan::reports::html_page {
namespace {

TEST(HtmlEscape, WhatMeansSomethingInHtmlIsEscaped) {
  EXPECT_EQ(escape("</script><a href=\"x\" title='y'>&amp;"),
            "&lt;/script&gt;&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;");
}

TEST(HtmlEscape, OrdinaryTextStaysAsItIs) {
  EXPECT_EQ(escape("a\tb\nc \u00E4\u20AC\U0001F600 {{x}} `${y}`"),
            "a\tb\nc \u00E4\u20AC\U0001F600 {{x}} `${y}`");
  EXPECT_EQ(escape(""), "");
}

TEST(HtmlEscape, ControlCharactersAreReplaced) {
  EXPECT_EQ(escape(std::string_view("a\0b\x1b[31m\rc\x7f", 11)), "a\uFFFDb\uFFFD[31m\uFFFDc\uFFFD");
  EXPECT_EQ(escape("\u0085"), "\uFFFD");
}

TEST(HtmlEscape, CharactersThatTurnTheDirectionAreReplaced) {
  EXPECT_EQ(escape("a\u202Eb\u2066c\u200Fd"), "a\uFFFDb\uFFFDc\uFFFDd");
}

TEST(HtmlEscape, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(escape("a\xff"
                   "b"),
            "a\uFFFDb");
  EXPECT_EQ(escape("\xc0\xbc"), "\uFFFD\uFFFD");                      // an overlong '<'
  EXPECT_EQ(escape("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(escape("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
  EXPECT_EQ(escape("\xe2\x82"), "\uFFFD\uFFFD");                      // cut off
}

TEST(HtmlEscape, ClipCutsBetweenCharactersAndSaysHowMuchIsMissing) {
  EXPECT_EQ(clip("abc", 3), "abc");
  EXPECT_EQ(clip("abcdef", 3), "abc\u2026 (3 more bytes)");
  EXPECT_EQ(clip("ab\u20ACd", 3), "ab\u2026 (4 more bytes)");
}

}  // namespace
}  // namespace nospan::reports::html_page
