// SPDX-License-Identifier: BSD-2-Clause
// The examples of what comes of a broken contract show nothing where none is broken.
#include "solver/claims/contract_examples.h"

#include <gtest/gtest.h>

#include <utility>

#include "cli/replayer.h"
#include "cli/target_selection.h"
#include "props/explanation.h"

namespace nospan::cli {
namespace {

class ContractExamples : public testing::TestWithParam<unsigned> {};

// Or a contract that nospan misunderstands would be called refuted because of them.
TEST_P(ContractExamples, UnmodifiedKernelsHoldOnThem) {
  TargetSelection linux_only;
  linux_only.targets = {"linux"};
  linux_only.page_shift = std::to_string(GetParam());
  const auto targets = select_targets(linux_only, [](const std::string&) {});
  ASSERT_TRUE(targets) << targets.error().line();
  ASSERT_FALSE(targets->empty());
  Replayer replayer(*targets, "");
  std::vector<std::string> examples = solver::allocation_examples(GetParam());
  for (std::string& example : solver::list_examples(GetParam())) examples.push_back(std::move(example));
  for (const SelectedTarget& target : *targets) {
    for (const std::string& example : examples) {
      const auto seen = replayer.replay_example(target.label(), example);
      ASSERT_TRUE(seen) << seen.error().line();
      EXPECT_FALSE(*seen) << target.label() << ": "
                          << props::explain(std::vector<std::string>{}, (*seen)->scenario, (*seen)->outcome);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SystemPages, ContractExamples, testing::Values(12, 16));

}  // namespace
}  // namespace nospan::cli
