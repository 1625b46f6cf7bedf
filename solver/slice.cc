// SPDX-License-Identifier: BSD-2-Clause
#include "solver/slice.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace nospan::solver {
namespace {

using Names = std::set<std::string>;

bool overlap(const Names& a, const Names& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& name) { return b.contains(name); });
}

// A hypothesis or a condition of the question, which may be kept.
struct Candidate {
  Names names;
  bool kept = false;
};

// Keeps what the names reach, and what that reaches in turn; true if anything was kept.
bool keep_reached(std::vector<Candidate>& candidates, Names& reached) {
  bool changed = false;
  for (Candidate& candidate : candidates) {
    if (candidate.kept || !overlap(candidate.names, reached)) continue;
    candidate.kept = true;
    changed = true;
    reached.insert(candidate.names.begin(), candidate.names.end());
  }
  return changed;
}

}  // namespace

std::set<std::string> free_names(const Term& term) {
  Names names;
  if (term.constant() || term.truth()) return names;
  std::unordered_set<unsigned> seen;
  std::vector<z3::expr> open = {term.expression()};
  while (!open.empty()) {
    const z3::expr current = open.back();
    open.pop_back();
    if (!seen.insert(current.id()).second || !current.is_app()) continue;
    const z3::func_decl declaration = current.decl();
    if (declaration.decl_kind() == Z3_OP_UNINTERPRETED) names.insert(declaration.name().str());
    for (unsigned i = 0; i < current.num_args(); ++i) open.push_back(current.arg(i));
  }
  return names;
}

bool are_among(const std::set<std::string>& some, const std::set<std::string>& others) {
  return std::includes(others.begin(), others.end(), some.begin(), some.end());
}

std::optional<Query> slice(const Query& query) {
  Names reached;
  for (const Term& term : query.goal) reached.merge(free_names(term));
  std::vector<Candidate> hypotheses;
  hypotheses.reserve(query.hypotheses.size());
  std::vector<Candidate> given;
  given.reserve(query.given.size());
  for (const Named& hypothesis : query.hypotheses) hypotheses.push_back({free_names(hypothesis.term)});
  // A condition without names is true, or says that there is no model: it always matters.
  for (const Term& term : query.given) given.push_back({free_names(term), term.is_false()});
  for (bool changed = true; changed;) {
    changed = keep_reached(hypotheses, reached);
    changed = keep_reached(given, reached) || changed;
  }
  Query result;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    if (hypotheses[i].kept) result.hypotheses.push_back(query.hypotheses[i]);
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i].kept) result.given.push_back(query.given[i]);
  }
  result.goal = query.goal;
  const bool all =
      result.hypotheses.size() == query.hypotheses.size() && result.given.size() == query.given.size();
  if (all) return std::nullopt;
  return result;
}

}  // namespace nospan::solver
