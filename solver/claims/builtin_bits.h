// SPDX-License-Identifier: BSD-2-Clause
// The functions of EntrySpace that read and write the bits of a range of slots.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_BITS_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_BITS_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/builtin_space_proof.h"

namespace nospan::solver {

// Contracts for mark(), unmark(), all_marked() and last_taken(), proved by the claims contract/EntrySpace::mark
// and so on. Promises are made for the space's arbitrary slot.
void add_bits(Executor& executor, const Space& space);

// Those claims.
reports::Expected<std::vector<Instance>> builtin_bits(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_BITS_H
