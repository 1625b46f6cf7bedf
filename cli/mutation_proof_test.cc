// SPDX-License-Identifier: BSD-2-Clause
#include "cli/mutation_proof.h"

#include <gtest/gtest.h>

namespace nospan::cli {
namespace {

using solver::Subject;

TEST(GroupAbout, IsTheRegistrys) {
  EXPECT_EQ(group_about(Subject::kKernel, "iommu_range_alloc"), "range_alloc");
  EXPECT_EQ(group_about(Subject::kBuiltin, "nospan::builtin::EntrySpace::translate"), "builtin-search");
  EXPECT_EQ(group_about(Subject::kBuiltin, "iommu_range_alloc"), "") << "a function of another program";
  EXPECT_EQ(group_about(Subject::kKernel, "nobody_claims_anything"), "");
}

// Twins say of few elements what others say of any number, and some groups take minutes.
TEST(GroupAbout, IsDecidedSoon) {
  for (const std::string_view function : {"ppc_iommu_map_sg", "iommu_map_page"}) {
    const solver::ClaimGroup* group =
        solver::claim_group(group_about(Subject::kKernel, function), Subject::kKernel);
    ASSERT_NE(group, nullptr) << function;
    EXPECT_FALSE(group->is_twin || group->takes_minutes) << function;
  }
}

TEST(GroupAbout, IsThatOfTheFunctionWithWhichTheCodeIsExecuted) {
  EXPECT_EQ(group_about(Subject::kKernel, "iommu_alloc"), group_about(Subject::kKernel, "iommu_map_page"));
  EXPECT_EQ(group_about(Subject::kBuiltin, "nospan::builtin::Mapper::map_list_once"), "builtin-map_list");
  EXPECT_EQ(group_about(Subject::kBuiltin, "nospan::builtin::Mapper::warn"), "") << "nothing is claimed of it";
}

}  // namespace
}  // namespace nospan::cli
