// SPDX-License-Identifier: BSD-2-Clause
// Claims about iommu_alloc_coherent() and iommu_free_coherent() of a kernel tree.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_COHERENT_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_COHERENT_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

reports::Expected<std::vector<Instance>> linux_coherent(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_COHERENT_H
