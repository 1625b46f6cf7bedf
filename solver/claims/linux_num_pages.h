// SPDX-License-Identifier: BSD-2-Clause
// iommu_num_pages() of include/linux/iommu-helper.h: how many IOMMU pages the bytes of a buffer touch. Mapping
// and unmapping both ask it, so it has a contract, and a claim that proves the contract.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_NUM_PAGES_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_NUM_PAGES_H

#include <vector>

#include "solver/claims/registry.h"
#include "solver/executor.h"

namespace nospan::solver {

// How many IOMMU pages `size` bytes (1 to 2^57) touch, the first of them at `offset` of its IOMMU page: 64
// bits. Equal to pages_touched() of their addresses, without subtracting: that is part of the claim.
Term pages_from(const Term& offset, const Term& size, const Term& page_shift);

// Contract: the result is pages_from(). Obligations of kind kContract: 1 to 2^57 bytes. An IOMMU page size that
// is not written as 1 << shift is not supported.
void add_num_pages(Executor& executor);

// What a claim that used the contract rests on.
inline constexpr const char* kNumPagesClaim = "exact/iommu_num_pages";

// exact/iommu_num_pages and safe/iommu_num_pages.
reports::Expected<std::vector<Instance>> linux_num_pages(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_NUM_PAGES_H
