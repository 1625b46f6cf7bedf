// SPDX-License-Identifier: BSD-2-Clause
// iommu_range_alloc() of the Linux kernel: what it promises, said once for those who call it and for the claim
// that proves it.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_ALLOC_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_ALLOC_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/linux_table.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// What iommu_range_alloc() is asked for; all 64 bits.
struct RangeRequest {
  Term pages;
  Term mask;         // highest IOMMU page on the bus
  Term align_order;  // of the first entry, relative to the table
};

// What callers have to see to.
Term range_alloc_asks(const RangeRequest& request);
// Where the entries are that it found, if it did not fail: in the window, in front of the last entry, which it
// never hands out (finding last-entry-never-used).
Term range_alloc_promises_place(const Term& entries, const Term& pages, const Term& entry);

// alloc/iommu_range_alloc, alignment/iommu_range_alloc and alloc/dma_get_seg_boundary_nr_pages.
reports::Expected<std::vector<Instance>> linux_range_alloc(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_ALLOC_H
