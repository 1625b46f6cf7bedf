// SPDX-License-Identifier: BSD-2-Clause
// Whether a path can be taken at all: asked at every branch, so it is incremental and quick to give up.
#ifndef NOSPAN_SOLVER_FEASIBILITY_H
#define NOSPAN_SOLVER_FEASIBILITY_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "solver/term.h"

namespace nospan::solver {

// While an object lives, possible() gives up almost at once: what is executed then follows many a path that
// cannot be taken, and none is missing. For questions that do not depend on which of the paths are possible.
class LittleEffort {
 public:
  LittleEffort();
  ~LittleEffort();
  LittleEffort(const LittleEffort&) = delete;
  LittleEffort& operator=(const LittleEffort&) = delete;
};

// Conditions that share a beginning with those of the last question are not asserted again: ask depth-first.
// Not thread-safe.
class Feasibility {
 public:
  // `domain` holds on every path.
  explicit Feasibility(const std::vector<Term>& domain);

  // False only if `conditions` and `condition` contradict each other. True also if the solver gave up within
  // its time: then an impossible path is followed, which costs time but proves nothing wrong.
  bool possible(const std::vector<Term>& conditions, const Term& condition);

  // A value that the term can have under the conditions, other than `excluded`; none if there is no other one,
  // or the solver gave up (then gave_up() is true).
  std::optional<uint64_t> value(const std::vector<Term>& conditions, const Term& term,
                                const std::vector<uint64_t>& excluded);

  bool gave_up() const { return gave_up_; }
  std::size_t questions() const { return questions_; }

 private:
  void align(const std::vector<Term>& conditions);
  void set_effort(unsigned effort);
  z3::check_result ask(const z3::expr& condition);
  bool known_model_satisfies(const Term& condition);

  z3::solver solver_;
  unsigned effort_ = 0;
  std::vector<Term> asserted_;
  std::optional<z3::model> model_;  // of the asserted conditions, and maybe more
  std::size_t model_size_ = 0;      // how many of the asserted conditions it is known to satisfy
  std::size_t questions_ = 0;
  bool gave_up_ = false;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_FEASIBILITY_H
