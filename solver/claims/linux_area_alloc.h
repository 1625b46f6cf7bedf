// SPDX-License-Identifier: BSD-2-Clause
// iommu_area_alloc() of the Linux kernel's lib/: what it promises, said once for those who call it and for the
// claim that proves it.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_AREA_ALLOC_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_AREA_ALLOC_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"
#include "solver/executor.h"

namespace nospan::solver {

// What iommu_area_alloc() and iommu_range_alloc() return instead of an entry: -1, DMA_MAPPING_ERROR.
constexpr uint64_t kNoEntry = ~uint64_t{0};

Term power_of_two(const Term& number);

// The area [first, first + count) lies between two multiples of the boundary, where both count from `shift`
// entries before the table. All in entries.
Term inside_boundary(const Term& shift, const Term& first, const Term& count, const Term& boundary);

// Contract for iommu_area_alloc, proved by the claim alloc/iommu_area_alloc, promising for `bit`. Where it
// succeeds the promise is no condition of the path but the ghost kAreaPromised: branches do not depend on it,
// and the questions whether one can be taken stay short. Goals have to be under it.
// Event kOther of the name kAreaAsked: the end of the area that is searched.
void add_area_alloc(Executor& executor, const Term& bit);
constexpr const char* kAreaAsked = "iommu_area_alloc()";
constexpr const char* kAreaPromised = "iommu_area_alloc() promised";

// alloc/iommu_area_alloc.
reports::Expected<std::vector<Instance>> linux_area_alloc(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_AREA_ALLOC_H
