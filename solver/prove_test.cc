// SPDX-License-Identifier: BSD-2-Clause
// Claims that must not be proved: each verdict but `proved` has a reason, and each reason a test.
#include "solver/prove.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "targets/toolchain/test_folder.h"

namespace nospan::solver {
namespace {

using reports::Verdict;
using testing::HasSubstr;

// Under x < 8 (hypothesis "small") and y < 100 (domain): x + y < 107.
Instance sound() {
  const Term x = free_word("x");
  const Term y = free_word("y");
  Instance instance;
  instance.claim = "sum";
  instance.target = "test";
  instance.hypotheses = {{"small", "x is below 8", "this test", less(x, word(8))},
                         {"idle", "z is 1", "this test", free_word("z") == word(1)}};
  instance.domain = {less(y, word(100))};
  instance.cases = {{"sum", {}, less(x + y, word(107)), {}}};
  instance.witnesses = {{x == word(7)}};
  instance.inputs = {{"x", x}, {"y", y}};
  instance.scenario = [](const Model& model) { return std::to_string(model.at("x")); };
  return instance;
}

ProveOptions options() {
  ProveOptions options;
  options.limits.time = std::chrono::seconds(20);
  return options;
}

TEST(Prove, ASoundClaimIsProvedAndSaysWhatItNeeds) {
  const ClaimResult result = prove(sound(), options());
  EXPECT_EQ(result.verdict, Verdict::kProved) << result.reason;
  EXPECT_TRUE(result.witness);
  EXPECT_EQ(result.core, std::vector<std::string>{"small"});
  ASSERT_EQ(result.drops.size(), 2u);
  EXPECT_EQ(result.drops[0].outcome, DropResult::Outcome::kNeeded);
  ASSERT_TRUE(result.drops[0].counterexample);
  EXPECT_GE(result.drops[0].counterexample->inputs.at("x"), 8u);
  EXPECT_EQ(result.drops[1].outcome, DropResult::Outcome::kRedundant);
}

TEST(Prove, OfTwoHypothesesThatReplaceEachOtherTheCoreKeepsOne) {
  Instance instance = sound();
  instance.hypotheses[1] = {"smaller", "x is below 4", "this test", less(free_word("x"), word(4))};
  instance.witnesses = {{free_word("x") == word(1)}};
  const ClaimResult result = prove(instance, options());
  ASSERT_EQ(result.drops.size(), 2u);
  EXPECT_EQ(result.drops[0].outcome, DropResult::Outcome::kRedundant);
  EXPECT_EQ(result.drops[1].outcome, DropResult::Outcome::kRedundant);
  EXPECT_EQ(result.core, std::vector<std::string>{"smaller"});
}

TEST(Prove, EachCaseIsAskedWithoutTheHypothesisThatItNeeds) {
  Instance instance = sound();
  instance.cases.insert(instance.cases.begin(), {"nothing", {}, less(free_word("y"), word(101)), {}});
  instance.cases.push_back({"idle", {}, free_word("z") != word(2), {}});
  const ClaimResult result = prove(instance, options());
  EXPECT_EQ(result.core, (std::vector<std::string>{"idle", "small"}));
}

TEST(Prove, AProvedClaimSaysWhichPageSizesItCovers) {
  Instance instance = sound();
  EXPECT_EQ(prove(instance, options()).page_shifts.size(), 23u) << "it is not about pages";
  const Term shift = free_word("page_shift");
  instance.inputs.push_back({"page_shift", shift});
  instance.domain.push_back(less_equal(word(16), shift));
  instance.hypotheses.push_back({"mask-fits-int", "", "", less(shift, word(32))});
  std::vector<unsigned> shifts = prove(instance, options()).page_shifts;
  ASSERT_EQ(shifts.size(), 16u);
  EXPECT_EQ(shifts.front(), 16u);
  EXPECT_EQ(shifts.back(), 31u);
  ProveOptions without = options();
  without.dropped = {"mask-fits-int"};
  EXPECT_EQ(prove(instance, without).page_shifts.back(), 34u);
  instance.cases.clear();
  EXPECT_TRUE(prove(instance, options()).page_shifts.empty()) << "what is not proved covers nothing";
}

TEST(Prove, AClaimWhoseHypothesesContradictIsVacuous) {
  Instance instance = sound();
  instance.hypotheses.push_back({"never", "", "", less(word(8), free_word("x"))});
  const ClaimResult result = prove(instance, options());
  EXPECT_EQ(result.verdict, Verdict::kVacuous);
  EXPECT_FALSE(result.witness);
}

TEST(Prove, AClaimWithoutCasesOrWithoutWitnessesIsVacuous) {
  Instance instance = sound();
  instance.cases.clear();
  EXPECT_EQ(prove(instance, options()).verdict, Verdict::kVacuous);
  instance = sound();
  instance.witnesses.clear();
  EXPECT_EQ(prove(instance, options()).verdict, Verdict::kVacuous);
}

TEST(Prove, OneWitnessIsEnough) {
  Instance instance = sound();
  instance.witnesses.insert(instance.witnesses.begin(), {free_word("x") == word(9)});
  EXPECT_EQ(prove(instance, options()).verdict, Verdict::kProved);
}

// What a hash of two numbers was made of: no solver finds that in seconds.
Term hard_to_find() {
  Term hash = free_word("a");
  for (int i = 0; i < 4; ++i) {
    hash = (hash ^ shift_right(hash, word(29))) * (shift_left(free_word("b"), word(1)) + word(1));
  }
  return (hash == word(0x0123456789abcdef)) & less(word(uint64_t{1} << 62), free_word("b"));
}

// A witness that is hard to find was waited for to the end, a minute for each claim about Linux' lists, though
// the next is found at once.
TEST(Prove, AWitnessThatIsHardToFindHoldsNothingUp) {
  Instance instance = sound();
  instance.witnesses.insert(instance.witnesses.begin(), {hard_to_find()});
  const ClaimResult result = prove(instance, options());
  EXPECT_EQ(result.verdict, Verdict::kProved) << result.reason;
  ASSERT_EQ(result.cases.size(), 3u);
  EXPECT_EQ(result.cases[1].answer, "unknown");
  EXPECT_THAT(result.cases[1].reason, HasSubstr("within 3000 ms"));
  EXPECT_EQ(result.cases[2].answer, "sat");
}

// It was called vacuous, as if it were known that there is none.
TEST(Prove, AWitnessThatIsNotFoundInTimeLeavesTheClaimUnknown) {
  Instance instance = sound();
  instance.witnesses = {{hard_to_find()}};
  ProveOptions hasty = options();
  hasty.limits.time = std::chrono::seconds(1);
  EXPECT_EQ(prove(instance, hasty).verdict, Verdict::kUnknown);
}

// A case that is hard without a hypothesis was waited for to the end, though the next has a counterexample.
TEST(Prove, TheDropTableDoesNotWaitForACaseThatIsHard) {
  Instance instance = sound();
  instance.cases.insert(instance.cases.begin(),
                        {"hard", {}, (!hard_to_find()) | less(free_word("x"), word(8)), {}});
  ProveOptions patient = options();
  patient.limits.time = std::chrono::hours(1);
  const ClaimResult result = prove(instance, patient);
  EXPECT_EQ(result.verdict, Verdict::kProved) << result.reason;
  ASSERT_EQ(result.drops.size(), 2u);
  EXPECT_EQ(result.drops[0].outcome, DropResult::Outcome::kNeeded);
  ASSERT_TRUE(result.drops[0].counterexample);
  EXPECT_EQ(result.drops[0].counterexample->in, "sum");
}

TEST(Prove, AFalseClaimIsNotProvedAndComesWithAModel) {
  Instance instance = sound();
  instance.cases[0].goal = less(free_word("x") + free_word("y"), word(106));
  const ClaimResult result = prove(instance, options());
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  ASSERT_TRUE(result.counterexample);
  EXPECT_EQ(result.counterexample->inputs.at("x"), 7u);
  EXPECT_EQ(result.counterexample->inputs.at("y"), 99u);
  EXPECT_EQ(result.counterexample->scenario, "7");
  EXPECT_TRUE(result.drops.empty());
}

TEST(Prove, PreferencesMakeACounterexampleSmall) {
  Instance instance = sound();
  instance.cases[0].goal = less(free_word("y"), word(50));
  instance.preferences = {free_word("y") == word(3), free_word("y") == word(50), free_word("x") == word(0)};
  const ClaimResult result = prove(instance, options());
  ASSERT_TRUE(result.counterexample);
  EXPECT_EQ(result.counterexample->inputs, (Model{{"x", 0}, {"y", 50}}));
}

// They are asked for together where they can be: that must not let a later one in before an earlier one.
TEST(Prove, EarlierPreferencesAreGrantedBeforeLaterOnes) {
  const Term x = free_word("x");
  const Term y = free_word("y");
  Instance instance = sound();
  instance.cases[0].goal = less(y, word(50));
  instance.preferences = {y == word(3),     less(word(59), y), x == word(5), less(y, word(60)),
                          less(x, word(5)), y == word(70),     y == word(60)};
  const ClaimResult result = prove(instance, options());
  ASSERT_TRUE(result.counterexample);
  EXPECT_EQ(result.counterexample->inputs, (Model{{"x", 5}, {"y", 70}}));
}

TEST(Prove, ADroppedHypothesisIsNotMade) {
  ProveOptions without = options();
  without.dropped = {"small"};
  const ClaimResult result = prove(sound(), without);
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_TRUE(result.counterexample);
  EXPECT_EQ(result.hypotheses.size(), 1u);
}

TEST(Prove, APathThatIsMissingIsNoProof) {
  Instance instance = sound();
  instance.incomplete = reports::Error{"", "the opcode invoke", "", Verdict::kError};
  EXPECT_EQ(prove(instance, options()).verdict, Verdict::kError);
  instance.incomplete = reports::Error{"", "the loop has more than 70 iterations", "", Verdict::kUnknown};
  EXPECT_EQ(prove(instance, options()).verdict, Verdict::kUnknown);
}

TEST(Prove, NoTimeIsNoProof) {
  ProveOptions hasty = options();
  hasty.limits.time = std::chrono::milliseconds(0);
  const ClaimResult result = prove(sound(), hasty);
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_THAT(result.reason, HasSubstr("no answer within"));
}

// x is 0 to 7, and the goal is wrong only for 7.
Instance split(uint64_t values) {
  Instance instance = sound();
  const Term x = free_word("x");
  instance.domain.push_back(less(x, word(8)));
  for (uint64_t i = 0; i < values; ++i) instance.cases[0].splits.push_back({x, word(i)});
  return instance;
}

TEST(Prove, PartsThatCoverTheDomainAreAProof) {
  const ClaimResult result = prove(split(8), options());
  EXPECT_EQ(result.verdict, Verdict::kProved) << result.reason;
}

// Nothing asked whether the parts were all: a claim that is wrong for a value that was left out was proved.
TEST(Prove, PartsThatLeaveSomethingOutAreNoProof) {
  Instance instance = split(7);
  instance.cases[0].goal = less(free_word("x"), word(7));
  instance.witnesses = {{free_word("x") == word(1)}};
  const ClaimResult result = prove(instance, options());
  EXPECT_EQ(result.verdict, Verdict::kError);
  EXPECT_THAT(result.reason, HasSubstr("leave out"));
}

TEST(Prove, AModelInOnePartIsAModel) {
  Instance instance = split(8);
  instance.cases[0].goal = free_word("x") != word(5);
  const ClaimResult result = prove(instance, options());
  ASSERT_TRUE(result.counterexample);
  EXPECT_EQ(result.counterexample->inputs.at("x"), 5u);
}

TEST(Prove, KeptAnswersAreTheSameAnswers) {
  toolchain::TestFolder folder;
  ProveOptions keeping = options();
  keeping.cache = folder.path();
  const ClaimResult first = prove(sound(), keeping);
  const ClaimResult second = prove(sound(), keeping);
  EXPECT_EQ(second.verdict, Verdict::kProved);
  ASSERT_FALSE(second.cases.empty());
  for (const CaseResult& entry : first.cases) EXPECT_FALSE(entry.kept);
  for (const CaseResult& entry : second.cases) EXPECT_TRUE(entry.kept);
  EXPECT_EQ(second.core, first.core);
}

TEST(Prove, ACorruptedCacheProvesNothing) {
  toolchain::TestFolder folder;
  ProveOptions keeping = options();
  keeping.cache = folder.path();
  Instance wrong = sound();
  wrong.cases[0].goal = less(free_word("x") + free_word("y"), word(106));
  prove(wrong, keeping);
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (!file.is_regular_file()) continue;
    std::string text = toolchain::read_text(file.path());
    const std::size_t at = text.find("\"sat\"");
    if (at != std::string::npos) toolchain::write_text(file.path(), text.replace(at, 5, "\"unsat\""));
  }
  const ClaimResult result = prove(wrong, keeping);
  EXPECT_NE(result.verdict, Verdict::kProved);
  EXPECT_TRUE(result.counterexample);
}

ClaimResult proved(const std::string& id, std::vector<std::string> rests_on,
                   const std::string& target = "test") {
  ClaimResult result;
  result.id = id;
  result.target = target;
  result.verdict = Verdict::kProved;
  result.rests_on = std::move(rests_on);
  return result;
}

TEST(CloseChains, AHoleGoesUpTheChain) {
  std::vector<ClaimResult> results = {proved("top", {"middle"}), proved("middle", {"bottom"}),
                                      proved("bottom", {}), proved("beside", {})};
  close_chains(results);
  for (const ClaimResult& result : results) EXPECT_EQ(result.verdict, Verdict::kProved) << result.id;
  results[2].verdict = Verdict::kUnknown;
  close_chains(results);
  EXPECT_EQ(results[0].verdict, Verdict::kUnknown);
  EXPECT_THAT(results[0].reason, HasSubstr("middle"));
  EXPECT_EQ(results[1].verdict, Verdict::kUnknown);
  EXPECT_EQ(results[3].verdict, Verdict::kProved);
}

TEST(CloseChains, WhatWasNotDecidedOrIsAboutAnotherTargetDoesNotCount) {
  std::vector<ClaimResult> results = {proved("top", {"contract"}), proved("contract", {}, "another target")};
  close_chains(results);
  EXPECT_EQ(results[0].verdict, Verdict::kUnknown);
  results = {proved("top", {"lemma"}), proved("lemma", {}, "")};
  close_chains(results);
  EXPECT_EQ(results[0].verdict, Verdict::kProved);
}

// Two claims that rest on each other prove nothing.
TEST(CloseChains, ACircleIsAHole) {
  std::vector<ClaimResult> results = {proved("chicken", {"egg"}), proved("egg", {"chicken"}),
                                      proved("top", {"egg"})};
  close_chains(results);
  for (const ClaimResult& result : results) EXPECT_EQ(result.verdict, Verdict::kUnknown) << result.id;
}

}  // namespace
}  // namespace nospan::solver
