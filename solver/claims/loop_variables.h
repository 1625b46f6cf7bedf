// SPDX-License-Identifier: BSD-2-Clause
// Reading and setting what a loop carries, for loop contracts. Not thread-safe, as terms are.
#ifndef NOSPAN_SOLVER_CLAIMS_LOOP_VARIABLES_H
#define NOSPAN_SOLVER_CLAIMS_LOOP_VARIABLES_H

#include <string>

#include "reports/error.h"
#include "solver/executor.h"

namespace nospan::solver {

// LoopContract::function of a function that is told by its C++ name; an Error if the module has no such one.
reports::Expected<std::string> linker_name(const Program& program, const char* function);

// The carried number of that name, in 64 bits; an Error if the loop carries no such one.
reports::Expected<Term> number_of(LoopView& view, const char* name);

// Sets it to the lowest bits of `value`, as many as it has.
reports::Expected<void> let_go(LoopView& view, const char* name, const Term& value);

// LoopContract::measure of a loop whose variable only grows, wherever it ends: what the variable is short of
// the highest number. That it falls is that the variable grows, which solvers see at once; the difference of a
// bound and the variable takes them minutes.
inline Term short_of_highest(const Term& variable) { return ~variable; }

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LOOP_VARIABLES_H
