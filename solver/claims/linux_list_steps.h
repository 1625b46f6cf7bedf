// SPDX-License-Identifier: BSD-2-Clause
// Questions about one iteration of a loop over a list, in steps that solvers can take.
//
// What an iteration does to segments depends on few numbers: which TCEs it sets or clears, and where the device
// sees the element. How the code computed them, and everything else that the path knows, makes each question
// about segments hard. So the numbers are described first, by what the code knows; what follows for segments is
// then asked of any numbers of that description.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_LIST_STEPS_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_LIST_STEPS_H

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/claims/linux_list.h"
#include "solver/claims/linux_segment.h"
#include "solver/path.h"

namespace nospan::solver {

// Of a path that maps an element of a list of any length, comes to a segment to undo, or only ends the loops.
// The list must outlive it. Not thread-safe.
class ListStep {
 public:
  // `others`: all paths through the same function. `supposed`: what the goals that follow suppose anyway, so
  // that what is undone is described under it, too.
  static ListStep of(const LinuxList& list, const Path& path, const std::vector<Path>& others,
                     std::vector<Term> supposed = {});

  // There is anything to describe.
  bool is_step() const { return undoes_ || !numbers_.empty(); }

  // That the description is right, on this path.
  void add_description(std::vector<Case>& cases) const;

  // That the goal, which the path has to meet where its first `given` conditions hold, follows for any numbers
  // of that description.
  Case follows(std::string name, const Path& path, std::size_t given, const Term& goal) const;

 private:
  explicit ListStep(const LinuxList& list) : list_(&list) {}
  void map(const Path& path, const Event& set);
  void merge(const Path& path, const ListElement& element, const Term& address);
  void undo(const Path& path, const std::vector<Path>& others);
  void say_what_is_among(const Segment& segment, std::size_t given, const Term& first, const Term& pages);
  void give_back(const Path& path, const Segment& segment, const Event& clear, const Event& freed);
  void describe(std::string name, const Path& path, std::size_t given, Term fact);
  // The conditions that may matter.
  std::vector<Term> conditions(const Path& path, std::size_t given, bool of_numbers) const;
  bool is_left_out(const std::set<std::string>& names) const;
  Term of_any(const Term& term) const;
  Case of_merged(Case question, std::size_t given) const;
  Term by_place(const Term& goal) const;

  const LinuxList* list_;
  std::vector<std::pair<Term, Term>> numbers_;  // as the code computed it, and a free constant for it
  std::vector<Case> description_;
  // What it says, and where: with that many conditions of the path.
  std::vector<std::pair<std::size_t, Term>> facts_;
  // Free constants that only say where the numbers come from.
  std::set<std::string> origins_;
  std::optional<Term> bytes_before_;  // of the list, before the element that is mapped
  // Where the element is merged, what the last segment's numbers are, and with how many conditions of the path.
  std::vector<std::pair<Term, Term>> merged_;
  std::size_t merged_from_ = 0;
  std::vector<Term> supposed_;
  bool undoes_ = false;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_LIST_STEPS_H
