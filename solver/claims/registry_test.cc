// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/registry.h"

#include <gtest/gtest.h>

namespace nospan::solver {
namespace {

TEST(ClaimGroups, AreToldApartByNameAndSubject) {
  std::set<std::pair<std::string, Subject>> seen;
  for (const ClaimGroup& group : claim_groups()) {
    EXPECT_TRUE(seen.emplace(group.name, group.subject).second) << group.name;
    EXPECT_EQ(claim_group(group.name, group.subject), &group);
  }
  EXPECT_EQ(claim_group("no such group", Subject::kKernel), nullptr);
}

// A run that asks for one claim executed all the code there is, to see which claims that makes.
TEST(ClaimGroups, ThatAreAboutOtherFunctionsAreNotExecuted) {
  const ClaimGroup group{"sample", Subject::kKernel, nullptr, {"f", "Mapper::g"}};
  EXPECT_TRUE(group.may_make({"exact/f"}));
  EXPECT_TRUE(group.may_make({"exact/h", "safe/Mapper::g"}));
  EXPECT_FALSE(group.may_make({"exact/h", "exact/f-bounded", "f/h"}));
  EXPECT_TRUE(group.may_make({"exact"})) << "a claim about any function";
  EXPECT_TRUE(group.may_make({})) << "all claims";
}

TEST(ClaimGroups, WhoseFunctionsTheCodeNamesMayMakeAnything) {
  const ClaimGroup group{"sample", Subject::kPlatform, nullptr, {}};
  EXPECT_TRUE(group.may_make({"tce/whatever_the_tree_calls_it"}));
  EXPECT_TRUE(group.is_about("tce/whatever_the_tree_calls_it"));
}

}  // namespace
}  // namespace nospan::solver
