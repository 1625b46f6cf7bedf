// SPDX-License-Identifier: BSD-2-Clause
// Claims about iommu_map_page() and iommu_unmap_page() of a kernel tree.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_MAP_PAGE_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_MAP_PAGE_H

#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/claims/claim.h"
#include "solver/program.h"

namespace nospan::solver {

// `target` names the tree in results: "linux 6.12.90, 4K pages".
reports::Expected<std::vector<Instance>> linux_map_page(const Program& program, unsigned system_page_shift,
                                                        const std::string& target);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_MAP_PAGE_H
