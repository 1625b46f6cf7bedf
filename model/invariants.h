// SPDX-License-Identifier: BSD-2-Clause
// The invariants: what is claimed of every implementation, and where each rule comes from (design section 3).
#ifndef NOSPAN_MODEL_INVARIANTS_H
#define NOSPAN_MODEL_INVARIANTS_H

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nospan::model {

// In the order in which violations of one command are told: what a device could abuse comes first.
enum class Invariant : std::uint8_t {
  kSafe1,
  kIso1,
  kOwn1,
  kRange1,
  kRange2,
  kXlat1,
  kXlat2,
  kPerm1,
  kAlign1,
  kFail1,
  kFree1,
  kCap1,
  kHcall1,
};

inline constexpr std::size_t kInvariantCount = 13;

// An invariant's stable id, its words, and its source.
struct Rule {
  Invariant invariant;
  std::string_view id;
  std::string_view says;
  std::string_view source;
};

inline constexpr std::array<Rule, kInvariantCount> kRules{{
    {Invariant::kSafe1, "SAFE-1",
     "no crash, BUG, hang, lock left held or sanitizer report on any input that the API allows; coherent "
     "memory "
     "is handed out zeroed",
     "common sense; Linux, dma_alloc_coherent (\"dma-mapping: zero memory returned from dma_alloc_*\"), memset "
     "in "
     "iommu_alloc_coherent"},
    {Invariant::kIso1, "ISO-1", "every byte reachable through a live TCE of a VM's table is owned by that VM",
     "the mission; LoPAR, partition isolation of TCE tables"},
    {Invariant::kOwn1, "OWN-1", "live mappings never share a TCE", "DMA API"},
    {Invariant::kRange1, "RANGE-1",
     "entries lie in the window, outside reserved ranges; entry 0 of a window at 0 is never handed out",
     "Linux, arch/powerpc/kernel/iommu.c, iommu_table_reserve_pages"},
    {Invariant::kRange2, "RANGE-2",
     "dma + size - 1 never exceeds the device's mask; no segment crosses its segment boundary or exceeds its "
     "maximum segment size",
     "DMA API, dma_set_mask, dma_set_seg_boundary, dma_set_max_seg_size"},
    {Invariant::kXlat1, "XLAT-1",
     "each byte of a mapped buffer translates to exactly its own real address, and the device is made to see "
     "it",
     "DMA API, dma_map_single; Linux, struct iommu_table_ops, flush"},
    {Invariant::kXlat2, "XLAT-2",
     "a mapping installs TCEs for exactly the IOMMU pages that its bytes touch (coherent: of PAGE_ALIGN(size))",
     "DMA API; Linux, iommu_num_pages"},
    {Invariant::kPerm1, "PERM-1",
     "a to-device mapping is never writable by the device; a from-device or bidirectional one always is",
     "LoPAR, TCE definition; Linux, iommu_direction_to_tce_perm"},
    {Invariant::kAlign1, "ALIGN-1",
     "a coherent address is aligned to the smallest page order that is at least the size; a mapping of whole "
     "system pages is aligned to the system page if it fits so",
     "DMA API howto, dma_alloc_coherent; Linux, iommu_map_page"},
    {Invariant::kFail1, "FAIL-1",
     "a call that fails leaves TCEs, what the device has seen of them, and allocation state exactly as before, "
     "and "
     "says that it failed",
     "DMA API; Linux, struct iommu_table_ops, flush"},
    {Invariant::kFree1, "FREE-1",
     "unmapping clears exactly the mapping's TCEs and gives back exactly its allocation; after the last unmap "
     "both are as they were at the start; the device is made to see that the TCEs are gone",
     "DMA API, dma_unmap_single; Linux, iommu_free, flush"},
    {Invariant::kCap1, "CAP-1",
     "a request is not refused while a pool has room for it; capacity does not shrink over time; every entry "
     "that is not reserved lies in a pool; a pool that is kept for large requests is spent on others last",
     "common sense; Linux, iommu_range_alloc, iommu_init_table (\"we reserve the top 1/4 of the table for "
     "large "
     "allocations\")"},
    {Invariant::kHcall1, "HCALL-1", "hypercalls stay within LoPAR's limits and their errors are not lost",
     "LoPAR, H_PUT_TCE_INDIRECT, H_STUFF_TCE"},
}};

constexpr const Rule& rule(Invariant invariant) { return kRules[static_cast<std::size_t>(invariant)]; }

// The invariant with this id ("ISO-1"), if there is one.
constexpr std::optional<Invariant> invariant_with_id(std::string_view id) {
  for (const Rule& rule : kRules) {
    if (rule.id == id) return rule.invariant;
  }
  return std::nullopt;
}

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_INVARIANTS_H
