// SPDX-License-Identifier: BSD-2-Clause
// Proofs of the contracts of claims/builtin_search.h.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_SEARCH_PROOF_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_SEARCH_PROOF_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// The claims contract/EntrySpace::...: of translate(), allowed_starts(), search_within_words() and
// search_exactly(), and of the others.
reports::Expected<std::vector<Instance>> builtin_search(const Setting& setting);
reports::Expected<std::vector<Instance>> builtin_search_words(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_SEARCH_PROOF_H
