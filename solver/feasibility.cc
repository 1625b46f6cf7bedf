// SPDX-License-Identifier: BSD-2-Clause
#include "solver/feasibility.h"

#include <algorithm>

namespace nospan::solver {
namespace {

// In Z3's own units of work, not in time: the same code has the same paths on every machine, however busy. This
// is about 0.1 s here; what takes more is better decided by the claim's own query.
constexpr unsigned kEffort = 300'000;
// A thousandth of a second: enough for conditions that contradict each other at first sight.
constexpr unsigned kLittleEffort = 1'000;

unsigned effort_for_paths = kEffort;

}  // namespace

LittleEffort::LittleEffort() { effort_for_paths = kLittleEffort; }
LittleEffort::~LittleEffort() { effort_for_paths = kEffort; }

Feasibility::Feasibility(const std::vector<Term>& domain) : solver_(term_context()) {
  set_effort(kEffort);
  for (const Term& term : domain) solver_.add(term.expression());
}

void Feasibility::set_effort(unsigned effort) {
  if (effort == effort_) return;
  z3::params parameters(term_context());
  parameters.set("rlimit", effort);
  solver_.set(parameters);
  effort_ = effort;
}

// Makes the solver's stack hold exactly `conditions`.
void Feasibility::align(const std::vector<Term>& conditions) {
  std::size_t common = 0;
  while (common < asserted_.size() && common < conditions.size() &&
         asserted_[common].same(conditions[common])) {
    ++common;
  }
  if (common < asserted_.size()) {
    solver_.pop(static_cast<unsigned>(asserted_.size() - common));
    asserted_.resize(common);
    model_size_ = std::min(model_size_, common);
  }
  for (std::size_t i = common; i < conditions.size(); ++i) {
    solver_.push();
    solver_.add(conditions[i].expression());
    asserted_.push_back(conditions[i]);
  }
}

// The last model usually satisfies one side of the next branch.
bool Feasibility::known_model_satisfies(const Term& condition) {
  if (!model_) return false;
  for (; model_size_ < asserted_.size(); ++model_size_) {
    if (!model_->eval(asserted_[model_size_].expression(), true).is_true()) return false;
  }
  return model_->eval(condition.expression(), true).is_true();
}

z3::check_result Feasibility::ask(const z3::expr& condition) {
  ++questions_;
  solver_.push();
  solver_.add(condition);
  const z3::check_result result = solver_.check();
  if (result == z3::sat) {
    model_ = solver_.get_model();
    model_size_ = asserted_.size();
  }
  if (result == z3::unknown) gave_up_ = true;
  solver_.pop();
  return result;
}

bool Feasibility::possible(const std::vector<Term>& conditions, const Term& condition) {
  gave_up_ = false;
  if (condition.is_false()) return false;
  align(conditions);
  if (known_model_satisfies(condition)) return true;
  set_effort(effort_for_paths);
  return ask(condition.expression()) != z3::unsat;
}

std::optional<uint64_t> Feasibility::value(const std::vector<Term>& conditions, const Term& term,
                                           const std::vector<uint64_t>& excluded) {
  gave_up_ = false;
  align(conditions);
  set_effort(kEffort);
  z3::expr condition = term_context().bool_val(true);
  for (const uint64_t number : excluded) {
    condition = condition && (term != Term::bits(term.width(), number)).expression();
  }
  if (ask(condition) != z3::sat) return std::nullopt;
  const z3::expr result = model_->eval(term.expression(), true);
  uint64_t number = 0;
  if (!result.is_numeral_u64(number)) return std::nullopt;
  return number;
}

}  // namespace nospan::solver
