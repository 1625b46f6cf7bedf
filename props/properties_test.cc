// SPDX-License-Identifier: BSD-2-Clause
// Each invariant as a RapidCheck property of the builtin mapper, by name: `ctest -R Property`. Set RC_PARAMS
// (RapidCheck's own variable) for more cases, another seed, or to reproduce one.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/invariants.h"
#include "props/executor.h"
#include "props/scenario_gen.h"
#include "targets/builtin/builtin.h"

namespace nospan::model {

// For GoogleTest, which prints parameters along with the names of tests.
static void PrintTo(Invariant invariant, std::ostream* stream) { *stream << rule(invariant).id; }

}  // namespace nospan::model

namespace nospan::props {
namespace {

class PropertyTest : public ::testing::TestWithParam<model::Invariant> {};

TEST_P(PropertyTest, HoldsForBuiltin) {
  const model::Invariant invariant = GetParam();
  Executor executor(*nospan_builtin_target(), [](std::uint32_t, const char* text) {
    ADD_FAILURE() << text;
    std::abort();
  });
  for (const unsigned system_page : {12u, 16u}) {
    const bool holds = rc::check([&] {
      const Scenario scenario = *scenario_gen({Assumption::kMission, {system_page}});
      Progress progress;
      const Outcome outcome = executor.run(scenario, GuardSet{}, progress);
      for (const model::Violation& violation : outcome.violations) {
        if (violation.invariant == invariant) RC_FAIL(violation.expected + "; " + violation.actual);
      }
    });
    EXPECT_TRUE(holds);
  }
}

std::string name_of(const ::testing::TestParamInfo<model::Invariant>& info) {
  std::string name(model::rule(info.param).id);
  name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
  return name;
}

INSTANTIATE_TEST_SUITE_P(Property, PropertyTest,
                         ::testing::Values(model::Invariant::kSafe1, model::Invariant::kIso1,
                                           model::Invariant::kOwn1, model::Invariant::kRange1,
                                           model::Invariant::kRange2, model::Invariant::kXlat1,
                                           model::Invariant::kXlat2, model::Invariant::kPerm1,
                                           model::Invariant::kAlign1, model::Invariant::kFail1,
                                           model::Invariant::kFree1, model::Invariant::kCap1),
                         name_of);

TEST(Property, IsolationNeedsItsHypothesis) {
  Executor executor(*nospan_builtin_target(), [](std::uint32_t, const char*) { std::abort(); });
  ScenarioGenerator generator({Assumption::kNone, {16}});
  bool violated = false;
  Scenario scenario;
  for (std::uint64_t seed = 0; seed < 2000 && !violated; ++seed) {
    generator.generate(seed, 50, scenario);
    Progress progress;
    for (const model::Violation& violation : executor.run(scenario, GuardSet{}, progress).violations) {
      violated = violated || violation.invariant == model::Invariant::kIso1;
    }
  }
  EXPECT_TRUE(violated);
}

TEST(ScenarioGen, ShrinksTowardsValidSmallerScenarios) {
  const rc::Shrinkable<Scenario> shrinkable =
      scenario_gen({Assumption::kMission, {16}})(rc::Random(3), kGreatestSize);
  auto shrinks = shrinkable.shrinks();
  int seen = 0;
  while (auto next = shrinks.next()) {
    ASSERT_TRUE(validate(next->value()));
    if (++seen == 50) break;
  }
  EXPECT_EQ(seen, 50);
}

}  // namespace
}  // namespace nospan::props
