// SPDX-License-Identifier: BSD-2-Clause
// Proofs in steps: where a solver is slow on a goal with all that is known, it is asked for one fact after
// another, each with only the few facts that it follows from.
#ifndef NOSPAN_SOLVER_CLAIMS_STEPS_H
#define NOSPAN_SOLVER_CLAIMS_STEPS_H

#include <string>
#include <vector>

#include "solver/claims/claim.h"

namespace nospan::solver {

// Nothing can be smuggled in: what a step names and nobody has shown becomes a question of its own, and a fact
// that does not follow from what its step names is asked with all that is known.
class Steps {
 public:
  // Adds to `cases`. `known`, beside the domain of the claim, holds throughout: the conditions of a path.
  Steps(std::vector<Case>& cases, const std::vector<Term>& known);

  // The fact follows from `from`, and is known from now on.
  void show(const std::string& name, const Term& fact, const std::vector<Term>& from,
            std::vector<Split> splits = {});

  // What is known, but for what mentions a free constant of these terms.
  std::vector<Term> without(const std::vector<Term>& terms) const;

 private:
  bool is_known(const Term& term) const;

  std::vector<Case>& cases_;
  std::vector<Term> known_;  // no conjunctions
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_STEPS_H
