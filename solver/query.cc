// SPDX-License-Identifier: BSD-2-Clause
#include "solver/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <string_view>
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

// Names that Z3 gives to parts which occur several times, $x123 and ?x123, have the number that the term got
// when it was made. Numbered anew, so that the text does not depend on which other terms there were.
std::string with_own_numbers(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  std::map<std::string, std::size_t, std::less<>> numbers;
  bool is_quoted = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '|') is_quoted = !is_quoted;
    const std::string_view rest = text.substr(at);
    const bool begins_word = at == 0 || std::string_view(" (\n").find(text[at - 1]) != std::string_view::npos;
    if (is_quoted || !begins_word || (!rest.starts_with("$x") && !rest.starts_with("?x"))) {
      result += text[at++];
      continue;
    }
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 2), rest.size());
    const std::string_view name = rest.substr(0, end);
    const std::size_t number = numbers.emplace(name, numbers.size()).first->second;
    result += fmt::format("{}{}", name.substr(0, 2), number);
    at += end;
  }
  return result;
}

// "(assert ...)". Z3 has two printers. The one behind to_string() lays text out for people and takes thirty
// times as long as this one, which writes whole benchmarks, of which the declarations are left out:
// Declarations has them.
std::string assertion(const z3::expr& expression) {
  const std::string_view benchmark =
      Z3_benchmark_to_smtlib_string(expression.ctx(), "", "ALL", "unknown", "", 0, nullptr, expression);
  const std::size_t begin = benchmark.find("\n(assert");
  const std::size_t end = benchmark.rfind("(check-sat)");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return fmt::format("(assert {})\n", expression.to_string());
  }
  return with_own_numbers(benchmark.substr(begin + 1, end - begin - 1));
}

}  // namespace

std::string smtlib(const Query& query) {
  Z3_set_ast_print_mode(term_context(), Z3_PRINT_SMTLIB2_COMPLIANT);
  Declarations declarations;
  std::string assertions;
  for (const Named& hypothesis : query.hypotheses) {
    const z3::expr expression = hypothesis.term.expression();
    declarations.collect(expression);
    assertions += fmt::format("; {}\n{}", hypothesis.name, assertion(expression));
  }
  for (const std::vector<Term>* terms : {&query.given, &query.goal}) {
    for (const Term& term : *terms) {
      if (term.is_true()) continue;
      const z3::expr expression = term.expression();
      declarations.collect(expression);
      assertions += assertion(expression);
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
