// SPDX-License-Identifier: BSD-2-Clause
// A question to a solver, as the SMT-LIB 2 text that every solver gets, that is hashed, kept and shown.
#ifndef NOSPAN_SOLVER_QUERY_H
#define NOSPAN_SOLVER_QUERY_H

#include <string>
#include <vector>

#include "solver/term.h"

namespace nospan::solver {

// A term that people and the drop table know by a name: lower case words with hyphens.
struct Named {
  std::string name;
  Term term;
};

// Is there a model of all these? A claim holds if there is none of its negation.
struct Query {
  std::vector<Named> hypotheses;  // asserted, with their names as comments
  std::vector<Term> given;        // asserted
  std::vector<Term> goal;         // asserted; what the question is about, for slice()
  std::vector<Named> observed;    // their values are asked for if there is a model
};

// The text: declarations in the order of their names, assertions, check-sat, and what asks for values.
// The same question gives the same text in every run, so that its hash is the key of a kept proof.
// Unsatisfiable cores are not asked for: solvers are several times slower then (prove.cc finds them by
// dropping).
std::string smtlib(const Query& query);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_QUERY_H
