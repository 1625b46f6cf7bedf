// SPDX-License-Identifier: BSD-2-Clause
// Decides the claims of a group, each in a process of its own.
//
// What a solver is asked must not depend on which other claims were decided before: the text of a question, by
// which its answer is kept, orders terms by when they were made. All these processes begin with the same terms.
// And where processors are free, several claims are decided at a time.
#ifndef NOSPAN_SOLVER_CLAIM_PROCESSES_H
#define NOSPAN_SOLVER_CLAIM_PROCESSES_H

#include <cstddef>
#include <functional>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/prove.h"
#include "solver/result.h"
#include "solver/shared_counter.h"

namespace nospan::solver {

// Processes that may be started beside the first one. What this group has taken of `free` is in `lent`, for
// whoever ends the group before it can give that back.
struct ProcessSlots {
  SharedCounter& free;
  SharedCounter& lent;
};

// Calls `tell` with the index of an instance and what it came to, in the order in which they end. A claim whose
// process fails is unknown, with the reason. For a process without threads and without other children.
void decide_in_processes(const std::vector<const Instance*>& instances, const ProveOptions& options,
                         ProcessSlots slots, const std::function<void(std::size_t, const ClaimResult&)>& tell);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIM_PROCESSES_H
