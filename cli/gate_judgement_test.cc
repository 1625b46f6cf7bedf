// SPDX-License-Identifier: BSD-2-Clause
#include "cli/gate_judgement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nospan::cli {
namespace {

using reports::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

reports::ClaimOutcome claim(const std::string& id, Verdict verdict, unsigned page_shift = 16) {
  reports::ClaimOutcome outcome;
  outcome.id = id;
  outcome.page_shift = page_shift;
  outcome.verdict = verdict;
  return outcome;
}

reports::TargetCheck check(unsigned page_shift = 16) {
  reports::TargetCheck result;
  result.page_shift = page_shift;
  result.verdict = Verdict::kHolds;
  result.coverage_judgeable = true;
  result.coverage = {{"many VMs", 0.5, 0.1}};
  result.guards_in_force = {"known"};
  return result;
}

reports::Finding finding(const std::string& id) {
  reports::Finding result;
  result.id = id;
  return result;
}

TreeRecord record() {
  TreeRecord result;
  result.checks = {check(12), check(16)};
  result.claims = {claim("exact/a", Verdict::kProved), claim("safe/b", Verdict::kUnknown)};
  return result;
}

TEST(Judgement, NothingNewHolds) {
  const auto judgement = judge(record(), record(), {});
  EXPECT_EQ(judgement.verdict, Verdict::kHolds);
  EXPECT_EQ(judgement.summary, "nothing new");
}

// Many claims are not decided: that is said, and is no loss.
TEST(Judgement, WhatWasNotDecidedBeforeIsNoLoss) {
  TreeRecord after = record();
  after.claims[1].verdict = Verdict::kError;
  EXPECT_EQ(judge(record(), after, {}).verdict, Verdict::kHolds);
  EXPECT_EQ(undecided_claims(record()), 1u);
  EXPECT_EQ(proved_claims(record()), 1u);
}

TEST(Judgement, ALostClaimWeighsWhatBecameOfIt) {
  for (const auto& [now, verdict] : {std::pair{Verdict::kUnknown, Verdict::kUnknown},
                                     {Verdict::kVacuous, Verdict::kVacuous},
                                     {Verdict::kDisagree, Verdict::kDisagree},
                                     {Verdict::kRefuted, Verdict::kRefuted},
                                     {Verdict::kError, Verdict::kUnknown}}) {
    TreeRecord after = record();
    after.claims[0].verdict = now;
    const auto judgement = judge(record(), after, {});
    EXPECT_EQ(judgement.verdict, verdict) << name(now);
    ASSERT_EQ(judgement.lost_claims.size(), 1u);
    EXPECT_THAT(judgement.lost_claims[0], HasSubstr("exact/a, 64K pages"));
  }
}

TEST(Judgement, AClaimThatIsNotMadeAnyMoreIsLost) {
  TreeRecord after = record();
  after.claims.erase(after.claims.begin());
  const auto judgement = judge(record(), after, {});
  EXPECT_EQ(judgement.verdict, Verdict::kUnknown);
  EXPECT_THAT(judgement.lost_claims, ElementsAre(HasSubstr("not made any more")));
}

// The same claim about another page size is another claim.
TEST(Judgement, ClaimsAreAboutOnePageSize) {
  TreeRecord after = record();
  after.claims[0].page_shift = 12;
  EXPECT_EQ(judge(record(), after, {}).lost_claims.size(), 1u);
}

TEST(Judgement, OnlyNewFindingsCount) {
  TreeRecord after = record();
  after.checks[1].verdict = Verdict::kRefuted;
  after.checks[1].finding = finding("0123");
  EXPECT_EQ(judge(record(), after, {"0123"}).verdict, Verdict::kHolds);
  const auto judgement = judge(record(), after, {});
  EXPECT_EQ(judgement.verdict, Verdict::kRefuted);
  EXPECT_THAT(judgement.new_findings, ElementsAre("0123"));
  EXPECT_EQ(judgement.summary, "1 new finding");
}

TEST(Judgement, ARefutedClaimsFindingIsNewUnlessItWasRefutedBefore) {
  TreeRecord after = record();
  after.claims[1].verdict = Verdict::kRefuted;
  after.claims[1].finding = finding("4567");
  EXPECT_EQ(judge(record(), after, {}).verdict, Verdict::kRefuted);
  TreeRecord before = record();
  before.claims[1].verdict = Verdict::kRefuted;
  EXPECT_EQ(judge(before, after, {}).verdict, Verdict::kHolds);
}

TEST(Judgement, NewAssumptionsAreNotAccepted) {
  TreeRecord after = record();
  after.claims[0].assumptions = {{"pool-lock", "nobody else changes the pool", ""}};
  const auto judgement = judge(record(), after, {});
  EXPECT_EQ(judgement.verdict, Verdict::kUnknown);
  EXPECT_THAT(judgement.new_assumptions, ElementsAre("pool-lock: nobody else changes the pool"));
}

TEST(Judgement, CoverageThatFellIsVacuous) {
  TreeRecord after = record();
  after.checks[0].coverage[0].share = 0.01;
  const auto judgement = judge(record(), after, {});
  EXPECT_EQ(judgement.verdict, Verdict::kVacuous);
  EXPECT_THAT(judgement.fallen_coverage, ElementsAre("many VMs, 4K pages"));
  EXPECT_EQ(judge(after, after, {}).verdict, Verdict::kHolds);
  after.checks[0].coverage_judgeable = false;
  EXPECT_EQ(judge(record(), after, {}).verdict, Verdict::kHolds);
}

TEST(Judgement, WhatThePatchFixesIsSaid) {
  TreeRecord before = record();
  before.corpus_failing = {"ALIGN-1-0.json, 64K pages"};
  TreeRecord after = record();
  after.checks[1].guards_in_force.clear();
  after.claims[1].verdict = Verdict::kProved;
  const auto judgement = judge(before, after, {});
  EXPECT_EQ(judgement.verdict, Verdict::kHolds);
  EXPECT_THAT(judgement.fixed_findings, ElementsAre("known, 64K pages", "ALIGN-1-0.json, 64K pages"));
  EXPECT_THAT(judgement.gained_claims, ElementsAre("safe/b, 64K pages"));
}

TEST(Judgement, ARunCutShortIsUnknown) {
  TreeRecord after = record();
  after.cut_short = true;
  EXPECT_EQ(judge(record(), after, {}).verdict, Verdict::kUnknown);
}

}  // namespace
}  // namespace nospan::cli
