// SPDX-License-Identifier: BSD-2-Clause
// Which IOMMU page sizes a claim says something about.
#ifndef NOSPAN_SOLVER_COVERED_SHIFTS_H
#define NOSPAN_SOLVER_COVERED_SHIFTS_H

#include <set>
#include <string>
#include <vector>

#include "solver/claims/claim.h"

namespace nospan::solver {

// The IOMMU page shifts, 12 to 34, that the claim's domain and its hypotheses, but those dropped, leave room
// for: for the others they are false as soon as the shift is put in (mask-fits-int: 32 and more), so that a
// proof says nothing about them. All shifts where the claim has no input "page_shift". No solver is asked: a
// contradiction that does not show by simplification is not seen.
std::vector<unsigned> covered_page_shifts(const Instance& instance, const std::set<std::string>& dropped);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_COVERED_SHIFTS_H
