// SPDX-License-Identifier: BSD-2-Clause
// What a campaign has generated, as histograms: how sizes, page sizes and commands were spread. Counted for
// every scenario, so it is a handful of additions. Values only, without pointers: workers share them.
#ifndef NOSPAN_PROPS_DISTRIBUTIONS_H
#define NOSPAN_PROPS_DISTRIBUTIONS_H

#include <array>
#include <cstdint>
#include <vector>

#include "props/scenario.h"
#include "reports/result.h"

namespace nospan::props {

struct Distributions {
  // By the number of bits that a value needs: 0; 1; 2 and 3; 4 to 7; ...
  using ByBits = std::array<std::uint64_t, 65>;

  std::array<std::uint64_t, 64> iommu_page_shifts{};   // of scenarios
  std::array<std::uint64_t, 64> system_page_shifts{};  // of scenarios
  ByBits table_entries{};                              // of scenarios
  std::array<std::uint64_t, kCommandKindCount> commands{};
  ByBits offsets{};  // of map_page: in the IOMMU page
  ByBits sizes{};    // of map_page and alloc_coherent, bytes

  void count(const Scenario& scenario);
  void add(const Distributions& other);
};

// For reports: buckets in the order of their values, without the empty ones at either end.
std::vector<reports::Distribution> distributions_data(const Distributions& distributions);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_DISTRIBUTIONS_H
