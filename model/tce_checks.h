// SPDX-License-Identifier: BSD-2-Clause
// What VFIO and KVM ask before they install a guest's TCE: questions without a table.
#ifndef NOSPAN_MODEL_TCE_CHECKS_H
#define NOSPAN_MODEL_TCE_CHECKS_H

#include <cstdint>

#include "model/tce.h"

namespace nospan::model {

// RANGE-1: do `count` IOMMU pages from `ioba` on lie in the window of `entries` TCEs from `first` on, and does
// `ioba` start an IOMMU page? (Linux: iommu_tce_check_ioba)
constexpr bool ioba_in_window(IommuPageShift page, TceIndex first, std::uint64_t entries, DmaAddress ioba,
                              std::uint64_t count) {
  if ((ioba.value & page.offset_mask()) != 0) return false;
  const TceIndex index = tce_index(ioba, page);
  if (index < first) return false;
  const std::uint64_t entry = index - first;
  return entry <= entries && count <= entries - entry;
}

// XLAT-1: does a guest address start an IOMMU page, as a TCE needs it? (Linux: iommu_tce_check_gpa)
constexpr bool starts_iommu_page(IommuPageShift page, GuestAddress address) {
  return (address.value & page.offset_mask()) == 0;
}

// PERM-1: the direction that a TCE's permissions allow. (Linux: iommu_tce_direction)
constexpr Direction direction_of(Tce tce) {
  if (tce.readable()) return tce.writable() ? Direction::kBidirectional : Direction::kToDevice;
  return tce.writable() ? Direction::kFromDevice : Direction::kNone;
}

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_TCE_CHECKS_H
