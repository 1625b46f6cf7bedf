// SPDX-License-Identifier: BSD-2-Clause
#include "props/coverage.h"

#include <bit>

namespace nospan::props {
namespace {

constexpr std::array<CoverageRule, kCoverageClassCount> kCoverageRules{{
    {CoverageClass::kIommuPageLarger, "iommu_page_larger_than_system_page", 0.25},
    {CoverageClass::kIommuPageEqual, "iommu_page_equal_to_system_page", 0.03},
    {CoverageClass::kIommuPageSmaller, "iommu_page_smaller_than_system_page", 0.0},
    {CoverageClass::kIommuPageHuge, "iommu_page_16G", 0.02},
    {CoverageClass::kWindowTiny, "window_of_at_most_4_entries", 0.03},
    {CoverageClass::kWindowLarge, "window_of_at_least_16384_entries", 0.01},
    {CoverageClass::kWindowAtZero, "window_at_bus_address_0", 0.10},
    {CoverageClass::kWindowAtTop, "window_ends_at_top_of_bus", 0.03},
    {CoverageClass::kReservedRange, "reserved_range", 0.10},
    {CoverageClass::kMaskInWindow, "mask_ends_inside_window", 0.03},
    {CoverageClass::kBoundaryInWindow, "segment_boundary_inside_window", 0.10},
    {CoverageClass::kBoundaryInPage, "segment_boundary_inside_iommu_page", 0.02},
    {CoverageClass::kSegmentLimit, "maximum_segment_size_below_1M", 0.10},
    {CoverageClass::kNoMerge, "virtual_merging_off", 0.05},
    {CoverageClass::kManyCpus, "several_cpus", 0.20},
    {CoverageClass::kCrashKernel, "crash_kernel_inherits_tces", 0.02},
    {CoverageClass::kTwoStage, "two_stage_translation", 0.15},
    {CoverageClass::kContained, "hypervisor_checks_containment", 0.05},
    {CoverageClass::kManyVms, "at_least_8_vms", 0.05},
    {CoverageClass::kScatteredMemory, "contiguous_guest_memory_over_scattered_real_memory", 0.05},
    {CoverageClass::kFaults, "fault_injected", 0.10},
    {CoverageClass::kLists, "scatter_gather_lists", 0.25},
    {CoverageClass::kEmptyElements, "list_with_empty_element", 0.03},
    {CoverageClass::kCoherent, "coherent_memory", 0.25},
    {CoverageClass::kNoTable, "calls_without_a_table", 0.03},
    {CoverageClass::kChecks, "vfio_and_kvm_checks", 0.05},
    {CoverageClass::kLargeRequests, "requests_of_more_than_15_iommu_pages", 0.05},
}};

bool scattered(const model::Configuration& configuration) {
  if (configuration.translation == model::Translation::kIdentity) return false;
  for (const model::Block& a : configuration.blocks) {
    for (const model::Block& b : configuration.blocks) {
      if (a.owner == configuration.device_vm && b.owner == a.owner && a.guest + a.size == b.guest &&
          a.real + a.size != b.real) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

const CoverageRule& coverage_rule(CoverageClass what) { return kCoverageRules[static_cast<std::size_t>(what)]; }

void Coverage::count(const Scenario& scenario) {
  const model::Configuration& configuration = scenario.configuration;
  const model::Window& window = configuration.window;
  const unsigned page = window.page.value;
  const unsigned system_page = configuration.system_page.value;
  const auto hit = [this](CoverageClass what, bool holds) {
    counts[static_cast<std::size_t>(what)] += holds ? 1 : 0;
  };
  ++scenarios;
  generated.count(scenario);
  hit(CoverageClass::kIommuPageLarger, page > system_page);
  hit(CoverageClass::kIommuPageEqual, page == system_page);
  hit(CoverageClass::kIommuPageSmaller, page < system_page);
  hit(CoverageClass::kIommuPageHuge, page == 34);
  hit(CoverageClass::kWindowTiny, window.entries <= 4);
  hit(CoverageClass::kWindowLarge, window.entries >= (1 << 14));
  hit(CoverageClass::kWindowAtZero, window.first.value == 0);
  const std::uint64_t last = window.first.value + (window.entries - 1);
  hit(CoverageClass::kWindowAtTop, last == UINT64_MAX >> page);
  hit(CoverageClass::kReservedRange, window.reserved_start < window.reserved_end &&
                                         window.reserved_start.value <= last &&
                                         window.first < window.reserved_end);
  const std::uint64_t mask = configuration.device.dma_mask >> page;
  hit(CoverageClass::kMaskInWindow, window.first.value <= mask && mask < last);
  const std::uint64_t boundary = configuration.device.segment_boundary >> page;
  hit(CoverageClass::kBoundaryInWindow, (window.first.value & ~boundary) != (last & ~boundary));
  hit(CoverageClass::kBoundaryInPage, configuration.device.segment_boundary < window.page.offset_mask());
  hit(CoverageClass::kSegmentLimit, configuration.device.max_segment_size < (1 << 20));
  hit(CoverageClass::kNoMerge, !configuration.virtual_merge);
  hit(CoverageClass::kManyCpus, configuration.cpus > 1);
  hit(CoverageClass::kCrashKernel, configuration.crash_kernel && !configuration.inherited.empty());
  hit(CoverageClass::kTwoStage, configuration.translation == model::Translation::kTwoStage);
  hit(CoverageClass::kContained, configuration.installation == model::Installation::kContained);
  std::uint64_t vms = 0;
  for (const model::Block& block : configuration.blocks) vms |= std::uint64_t{1} << (block.owner.value & 63);
  hit(CoverageClass::kManyVms, std::popcount(vms) >= 8);
  hit(CoverageClass::kScatteredMemory, scattered(configuration));
  bool faults = false;
  bool lists = false;
  bool empty = false;
  bool coherent = false;
  bool no_table = false;
  bool checks = false;
  bool large = false;
  for (const Command& command : scenario.commands) {
    faults |= command.fault != FaultKind::kNone;
    no_table |= command.no_table;
    checks |= command.kind >= CommandKind::kCheckIoba;
    coherent |= command.kind == CommandKind::kAllocCoherent;
    large |= command.size >> page >= 16;
    lists |= command.kind == CommandKind::kMapSg;
  }
  for (const Element& element : scenario.elements) empty |= element.length == 0;
  hit(CoverageClass::kFaults, faults);
  hit(CoverageClass::kLists, lists);
  hit(CoverageClass::kEmptyElements, empty);
  hit(CoverageClass::kCoherent, coherent);
  hit(CoverageClass::kNoTable, no_table);
  hit(CoverageClass::kChecks, checks);
  hit(CoverageClass::kLargeRequests, large);
}

void Coverage::add(const Coverage& other) {
  scenarios += other.scenarios;
  generated.add(other.generated);
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
}

double Coverage::share(CoverageClass what) const {
  if (scenarios == 0) return 0;
  return static_cast<double>(counts[static_cast<std::size_t>(what)]) / static_cast<double>(scenarios);
}

const CoverageRule* Coverage::insufficient() const {
  if (!judgeable()) return nullptr;
  for (const CoverageRule& rule : kCoverageRules) {
    if (share(rule.what) < rule.least_share) return &rule;
  }
  return nullptr;
}

}  // namespace nospan::props
