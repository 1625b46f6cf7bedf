// SPDX-License-Identifier: BSD-2-Clause
#include "cli/twins_wanted.h"

#include <gmock/gmock.h>

namespace nospan::cli {
namespace {

using reports::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

solver::ClaimResult result(const std::string& id, const std::string& target, Verdict verdict,
                           const std::string& twin) {
  solver::ClaimResult claim;
  claim.id = id;
  claim.target = target;
  claim.verdict = verdict;
  claim.replayed_by = twin;
  return claim;
}

const std::set<std::string> kBoth = {"4K", "64K"};

TEST(TwinsWanted, NoneWhereAllIsProved) {
  const auto wanted = twins_wanted({result("safe/f", "4K", Verdict::kProved, "safe/f-bounded")}, {}, kBoth);
  EXPECT_THAT(wanted.ids, IsEmpty());
  EXPECT_THAT(wanted.targets, IsEmpty());
}

TEST(TwinsWanted, OfWhatIsNotProvedAboutThatTarget) {
  const std::vector<solver::ClaimResult> results = {
      result("safe/f", "4K", Verdict::kProved, "safe/f-bounded"),
      result("safe/f", "64K", Verdict::kUnknown, "safe/f-bounded"),
      result("exact/f", "64K", Verdict::kUnknown, ""),
  };
  const auto wanted = twins_wanted(results, {}, kBoth);
  EXPECT_THAT(wanted.ids, ElementsAre("safe/f-bounded"));
  EXPECT_THAT(wanted.targets, ElementsAre("64K"));
  EXPECT_THAT(twins_wanted(results, {}, {"4K"}).targets, IsEmpty()) << "a target without twins";
}

TEST(TwinsWanted, WhatWasAskedForByAnIdThatNobodyElseHas) {
  const std::vector<solver::ClaimResult> results = {result("safe/f", "4K", Verdict::kProved, "safe/f-bounded")};
  const auto wanted = twins_wanted(results, {"safe", "safe/f", "handle/f-bounded"}, kBoth);
  EXPECT_THAT(wanted.ids, ElementsAre("handle/f-bounded"));
  EXPECT_THAT(wanted.targets, ElementsAre("4K", "64K"));
}

}  // namespace
}  // namespace nospan::cli
