// SPDX-License-Identifier: BSD-2-Clause
// From any model of a claim's negation to one that a person would rather read: smaller tables, no offset.
#ifndef NOSPAN_SOLVER_SMALLEST_MODEL_H
#define NOSPAN_SOLVER_SMALLEST_MODEL_H

#include <string>

#include "solver/claims/claim.h"
#include "solver/questioner.h"
#include "solver/result.h"

namespace nospan::solver {

// The smallest model that the instance's preferences lead to, as a counterexample to the case. `query` is
// what `answer` is a model of. Where the instance can tell a scenario but not of this model, `problem` says
// why, and the counterexample has none. Not thread-safe.
Counterexample counterexample_of(const Instance& instance, Questioner& questioner, const Case& question,
                                 Query query, const Answer& answer, std::string* problem);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_SMALLEST_MODEL_H
