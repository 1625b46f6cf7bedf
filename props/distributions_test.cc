// SPDX-License-Identifier: BSD-2-Clause
#include "props/distributions.h"

#include <gtest/gtest.h>

namespace nospan::props {
namespace {

const reports::Distribution& named(const std::vector<reports::Distribution>& list, std::string_view name) {
  for (const reports::Distribution& distribution : list) {
    if (distribution.name == name) return distribution;
  }
  static const reports::Distribution kNone;
  ADD_FAILURE() << "no distribution " << name;
  return kNone;
}

Scenario scenario(std::uint64_t offset, std::uint64_t size) {
  Scenario scenario;
  scenario.configuration.window.page.value = 16;
  scenario.configuration.window.entries = 1000;
  Command command;
  command.kind = CommandKind::kMapPage;
  command.address = 0x30000;
  command.offset = offset;
  command.size = size;
  scenario.commands.push_back(command);
  return scenario;
}

TEST(Distributions, CountScenariosAndCommands) {
  Distributions distributions;
  distributions.count(scenario(0, 1));
  distributions.count(scenario(5, 0x1000));
  const auto data = distributions_data(distributions);
  const auto& shifts = named(data, "IOMMU page shift");
  ASSERT_EQ(shifts.buckets.size(), 1u);
  EXPECT_EQ(shifts.buckets[0].name, "16");
  EXPECT_EQ(shifts.buckets[0].value, 2u);
  const auto& offsets = named(data, "offset in the IOMMU page, from");
  ASSERT_EQ(offsets.buckets.size(), 4u);  // 0, 1, 2, 4: those between are shown, empty or not
  EXPECT_EQ(offsets.buckets[0].value, 1u);
  EXPECT_EQ(offsets.buckets[1].value, 0u);
  EXPECT_EQ(offsets.buckets[3].name, "4");
  EXPECT_EQ(offsets.buckets[3].value, 1u);
  EXPECT_EQ(named(data, "size of a request, from").buckets.back().name, "4K");
  EXPECT_EQ(named(data, "table entries, from").buckets[0].name, "512");
  EXPECT_EQ(named(data, "commands").buckets[0].name, "map_page");
}

TEST(Distributions, ThoseOfWorkersAddUp) {
  Distributions all;
  Distributions part;
  part.count(scenario(1, 1));
  all.add(part);
  all.add(part);
  EXPECT_EQ(named(distributions_data(all), "commands").buckets[0].value, 2u);
}

TEST(Distributions, NothingGeneratedIsNoBucket) {
  for (const reports::Distribution& distribution : distributions_data({})) {
    EXPECT_TRUE(distribution.buckets.empty()) << distribution.name;
  }
}

}  // namespace
}  // namespace nospan::props
