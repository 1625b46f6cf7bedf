// SPDX-License-Identifier: BSD-2-Clause
#include "solver/query.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <unordered_set>

namespace nospan::solver {
namespace {

// Collects the declarations of free constants and functions that an expression uses, and which theories it
// needs.
class Declarations {
 public:
  void collect(const z3::expr& expression) {
    std::vector<z3::expr> open = {expression};
    while (!open.empty()) {
      const z3::expr current = open.back();
      open.pop_back();
      if (!seen_.insert(current.id()).second) continue;
      if (!current.is_app()) {
        has_quantifiers_ = true;
        continue;
      }
      const z3::func_decl declaration = current.decl();
      has_arrays_ = has_arrays_ || current.is_array();
      if (declaration.decl_kind() == Z3_OP_UNINTERPRETED) {
        has_functions_ = has_functions_ || declaration.arity() > 0;
        const auto [known, is_new] = by_name_.emplace(declaration.name().str(), declaration.to_string());
        if (!is_new && known->second != declaration.to_string()) {
          fmt::print(stderr, "nospan: error of its own: two free constants of different sorts are called {}\n",
                     known->first);
          std::abort();
        }
      }
      for (unsigned i = 0; i < current.num_args(); ++i) open.push_back(current.arg(i));
    }
  }

  // The smallest logic that has all of it. Z3 chooses its strategy by the logic: for questions about
  // bit-vectors it is several times faster than for ALL, where it expects anything to follow.
  std::string_view logic() const {
    if (has_quantifiers_) return "ALL";
    if (has_arrays_) return has_functions_ ? "QF_AUFBV" : "QF_ABV";
    return has_functions_ ? "QF_UFBV" : "QF_BV";
  }

  std::string text() const {
    std::string result;
    for (const auto& [name, declaration] : by_name_) result += declaration + "\n";
    return result;
  }

 private:
  std::unordered_set<unsigned> seen_;
  std::map<std::string, std::string> by_name_;
  bool has_arrays_ = false;
  bool has_functions_ = false;
  bool has_quantifiers_ = false;
};

}  // namespace

std::string smtlib(const Query& query) {
  Z3_set_ast_print_mode(term_context(), Z3_PRINT_SMTLIB2_COMPLIANT);
  Declarations declarations;
  std::string assertions;
  for (const Named& hypothesis : query.hypotheses) {
    const z3::expr expression = hypothesis.term.expression();
    declarations.collect(expression);
    assertions += fmt::format("(assert {}) ; {}\n", expression.to_string(), hypothesis.name);
  }
  for (const std::vector<Term>* terms : {&query.given, &query.goal}) {
    for (const Term& term : *terms) {
      if (term.is_true()) continue;
      const z3::expr expression = term.expression();
      declarations.collect(expression);
      assertions += fmt::format("(assert {})\n", expression.to_string());
    }
  }
  std::string values;
  for (const Named& observed : query.observed) {
    const z3::expr expression = observed.term.expression();
    declarations.collect(expression);
    values += fmt::format("(echo \"{}\")\n(get-value ({}))\n", observed.name, expression.to_string());
  }
  return fmt::format("(set-option :produce-models true)\n(set-logic {})\n{}{}(check-sat)\n{}",
                     declarations.logic(), declarations.text(), assertions, values);
}

}  // namespace nospan::solver
