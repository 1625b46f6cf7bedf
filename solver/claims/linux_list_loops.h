// SPDX-License-Identifier: BSD-2-Clause
// Contracts for the three loops over a list of any length: the one of ppc_iommu_map_sg() that maps, the one
// that cleans up after a failure, and the one of ppc_iommu_unmap_sg().
//
// What their invariants say of all segments they say of one arbitrary segment, chosen before anything happens.
// Where a loop comes to a certain segment, that is used for this one.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_LIST_LOOPS_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_LIST_LOOPS_H

#include <memory>
#include <vector>

#include "solver/claims/linux_list.h"
#include "solver/executor.h"

namespace nospan::solver {

// The names under which the contracts keep what a path says at its end, in its ghosts.
struct ListLoopAccount {
  static constexpr const char* kOuts = "outs";  // index of the last segment
  // Of the segment that holds byte LinuxList::position of the list: its index, and its place in the list.
  static constexpr const char* kHolder = "holder_of_position";
  static constexpr const char* kHolderStart = "start_of_holder";
  static constexpr const char* kStart = "start";  // place in the list of the last segment's first byte
  // Behind an iteration that maps: where the next element would have to be to be merged.
  static constexpr const char* kNext = "next";
  // In that iteration: the last segment as it was before, and where an element had to be to be merged into it.
  static constexpr const char* kLastAddress = "last_address";
  static constexpr const char* kLastLength = "last_length";
  static constexpr const char* kNextBefore = "next_before";
  // In an iteration that undoes: the segment as it was before.
  static constexpr const char* kUndoneAddress = "undone_address";
  static constexpr const char* kUndoneLength = "undone_length";
  static constexpr const char* kUndoneFrom = "undone_from";  // how many conditions of the path held before
};

struct ListLoops {
  // No two elements that are merged have 4 GiB together: what the invariants' facts about segments need. A free
  // truth value, so that facts about places in the list hold without it.
  Term fits = Term::free_boolean("merges_fit");
  // What `fits` means for the arbitrary iteration: belongs into the domain.
  Term fits_here;
  // The element of that iteration.
  Term element;
};

// Adds the contracts.
ListLoops add_list_loops(Executor& executor, const std::shared_ptr<const LinuxList>& list);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_LIST_LOOPS_H
