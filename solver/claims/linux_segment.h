// SPDX-License-Identifier: BSD-2-Clause
// Segments of a list of any length: what ppc_iommu_map_sg() leaves in dma_address and dma_length.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_SEGMENT_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_SEGMENT_H

#include <functional>

#include "solver/term.h"

namespace nospan::solver {

struct Segment {
  Term address;  // where the device sees it
  Term length;   // in bytes, 64 bits
};

// Of what the element holds: its length has 32 bits there.
Segment segment_of(const Term& dma_address, const Term& dma_length);

// What `fact` says of the segment. Where it is chosen among several, by what the choice depends on, of each of
// them: solvers are slow on sums of numbers that are chosen.
Term of_each(const Segment& segment, const std::function<Term(const Segment&)>& fact);

// It does not go past the end of the bus, if it is not empty.
Term does_not_wrap(const Segment& segment);

// First and last TCE of a segment that is not empty.
Term first_page(const Segment& segment, const Term& page_shift);
Term last_page(const Segment& segment, const Term& page_shift);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_SEGMENT_H
