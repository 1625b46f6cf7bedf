// SPDX-License-Identifier: BSD-2-Clause
// The claims about iommu_range_alloc() of the Linux kernel, which prove what claims/linux_range_alloc.h
// promises.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_ALLOC_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_ALLOC_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// alloc/iommu_range_alloc, alignment/iommu_range_alloc and alloc/dma_get_seg_boundary_nr_pages.
reports::Expected<std::vector<Instance>> linux_range_alloc(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_ALLOC_H
