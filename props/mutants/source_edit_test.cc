// SPDX-License-Identifier: BSD-2-Clause
#include "props/mutants/source_edit.h"

#include <gmock/gmock.h>

namespace nospan::props {
namespace {

using testing::HasSubstr;

constexpr std::string_view kText = R"(
int other(int a) { return half(a) + 1; }  // half() { return a + 1; }
int half(int a);
/* half(x) { } */
int half(int a)
{
	const char *brace = "}";
	char other = '{';
	if (a > 1'000) { a = a +
		1; }
	return a;
}
int more(int a) { return a > 1000; }
#define TWICE(x)  \
	((x) +    \
	 (x))
int Class::method(int a) const { return a - 1; }
)";

SourceEdit edit(std::string_view function, std::string_view pattern, std::string_view replacement) {
  return {"file.c", function, pattern, replacement};
}

TEST(SourceEdit, ChangesTheDefinitionOnly) {
  const auto text = apply_edit(kText, edit("half", R"(a \+ 1)", "a - 1"));
  ASSERT_TRUE(text) << text.error().line();
  EXPECT_THAT(*text, HasSubstr("{ a = a - 1; }"));
  EXPECT_THAT(*text, HasSubstr("half(a) + 1; }  // half() { return a + 1; }\n"));
  EXPECT_THAT(*text, HasSubstr("return a > 1000;"));
}

TEST(SourceEdit, ReplacementMayUseTheMatch) {
  const auto text = apply_edit(kText, edit("half", R"((return) a)", "$1 2 * a"));
  ASSERT_TRUE(text) << text.error().line();
  EXPECT_THAT(*text, HasSubstr("return 2 * a;\n}"));
}

TEST(SourceEdit, ChangesMacros) {
  const auto text = apply_edit(kText, edit("TWICE", R"(\+)", "-"));
  ASSERT_TRUE(text) << text.error().line();
  EXPECT_THAT(*text, HasSubstr("((x) -    \\\n"));
}

TEST(SourceEdit, ChangesMethods) {
  const auto text = apply_edit(kText, edit("method", "a - 1", "a"));
  ASSERT_TRUE(text) << text.error().line();
  EXPECT_THAT(*text, HasSubstr("const { return a; }"));
}

TEST(SourceEdit, SaysThatTheFunctionIsGone) {
  const auto text = apply_edit(kText, edit("third", "a", "b"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().line(),
            "file.c, third: has 0 definitions instead of one; the source has changed: adapt the mutant "
            "(docs/mutants.md)");
}

TEST(SourceEdit, SaysThatThereAreTwoFunctions) {
  const auto text = apply_edit("int f() { }\nint f(int) { }", edit("f", "f", "g"));
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().what, HasSubstr("has 2 definitions"));
}

TEST(SourceEdit, SaysThatThePatternIsGone) {
  const auto text = apply_edit(kText, edit("half", R"(a \+ 2)", "a"));
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().what, HasSubstr("matches 0 times instead of once"));
}

TEST(SourceEdit, SaysThatThePatternIsAmbiguous) {
  const auto text = apply_edit(kText, edit("half", "a", "b"));
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().what, HasSubstr("times instead of once"));
}

TEST(SourceEdit, SurvivesTextsThatEndTooSoon) {
  for (std::size_t length = 0; length < kText.size(); ++length) {
    const std::string_view part = kText.substr(0, length);
    (void)apply_edit(part, edit("half", "return", "goto"));
  }
}

}  // namespace
}  // namespace nospan::props
