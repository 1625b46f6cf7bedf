// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario_generator.h"

#include <gtest/gtest.h>

#include <set>

#include "props/coverage.h"
#include "props/scenario_file.h"

namespace nospan::props {

static std::string name_of(Assumption assumption) {
  switch (assumption) {
    case Assumption::kMission: return "Mission";
    case Assumption::kGranule: return "Granule";
    case Assumption::kBlocks: return "Blocks";
    case Assumption::kNone: return "None";
  }
  return "";
}

// For GoogleTest, which prints parameters along with the names of tests.
static void PrintTo(Assumption assumption, std::ostream* stream) { *stream << name_of(assumption); }

namespace {

class GeneratorTest : public ::testing::TestWithParam<std::tuple<Assumption, unsigned>> {
 protected:
  GeneratorOptions options() const { return {std::get<0>(GetParam()), {std::get<1>(GetParam())}}; }
};

TEST_P(GeneratorTest, ScenariosAreValid) {
  ScenarioGenerator generator(options());
  Scenario scenario;
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    generator.generate(seed, static_cast<int>(seed % 101), scenario);
    const auto valid = validate(scenario);
    ASSERT_TRUE(valid) << "seed " << seed << ": " << valid.error().line() << "\n" << to_json(scenario);
  }
}

TEST_P(GeneratorTest, EveryClassIsCovered) {
  ScenarioGenerator generator(options());
  Scenario scenario;
  Coverage coverage;
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    generator.generate(seed, static_cast<int>(seed % 101), scenario);
    coverage.count(scenario);
  }
  const CoverageRule* missing = coverage.insufficient();
  EXPECT_EQ(missing, nullptr) << missing->name << ": " << coverage.share(missing->what);
}

TEST_P(GeneratorTest, KeepsItsAssumption) {
  ScenarioGenerator generator(options());
  Scenario scenario;
  bool granule = true;
  bool blocks = true;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    generator.generate(seed, 5, scenario);
    granule = granule && granule_holds_iommu_page(scenario.configuration);
    blocks = blocks && blocks_are_aligned(scenario.configuration);
  }
  EXPECT_EQ(granule, options().assumption == Assumption::kGranule);
  EXPECT_EQ(blocks, options().assumption != Assumption::kNone);
}

// An unmap call without a table undoes nothing; the generator took its mapping for undone and gave the number
// to a map command, which then did nothing.
TEST_P(GeneratorTest, NoMapCommandNamesALiveMapping) {
  ScenarioGenerator generator(options());
  Scenario scenario;
  std::size_t without_table = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    generator.generate(seed, 100, scenario);
    std::set<std::uint32_t> live;
    for (const Command& command : scenario.commands) {
      const bool maps = command.kind == CommandKind::kMapPage || command.kind == CommandKind::kMapSg ||
                        command.kind == CommandKind::kAllocCoherent;
      const bool unmaps = command.kind == CommandKind::kUnmapPage || command.kind == CommandKind::kUnmapSg ||
                          command.kind == CommandKind::kFreeCoherent;
      if (unmaps && command.no_table) ++without_table;
      if (command.no_table) continue;
      if (maps) {
        ASSERT_TRUE(live.insert(command.mapping).second) << "seed " << seed << ", mapping " << command.mapping;
      } else if (unmaps) {
        ASSERT_EQ(live.erase(command.mapping), 1u) << "seed " << seed << ", mapping " << command.mapping;
      }
    }
  }
  EXPECT_GT(without_table, 0u);
}

TEST_P(GeneratorTest, TheSameSeedGivesTheSameScenario) {
  // A generator keeps buffers: they must not reach into the next scenario.
  ScenarioGenerator used(options());
  Scenario a;
  for (std::uint64_t seed = 0; seed < 100; ++seed) used.generate(seed, 100, a);
  Scenario b;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    used.generate(seed, 50, a);
    ScenarioGenerator fresh(options());
    fresh.generate(seed, 50, b);
    ASSERT_TRUE(same_scenario(a, b)) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Assumptions, GeneratorTest,
                         ::testing::Combine(::testing::Values(Assumption::kMission, Assumption::kGranule,
                                                              Assumption::kBlocks, Assumption::kNone),
                                            ::testing::Values(12u, 16u)),
                         [](const auto& tested) {
                           return name_of(std::get<0>(tested.param)) +
                                  std::to_string(std::get<1>(tested.param));
                         });

}  // namespace
}  // namespace nospan::props
