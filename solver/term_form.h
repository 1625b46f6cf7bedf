// SPDX-License-Identifier: BSD-2-Clause
// How a term is written: taking it apart, and putting something else in place of a part. Two terms that are
// written differently may mean the same. Not thread-safe, as terms are.
#ifndef NOSPAN_SOLVER_TERM_FORM_H
#define NOSPAN_SOLVER_TERM_FORM_H

#include <optional>
#include <utility>
#include <vector>

#include "solver/term.h"

namespace nospan::solver {

// The two operands of a term that is written with this operation.
struct Operands {
  Term left;
  Term right;
};
std::optional<Operands> operands_of(const Term& a, Z3_decl_kind operation);

// Everything that is written with this operation and this right operand, anywhere in the terms, each once.
std::vector<Term> parts_written_with(const std::vector<Term>& terms, Z3_decl_kind operation, const Term& right);

// x if the term is written as 1 << x. Dividing by it is shifting by x, as long as x is below the width.
std::optional<Term> exponent_of_power(const Term& a);

// x if the term is written as x << count: then (x << count) >> count is x, as long as x loses no bit.
std::optional<Term> shifted_back_and_forth(const Term& a, const Term& count);

// The parts of a term that is written as choose(condition, yes, no).
struct Choice {
  Term condition;
  Term yes;
  Term no;
};
std::optional<Choice> choice_of(const Term& a);

// Terms that hold together if the term holds, as its formula says: of (a and b) and not (c or d), four.
std::vector<Term> conjuncts(const Term& term);

// The same, as Z3's simplifier writes it: terms that mean the same more often are the same then.
Term simplified(const Term& term);

// The term with `value` in place of `part`, a free constant or any other term that is no number, wherever it
// occurs as it stands; simplified. Of several parts, all at once: where one contains another, the larger one.
Term substitute(const Term& term, const Term& part, const Term& value);
Term substitute(const Term& term, const std::vector<std::pair<Term, Term>>& parts);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_TERM_FORM_H
