// SPDX-License-Identifier: BSD-2-Clause
// iommu_range_alloc() of the Linux kernel: what it promises, said once for those who call it and for the claim that
// proves it.
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
// Under which of the kernel's defects do not show.
std::vector<Hypothesis> range_alloc_hypotheses(const LinuxTable& table, const RangeRequest& request);
// Of the first entry, if it is not a failure, under these hypotheses.
std::vector<Named> range_alloc_promises(const LinuxTable& table, const RangeRequest& request,
                                        const Term& entry);

// alloc/iommu_range_alloc and alignment/iommu_range_alloc.
reports::Expected<std::vector<Instance>> linux_range_alloc(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_ALLOC_H
