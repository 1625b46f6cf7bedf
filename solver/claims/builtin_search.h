// SPDX-License-Identifier: BSD-2-Clause
// The functions of EntrySpace that look for a run of free entries: what is found is free, aligned, in one
// boundary and among the words that were searched, whatever summaries say.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_SEARCH_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_SEARCH_H

#include "solver/claims/builtin_space_proof.h"

namespace nospan::solver {

// A boundary told by 6 bits, so that each value of them makes it a number: 0, which is none, for 63, else
// 2^exponent. The highest powers of two, which are lost to that, are no boundary that can be asked for.
Term boundary_of(const Term& exponent);

// Contracts for translate(), search_region() and search_exactly(), and for what these are made of; proved by
// the claims contract/EntrySpace::translate and so on. search_region() and search_exactly() leave what they
// promise of a run that they find in the path's conditions.
void add_search(Executor& executor, const Space& space);

// What translate() promises of a request that was translated, and search functions of a run that they found:
// terms for the claims of those who call both.
struct FoundRun {
  Term slot;
  Term entries;
  Term last_slot;
  Term alignment;
  Term boundary;
};
Term where_it_is(const Space& space, const FoundRun& run, const Term& begin, const Term& end);
Term is_free(const Space& space, const Term& bits, const Term& slot, const Term& entries);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_SEARCH_H
