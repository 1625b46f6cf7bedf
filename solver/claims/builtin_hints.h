// SPDX-License-Identifier: BSD-2-Clause
// The functions of EntrySpace that read and write summaries of free words. What they say is a matter of speed:
// claims show that they keep to summaries and stay inside them, whatever these hold.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_HINTS_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_HINTS_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/builtin_space_proof.h"

namespace nospan::solver {

// Contracts for next_word(), next_candidate(), next_candidate_in_region(), lower_hints(), raise_hints() and
// update_hints(), proved by the claims contract/EntrySpace::next_candidate and so on.
void add_hints(Executor& executor, const Space& space);

// Those claims.
reports::Expected<std::vector<Instance>> builtin_hints(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_HINTS_H
