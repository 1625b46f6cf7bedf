// SPDX-License-Identifier: BSD-2-Clause
// What a campaign has covered: classes of scenarios, their shares, and the least share that each must have.
#ifndef NOSPAN_PROPS_COVERAGE_H
#define NOSPAN_PROPS_COVERAGE_H

#include <array>
#include <cstdint>
#include <string_view>

#include "props/distributions.h"
#include "props/scenario.h"

namespace nospan::props {

// A class of scenarios that a generator must reach. A scenario may belong to many.
enum class CoverageClass : std::uint8_t {
  kIommuPageLarger,  // IOMMU page > system page: the seed's question
  kIommuPageEqual,
  kIommuPageSmaller,
  kIommuPageHuge,  // 16G
  kWindowTiny,     // at most 4 entries
  kWindowLarge,    // 2^14 entries and more
  kWindowAtZero,
  kWindowAtTop,  // ends at the top of the 64-bit bus
  kReservedRange,
  kMaskInWindow,      // the device's mask ends inside the window
  kBoundaryInWindow,  // a multiple of the segment boundary lies inside the window
  kBoundaryInPage,    // a multiple of the segment boundary lies inside an IOMMU page
  kSegmentLimit,      // maximum segment size below 1 MiB
  kNoMerge,
  kManyCpus,
  kCrashKernel,
  kTwoStage,
  kContained,
  kManyVms,          // at least 8
  kScatteredMemory,  // guest memory contiguous over real memory that is not
  kFaults,
  kLists,
  kEmptyElements,  // a list with an element of length 0
  kCoherent,
  kNoTable,
  kChecks,
  kLargeRequests,  // a request of more than 15 IOMMU pages (Linux: the large pool)
};
inline constexpr std::size_t kCoverageClassCount = static_cast<std::size_t>(CoverageClass::kLargeRequests) + 1;

struct CoverageRule {
  CoverageClass what;
  std::string_view name;  // stable, for reports
  double least_share;     // of all scenarios
};
const CoverageRule& coverage_rule(CoverageClass what);

// How many scenarios of each class a campaign has run.
struct Coverage {
  std::uint64_t scenarios = 0;
  std::array<std::uint64_t, kCoverageClassCount> counts{};
  Distributions generated;

  void count(const Scenario& scenario);
  void add(const Coverage& other);
  double share(CoverageClass what) const;
  // Too few scenarios for a share to mean anything.
  bool judgeable() const { return scenarios >= 2000; }
  // The first class below its least share, if the campaign can be judged.
  const CoverageRule* insufficient() const;
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_COVERAGE_H
