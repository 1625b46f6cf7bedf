// SPDX-License-Identifier: BSD-2-Clause
#include "solver/query.h"

#include <gtest/gtest.h>

#include "solver/decide.h"

namespace nospan::solver {
namespace {

Query small_query() {
  const Term x = free_word("x");
  Query query;
  query.hypotheses = {{"lower", less(word(4), x)}, {"unneeded", less(free_word("y"), word(9))}};
  query.given = {less(x, word(3))};
  query.observed = {{"x", x}};
  return query;
}

TEST(Query, TheSameQuestionIsTheSameText) { EXPECT_EQ(smtlib(small_query()), smtlib(small_query())); }

// The numbers that Z3 gave to terms were in the text of a question: it was another one, and its answer not
// found, if other terms had been made before.
TEST(Query, TheTextDoesNotDependOnWhatWasMadeBefore) {
  const auto question = [] {
    const Term shared = free_word("x") ^ free_word("a $x1");
    Query query;
    query.given = {less(shared, shared + word(3)), less(word(9), shared ^ (shared + word(5)))};
    return smtlib(query);
  };
  const std::string text = question();
  EXPECT_NE(text.find("?x0"), std::string::npos) << "nothing is shared: this shows nothing\n" << text;
  std::vector<Term> others;
  for (uint64_t i = 0; i < 50; ++i) others.push_back(free_word("x") ^ word(i));
  EXPECT_EQ(question(), text);
}

TEST(Query, NamesWithSignsOfTheLanguageComeThrough) {
  Query query;
  for (const char* name : {"slot#1", "a b", "is?x1", "a $x2"}) {
    query.given.push_back(free_word(name) == word(query.given.size()));
    query.observed.push_back({name, free_word(name)});
  }
  const std::string text = smtlib(query);
  for (const Answer& answer : {decide_with_z3(text, {}), decide_with_cvc5(text, {})}) {
    ASSERT_EQ(answer.kind, Answer::Kind::kSatisfiable) << answer.reason << "\n" << text;
  }
  const Answer answer = decide_with_z3(text, {});
  for (std::size_t i = 0; i < query.observed.size(); ++i) {
    EXPECT_EQ(answer.values.at(query.observed[i].name), i) << query.observed[i].name;
  }
}

TEST(Query, HypothesesAreAsserted) {
  const Answer answer = decide_with_z3(smtlib(small_query()), {});
  EXPECT_EQ(answer.kind, Answer::Kind::kUnsatisfiable) << answer.reason;
  Query without = small_query();
  without.hypotheses.clear();
  EXPECT_EQ(decide_with_z3(smtlib(without), {}).kind, Answer::Kind::kSatisfiable);
}

TEST(Query, ValuesComeBackByTheirNames) {
  Query query = small_query();
  query.given = {free_word("x") == word(0xfedcba9876543210), Term::free_boolean("flag")};
  query.observed.push_back({"flag", Term::free_boolean("flag")});
  query.observed.push_back({"constant", Term::bits(5, 21)});
  query.observed.push_back({"sum", free_word("x") + word(1)});
  const Answer answer = decide_with_z3(smtlib(query), {});
  ASSERT_EQ(answer.kind, Answer::Kind::kSatisfiable) << answer.reason;
  EXPECT_EQ(answer.values.at("x"), 0xfedcba9876543210);
  EXPECT_EQ(answer.values.at("flag"), 1u);
  EXPECT_EQ(answer.values.at("constant"), 21u);
  EXPECT_EQ(answer.values.at("sum"), 0xfedcba9876543211);
}

TEST(Query, MapsAndFunctionsAreDeclared) {
  const Term map = Term::free_map("a map");
  Query query;
  query.given = {select(store(map, word(1), word(2)), word(1)) != word(2),
                 Term::apply("owner", 8, word(3)) == Term::bits(8, 1)};
  EXPECT_EQ(decide_with_z3(smtlib(query), {}).kind, Answer::Kind::kUnsatisfiable);
}

TEST(QueryDeath, TwoSortsUnderOneNameEndTheProcess) {
  Query query;
  query.given = {Term::free_bits(8, "n") == Term::bits(8, 1), free_word("n") == word(1)};
  EXPECT_DEATH(static_cast<void>(smtlib(query)), "different sorts are called n");
}

}  // namespace
}  // namespace nospan::solver
