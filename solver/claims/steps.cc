// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/steps.h"

#include <algorithm>
#include <set>
#include <utility>

#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {

Steps::Steps(std::vector<Case>& cases, const std::vector<Term>& known)
    : cases_(cases), known_(conjuncts(all_of(known))) {}

bool Steps::is_known(const Term& term) const {
  return term.is_true() ||
         std::any_of(known_.begin(), known_.end(), [&](const Term& other) { return other.same(term); });
}

void Steps::show(const std::string& name, const Term& fact, const std::vector<Term>& from,
                 std::vector<Split> splits) {
  std::vector<Term> enough = conjuncts(all_of(from));
  for (const Term& term : enough) {
    if (is_known(term)) continue;
    cases_.push_back({name + ", what it follows from", known_, term, splits});
    known_.push_back(term);
  }
  const bool needs_nothing = all_of(enough).is_true();
  cases_.push_back({name, known_, fact, std::move(splits), needs_nothing, std::move(enough)});
  for (Term& part : conjuncts(fact)) known_.push_back(std::move(part));
}

std::vector<Term> Steps::without(const std::vector<Term>& terms) const {
  std::set<std::string> names;
  for (const Term& term : terms) names.merge(free_names(term));
  std::vector<Term> result;
  for (const Term& term : known_) {
    const std::set<std::string> used = free_names(term);
    const auto is_unwanted = [&](const std::string& name) { return names.contains(name); };
    if (std::none_of(used.begin(), used.end(), is_unwanted)) result.push_back(term);
  }
  return result;
}

}  // namespace nospan::solver
