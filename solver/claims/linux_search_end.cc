// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_search_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

// Those that use no other names.
std::vector<Term> about(const std::vector<Term>& terms, const std::set<std::string>& names) {
  std::vector<Term> result;
  for (const Term& term : terms) {
    const std::set<std::string> used = free_names(term);
    if (std::includes(names.begin(), names.end(), used.begin(), used.end())) result.push_back(term);
  }
  return result;
}

}  // namespace

Term SearchEnd::is_right(const Term& end) const {
  return (end != word(0)) & less_equal(end, call_.table.entries) &
         less_equal(call_.table.first_index + (end - word(1)), call_.request.mask);
}

std::vector<Case> SearchEnd::cases() const {
  std::vector<Case> result;
  for (const Path& path : call_.paths) {
    for (const Event& event : path.events) {
      if (event.name != kAreaAsked) continue;
      const Term& end = event.arguments[0];
      // Which end it is depends on more: on the hint or the handle that the search begins at, and on the
      // pass. Only which CPU asks and how pools are chosen for it make no difference, and the question hard.
      std::vector<Term> known = conditions_before(path, event.given);
      std::erase_if(known, [](const Term& condition) {
        return free_names(condition).contains("pool_hash") || free_names(condition).contains("cpu");
      });
      add_case(result, {fmt::format("the search ends in the window and below the mask ({})", event.place),
                        {},
                        implies(all_of(known), is_right(end)),
                        {}});
    }
  }
  return result;
}

Term SearchEnd::follows(const Path& path, bool of_place, Term goal) const {
  const Event* search = last_search(path);
  if (search == nullptr) return implies(promised(path), goal);
  const Term& end = search->arguments[0];
  std::vector<Term> known = conjuncts(promised(path));
  known.push_back(is_right(end));
  // That there is something to search for.
  for (const Term& term : about(path.conditions, {"pages"})) known.push_back(term);
  known = conjuncts(all_of(known));
  known.push_back(goal);
  for (Term& term : known) {
    if (!end.constant()) term = substitute(term, end, free_word("search_end"));
    if (of_place && !path.result->bits.constant()) {
      term = substitute(term, path.result->bits, free_word("entry"));
    }
  }
  goal = known.back();
  known.pop_back();
  if (of_place) {
    std::set<std::string> names = free_names(goal);
    names.insert("search_end");
    known = about(known, names);
  }
  return implies(all_of(known), goal);
}

void SearchEnd::add_below_mask(std::vector<Case>& cases) const {
  for (const Path& path : call_.paths) {
    if (path.end != Path::End::kReturned) continue;
    const Event* search = last_search(path);
    if (search == nullptr) {
      if (succeeded(path).is_false()) continue;
      cases.push_back({fmt::format("{}: nothing without a search", kBelowMask), {}, !succeeded(path), {}});
      continue;
    }
    const Term last = last_entry(call_.request, path.result->bits);
    const Term goal = follows(path, true, implies(succeeded(path), less(last, search->arguments[0])));
    if (!goal.is_true()) {
      add_case(cases, {fmt::format("{}: the last entry is searched", kBelowMask), {}, goal, {}});
    }
  }
  const Term end = free_word("search_end");
  const Term last = free_word("last_entry");
  cases.push_back({kBelowMask, {}, implies(is_right(end) & less(last, end), is_reached(call_, last)), {}});
}

bool SearchEnd::is_about(const Obligation& obligation) {
  const auto has = [&](std::string_view words) { return obligation.what.find(words) != std::string::npos; };
  return has("is asked inside the map") || has("is asked where there is an entry") ||
         has("is asked for what fits between");
}

void SearchEnd::add_consequences(std::vector<Case>& cases) const {
  for (const Path& path : call_.paths) {
    for (const Obligation& obligation : path.obligations) {
      if (!is_about(obligation)) continue;
      add_case(
          cases,
          {fmt::format("{} ({})", obligation.what, obligation.place), {}, end_before(path, obligation), {}});
    }
  }
}

Term SearchEnd::end_before(const Path& path, const Obligation& obligation) const {
  Term holds = obligation.holds;
  for (const Event& event : path.events) {
    if (event.name != kAreaAsked || event.given != obligation.given) continue;
    const Term& end = event.arguments[0];
    holds = implies(is_right(end), holds);
    if (!end.constant()) holds = substitute(holds, end, free_word("search_end"));
  }
  return holds;
}

}  // namespace nospan::solver
