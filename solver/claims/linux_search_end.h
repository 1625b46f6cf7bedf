// SPDX-License-Identifier: BSD-2-Clause
// Where a search of iommu_range_alloc() has to stop, and what follows from that.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_SEARCH_END_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_SEARCH_END_H

#include <vector>

#include "solver/claims/claim.h"
#include "solver/claims/linux_range_call.h"

namespace nospan::solver {

// What everything about the place of the entries follows from: where iommu_area_alloc() has to stop. It is
// shown of the paths; what follows is then shown of any number that this holds for, without what the paths say
// about locks and hints, which makes it hard. The call must outlive it.
class SearchEnd {
 public:
  static constexpr const char* kBelowMask = "below the mask";

  explicit SearchEnd(const RangeCall& call) : call_(call) {}

  // One for each call of iommu_area_alloc() that was seen.
  std::vector<Case> cases() const;

  // The goal follows from where the last search of the path ended and from what it promised: for `of_place`
  // only from what is said about the numbers in the goal. Shown for any end and any entry, so that it is one
  // question for most paths.
  Term follows(const Path& path, bool of_place, Term goal) const;

  // That the last entry is below the mask, in two steps, as solvers are slow on sums that are not added in the
  // same order: it is in front of the end of the search, and any such entry is below the mask.
  void add_below_mask(std::vector<Case>& cases) const;

  // What iommu_area_alloc() asks for, as far as it follows.
  static bool is_about(const Obligation& obligation);
  void add_consequences(std::vector<Case>& cases) const;

 private:
  // In the window, and below the mask: entries [0, end) may be searched.
  Term is_right(const Term& end) const;
  // The obligation follows from where the search that it belongs to ends: they hold under the same conditions.
  Term end_before(const Path& path, const Obligation& obligation) const;

  const RangeCall& call_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_SEARCH_END_H
