// SPDX-License-Identifier: BSD-2-Clause
// Claims about the page size that pseries picks for a dynamic window, and what it means for isolation: the
// question of the thread that nospan began with.
#ifndef NOSPAN_SOLVER_CLAIMS_PLATFORM_PAGE_SHIFT_H
#define NOSPAN_SOLVER_CLAIMS_PLATFORM_PAGE_SHIFT_H

#include <vector>

#include "solver/claims/registry.h"

namespace nospan::solver {

// page-shift, page-shift-granule, page-shift-blocks and safe of iommu_get_page_shift.
reports::Expected<std::vector<Instance>> platform_page_shift(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_PLATFORM_PAGE_SHIFT_H
