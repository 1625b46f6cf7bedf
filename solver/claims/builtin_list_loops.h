// SPDX-License-Identifier: BSD-2-Clause
// Contracts for the loops over a list of any length: the two of Mapper::map_list_once(), and that of
// Mapper::unmap_list().
//
// What their invariants say of all segments they say of one arbitrary segment, chosen before anything happens.
// Where a loop comes to a certain segment, that is used for this one.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_LIST_LOOPS_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_LIST_LOOPS_H

#include <memory>

#include "solver/claims/builtin_list.h"
#include "solver/records.h"

namespace nospan::solver {

// What the loops keep besides (State::ghosts): of the arbitrary element, of the arbitrary TCE, and of the list.
struct SegmentAccount {
  static constexpr const char* kFirst = "first_of_element";       // its first TCE
  static constexpr const char* kHolder = "holder_of_element";     // the segment that it is in
  static constexpr const char* kHolderStart = "start_of_holder";  // where in the list that begins, in bytes
  static constexpr const char* kOwnerFirst = "first_of_owner";    // first TCE of the element that owns the TCE
  static constexpr const char* kIndexHolder = "holder_of_index";  // the segment that the TCE is in
  static constexpr const char* kSegmentBytes = "bytes_of_segments";  // of all segments together
};

struct ListLoopTerms {
  // Facts about segments are said only if this holds: a free truth value, so that all else is shown without
  // them.
  Term known = Term::free_boolean("segments_known");
  // At the head of the arbitrary iteration.
  Term segments;
  Term next;
  Term mine;          // the arbitrary TCE is
  Term any;           // an arbitrary segment
  Term index_holder;  // the segment that the arbitrary TCE is in
  // What segments are there: DMA address and 32-bit length.
  Records::Content addresses;
  Records::Content lengths;
  // In the arbitrary iteration of the loop that undoes: the segment that it comes to.
  Term undone;
  // The elements from `segments` to this one, which is not among them, were emptied.
  Term emptied;
};

// Adds them, and the contracts of what the loops call, with the account.
reports::Expected<ListLoopTerms> add_list_loops(Executor& executor,
                                                const std::shared_ptr<const BuiltinList>& list);

// That of unmap_list() alone, for lists of which nothing is known: it stays in the list and ends.
reports::Expected<LoopContract> any_unmap_loop(const Program& program,
                                               const std::shared_ptr<const BuiltinList>& list);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_LIST_LOOPS_H
