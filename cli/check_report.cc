// SPDX-License-Identifier: BSD-2-Clause
#include "cli/check_report.h"

#include <fmt/format.h>

namespace nospan::cli {
void print_coverage(const std::vector<TargetResult>& results) {
  fmt::print("\nCoverage: share of scenarios in each class, least share in brackets\n");
  for (const TargetResult& result : results) {
    fmt::print("  {}{}\n", result.target.label(),
               result.campaign.coverage.judgeable() ? "" : " (too few scenarios to judge)");
    for (std::size_t i = 0; i < props::kCoverageClassCount; ++i) {
      const auto what = static_cast<props::CoverageClass>(i);
      const props::CoverageRule& rule = props::coverage_rule(what);
      fmt::print("    {:<54} {:>5.1f} % [{:>4.1f} %]\n", rule.name, result.campaign.coverage.share(what) * 100,
                 rule.least_share * 100);
    }
    const props::Tally& tally = result.campaign.tally;
    fmt::print(
        "    maps granted {}, refused {}; lists merged {}; faults fired {}; refused by the hypervisor {}\n",
        tally.maps_granted, tally.maps_refused, tally.lists_merged, tally.faults_fired,
        tally.hypervisor_refusals);
    fmt::print(
        "    guards: {} commands not run, {} violations passed over, {} scenarios cut short; {} warnings of "
        "the "
        "target\n",
        tally.skipped, tally.overlooked, tally.tolerated, tally.warnings);
  }
}

}  // namespace nospan::cli
