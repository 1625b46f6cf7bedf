// SPDX-License-Identifier: BSD-2-Clause
// What a device reaches in real memory through TCEs: ISO-1, and XLAT-1 of the second stage (the mission; LoPAR,
// partition isolation of TCE tables).
#ifndef NOSPAN_MODEL_REACH_H
#define NOSPAN_MODEL_REACH_H

#include <cstdint>
#include <vector>

#include "model/layout.h"
#include "model/tce_table.h"
#include "model/violation.h"

namespace nospan::model {

// `range` maps the IOMMU pages from `page` on, for a buffer of `size` bytes (at least 1). Adds the first IOMMU
// page that reaches a byte of another owner, or not the buffer's own bytes. Cheap where the pages lie in one
// block.
void check_reach_by_page(const Layout& layout, IommuPageShift iommu_page, TceRange range, GuestAddress page,
                         GuestAddress buffer, std::uint64_t size, std::vector<Violation>& violations);
inline void check_reach(const Layout& layout, IommuPageShift iommu_page, TceRange range, GuestAddress page,
                        GuestAddress buffer, std::uint64_t size, std::vector<Violation>& violations) {
  const Block* block = layout.device_block(page);
  if (block != nullptr && (block->size - (page - block->guest)) >> iommu_page.value >= range.count) [[likely]]
    return;
  check_reach_by_page(layout, iommu_page, range, page, buffer, size, violations);
}

// The same (ISO-1 only) of the TCEs that the table's current call wrote and that are still there, whatever they
// should be. Adds the first violation.
void check_reach_as_written(const Layout& layout, IommuPageShift page, const TceTable& table,
                            std::vector<Violation>& violations);

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_REACH_H
