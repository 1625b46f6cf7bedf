// SPDX-License-Identifier: BSD-2-Clause
// Claims about iommu_unmap_page() of a kernel tree: it undoes iommu_map_page().
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_UNMAP_PAGE_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_UNMAP_PAGE_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

reports::Expected<std::vector<Instance>> linux_unmap_page(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_UNMAP_PAGE_H
