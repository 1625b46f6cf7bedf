// SPDX-License-Identifier: BSD-2-Clause
// A question to a solver, as the SMT-LIB 2 text that every solver gets, that is hashed, kept and shown.
#ifndef NOSPAN_SOLVER_QUERY_H
#define NOSPAN_SOLVER_QUERY_H

#include <string>
#include <vector>

#include "solver/term.h"

namespace nospan::solver {

// A term that people and cores know by a name: lower case words with hyphens.
struct Named {
  std::string name;
  Term term;
};

// Is there a model of all these? A claim holds if there is none of its negation.
struct Query {
  std::vector<Named> hypotheses;  // asserted; told apart in the unsatisfiable core
  std::vector<Term> given;        // asserted
  std::vector<Term> goal;         // asserted; what the question is about, for slice()
  std::vector<Named> observed;    // their values are asked for if there is a model
};

// The text: declarations in the order of their names, assertions, check-sat, and what asks for core and values.
// The same question gives the same text in every run, so that its hash is the key of a kept proof.
//
// `with_core`: hypotheses are named assertions and the core is asked for; solvers are slower then.
std::string smtlib(const Query& query, bool with_core);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_QUERY_H
