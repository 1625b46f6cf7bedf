// SPDX-License-Identifier: BSD-2-Clause
#include "solver/query.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <unordered_set>

namespace nospan::solver {
namespace {

// Collects the declarations of free constants and functions that an expression uses.
class Declarations {
 public:
  void collect(const z3::expr& expression) {
    std::vector<z3::expr> open = {expression};
    while (!open.empty()) {
      const z3::expr current = open.back();
      open.pop_back();
      if (!seen_.insert(current.id()).second || !current.is_app()) continue;
      const z3::func_decl declaration = current.decl();
      if (declaration.decl_kind() == Z3_OP_UNINTERPRETED) {
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

  std::string text() const {
    std::string result;
    for (const auto& [name, declaration] : by_name_) result += declaration + "\n";
    return result;
  }

 private:
  std::unordered_set<unsigned> seen_;
  std::map<std::string, std::string> by_name_;
};

}  // namespace

std::string smtlib(const Query& query, bool with_core) {
  Z3_set_ast_print_mode(term_context(), Z3_PRINT_SMTLIB2_COMPLIANT);
  Declarations declarations;
  std::string assertions;
  for (const Named& hypothesis : query.hypotheses) {
    const z3::expr expression = hypothesis.term.expression();
    declarations.collect(expression);
    assertions += with_core
                      ? fmt::format("(assert (! {} :named {}))\n", expression.to_string(), hypothesis.name)
                      : fmt::format("(assert {}) ; {}\n", expression.to_string(), hypothesis.name);
  }
  for (const Term& term : query.given) {
    if (term.is_true()) continue;
    const z3::expr expression = term.expression();
    declarations.collect(expression);
    assertions += fmt::format("(assert {})\n", expression.to_string());
  }
  std::string values;
  for (const Named& observed : query.observed) {
    const z3::expr expression = observed.term.expression();
    declarations.collect(expression);
    values += fmt::format("(echo \"{}\")\n(get-value ({}))\n", observed.name, expression.to_string());
  }
  return fmt::format("{}(set-option :produce-models true)\n(set-logic ALL)\n{}{}(check-sat)\n{}{}",
                     with_core ? "(set-option :produce-unsat-cores true)\n" : "", declarations.text(),
                     assertions, with_core ? "(get-unsat-core)\n" : "", values);
}

}  // namespace nospan::solver
