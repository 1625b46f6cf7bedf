// SPDX-License-Identifier: BSD-2-Clause
// Questions about segments of a list before nospan's own mapper, in steps that solvers can take.
//
// What is said of a segment depends on which IOMMU pages its bytes touch, not on how the code computed that. So
// it is shown first which those are: those that the iteration took for the group. The rest is asked of any
// segment with these pages, and then no longer depends on the page size.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_SEGMENT_STEPS_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_SEGMENT_STEPS_H

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "solver/claims/builtin_list_loops.h"
#include "solver/claims/claim.h"
#include "solver/path.h"

namespace nospan::solver {

// Of one path through a loop over the list. The list must outlive it. Not thread-safe.
class SegmentStep {
 public:
  SegmentStep(const BuiltinList& list, const ListLoopTerms& loops, const Path& path);

  // Which pages the segment has that the path adds, if it does: what ease() takes for granted.
  void add_description(std::vector<Case>& cases) const;

  // Gives the question a shorter one (Case::easier), if it has to do with the page size.
  void ease(Case& question) const;

 private:
  void rename(const Term& written, const Term& as);
  Term renamed(const Term& term) const;
  bool add(const ListLoopTerms& loops, const Path& path);
  void undo(const ListLoopTerms& loops, const Path& path);
  bool may_matter(const std::set<std::string>& names, const std::set<std::string>& of_goal) const;

  struct Undone {
    Term is_there;
    std::pair<Term, Term> length;  // as the path has it, and any number
    Term is_not_emptied;           // by the loop behind the segments
  };

  const BuiltinList& list_;
  std::optional<Undone> undone_;
  std::vector<Case> description_;
  std::vector<std::pair<Term, Term>> names_;    // before all else: other words for the same
  std::vector<std::pair<Term, Term>> numbers_;  // as the code computed it, and what it is, or any number
  std::vector<Term> facts_;                     // that follow of such numbers
  std::set<std::string> of_place_;              // free constants that say which entries are the segment's
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_SEGMENT_STEPS_H
