// SPDX-License-Identifier: BSD-2-Clause
// What claims about lists of any length and their bounded twins have in common.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_LIST_CLAIMS_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_LIST_CLAIMS_H

#include <string>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/claims/linux_list.h"
#include "solver/path.h"

namespace nospan::solver {

// The hypotheses that the kernel's code needs: each is what a known finding breaks.
Hypothesis merges_fit(Term term);
Hypothesis first_not_empty(const LinuxList& list);
Hypothesis set_succeeds(Term term);
Hypothesis mask_fits_int(const LinuxList& list);

// Adds to the case of that name: its goal holds on this path, too. One question for all paths, which share most
// of what they do, is asked faster than many.
void add_to_case(Instance& instance, Case question);

// That the event, of kind kSet, wrote exactly the IOMMU pages that its element touches, with the permissions of
// the list's direction.
void add_exact(Instance& instance, const std::string& which, const LinuxList& list, const Path& path,
               const Event& event);

// That what the path did was undone, all of it, nothing else, and once; and that as a witness, if it undid
// anything.
void add_undone(Instance& instance, const Term& page_shift, const Path& path);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_LIST_CLAIMS_H
