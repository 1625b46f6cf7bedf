// SPDX-License-Identifier: BSD-2-Clause
#include "solver/term_form.h"

#include <unordered_set>

namespace nospan::solver {

std::optional<Operands> operands_of(const Term& a, Z3_decl_kind operation) {
  if (a.constant() || a.truth()) return std::nullopt;
  const z3::expr expression = a.expression();
  if (!expression.is_app() || expression.num_args() != 2 || expression.decl().decl_kind() != operation) {
    return std::nullopt;
  }
  return Operands{Term::from_expression(expression.arg(0)), Term::from_expression(expression.arg(1))};
}

std::vector<Term> parts_written_with(const std::vector<Term>& terms, Z3_decl_kind operation,
                                     const Term& right) {
  std::vector<Term> found;
  std::unordered_set<unsigned> seen;
  for (const Term& term : terms) {
    if (term.constant() || term.truth()) continue;
    std::vector<z3::expr> open = {term.expression()};
    while (!open.empty()) {
      const z3::expr current = open.back();
      open.pop_back();
      if (!seen.insert(current.id()).second || !current.is_app()) continue;
      for (unsigned i = 0; i < current.num_args(); ++i) open.push_back(current.arg(i));
      if (!current.is_bv() || current.is_numeral()) continue;
      Term part = Term::from_expression(current);
      const auto operands = operands_of(part, operation);
      if (operands && operands->right.same(right)) found.push_back(std::move(part));
    }
  }
  return found;
}

std::optional<Term> shifted_back_and_forth(const Term& a, const Term& count) {
  const auto shifted = operands_of(a, Z3_OP_BSHL);
  if (!shifted || !shifted->right.same(count)) return std::nullopt;
  return shifted->left;
}

std::optional<Term> exponent_of_power(const Term& a) {
  if (a.constant() || a.sort() != Term::Sort::kBits) return std::nullopt;
  const z3::expr expression = a.expression();
  uint64_t base = 0;
  if (!expression.is_app() || expression.decl().decl_kind() != Z3_OP_BSHL) return std::nullopt;
  if (!expression.arg(0).is_numeral_u64(base) || base != 1) return std::nullopt;
  return Term::from_expression(expression.arg(1));
}

std::optional<Choice> choice_of(const Term& a) {
  if (a.constant() || a.truth()) return std::nullopt;
  const z3::expr expression = a.expression();
  if (!expression.is_ite()) return std::nullopt;
  return Choice{Term::from_expression(expression.arg(0)), Term::from_expression(expression.arg(1)),
                Term::from_expression(expression.arg(2))};
}

namespace {

void add_conjuncts(const z3::expr& term, bool negated, std::vector<Term>& result) {
  if (term.is_app()) {
    const Z3_decl_kind kind = term.decl().decl_kind();
    if (kind == Z3_OP_NOT) {
      add_conjuncts(term.arg(0), !negated, result);
      return;
    }
    if (kind == (negated ? Z3_OP_OR : Z3_OP_AND)) {
      for (unsigned i = 0; i < term.num_args(); ++i) add_conjuncts(term.arg(i), negated, result);
      return;
    }
  }
  result.push_back(Term::from_expression(negated ? !term : term));
}

}  // namespace

std::vector<Term> conjuncts(const Term& term) {
  if (term.truth()) return {term};
  std::vector<Term> result;
  add_conjuncts(term.expression(), false, result);
  return result;
}

Term simplified(const Term& term) {
  if (term.constant() || term.truth()) return term;
  return Term::from_expression(term.expression().simplify());
}

Term substitute(const Term& term, const Term& part, const Term& value) {
  return substitute(term, {{part, value}});
}

Term substitute(const Term& term, const std::vector<std::pair<Term, Term>>& parts) {
  if (term.constant() || term.truth()) return term;
  z3::expr_vector from(term_context());
  z3::expr_vector to(term_context());
  for (const auto& [part, value] : parts) {
    from.push_back(part.expression());
    to.push_back(value.expression());
  }
  return Term::from_expression(term.expression().substitute(from, to).simplify());
}

}  // namespace nospan::solver
