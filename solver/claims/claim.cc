// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/claim.h"

#include <fmt/format.h>

#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {

std::vector<Split> split_page_shift(const Term& page_shift) {
  std::vector<Split> splits;
  for (uint64_t shift = 12; shift <= 34; ++shift) {
    splits.push_back({page_shift, Term::bits(page_shift.width(), shift)});
  }
  return splits;
}

void add_case(std::vector<Case>& cases, Case question) {
  for (const Case& known : cases) {
    if (!known.goal.same(question.goal) || known.given.size() != question.given.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < known.given.size(); ++i) same = same && known.given[i].same(question.given[i]);
    if (same) return;
  }
  cases.push_back(std::move(question));
}

namespace {

bool is_of_contract(Obligation::Kind kind) {
  return kind == Obligation::Kind::kInvariant || kind == Obligation::Kind::kContract;
}

// One case for each place of the obligations that are, or are not, those of contracts.
std::vector<Case> obligation_cases(const std::vector<Path>& paths, bool of_contracts) {
  // In the order of the first time that the place was met.
  std::vector<Case> cases;
  std::map<std::string, std::size_t> known;
  std::vector<std::vector<Term>> violations;
  for (const Path& path : paths) {
    for (const Obligation& obligation : path.obligations) {
      if (is_of_contract(obligation.kind) != of_contracts) continue;
      const std::string name =
          fmt::format("{}: {} ({})", solver::name(obligation.kind), obligation.what, obligation.place);
      const auto [place, is_new] = known.emplace(name, cases.size());
      if (is_new) {
        cases.push_back({name, {}, Term::boolean(true), {}});
        violations.emplace_back();
      }
      std::vector<Term> conditions(path.conditions.begin(),
                                   path.conditions.begin() + static_cast<std::ptrdiff_t>(obligation.given));
      conditions.push_back(!obligation.holds);
      const Term violation = all_of(conditions);
      std::vector<Term>& others = violations[place->second];
      // Paths share their beginnings, and so their obligations.
      bool is_known = false;
      for (const Term& other : others) is_known = is_known || other.same(violation);
      if (!is_known) others.push_back(violation);
    }
  }
  for (std::size_t i = 0; i < cases.size(); ++i) cases[i].goal = !any_of(violations[i]);
  return cases;
}

}  // namespace

std::vector<Case> safety_cases(const std::vector<Path>& paths) { return obligation_cases(paths, false); }

std::vector<Case> contract_cases(const std::vector<Path>& paths) { return obligation_cases(paths, true); }

std::vector<Case> all_obligation_cases(const std::vector<Path>& paths) {
  std::vector<Case> cases = safety_cases(paths);
  for (Case& question : contract_cases(paths)) cases.push_back(std::move(question));
  return cases;
}

std::vector<Case> obligations_path_by_path(const std::vector<Path>& paths) {
  std::vector<Case> cases;
  for (const Path& path : paths) {
    for (const Obligation& obligation : path.obligations) {
      // Paths share their beginnings, and so their obligations.
      add_case(cases,
               {fmt::format("{}: {} ({})", solver::name(obligation.kind), obligation.what, obligation.place),
                conditions_before(path, obligation.given),
                obligation.holds,
                {}});
    }
  }
  return cases;
}

void try_with_what_it_speaks_of(Case& question, const std::vector<Term>& domain) {
  std::set<std::string> names = free_names(question.goal);
  for (const Term& term : domain) names.merge(free_names(term));
  for (const Term& known : question.given) {
    for (const Term& part : conjuncts(known)) {
      if (are_among(free_names(part), names)) question.probably_enough.push_back(part);
    }
  }
}

void try_all_splits_at_once(Case& question) {
  question.easier =
      std::make_shared<const Case>(Case{question.name, std::move(question.probably_enough), question.goal, {}});
  question.probably_enough.clear();
}

Case on_return(const std::string& name, const std::vector<Path>& paths,
               const std::function<Term(const Path&)>& goal) {
  std::vector<Term> goals;
  for (const Path& path : paths) {
    if (path.end != Path::End::kReturned) continue;
    goals.push_back(implies(all_of(path.conditions), goal(path)));
  }
  return {name, {}, all_of(goals), {}};
}

std::vector<Case> each_on_return(const std::string& name, const std::vector<Path>& paths,
                                 const std::function<Term(const Path&)>& goal) {
  std::vector<Case> cases;
  for (const Path& path : paths) {
    if (path.end == Path::End::kReturned) add_case(cases, {name, path.conditions, goal(path), {}});
  }
  return cases;
}

std::vector<std::vector<Term>> returning(const std::vector<Path>& paths,
                                         const std::function<Term(const Path&)>& goal) {
  std::vector<std::vector<Term>> result;
  for (const Path& path : paths) {
    if (path.end != Path::End::kReturned) continue;
    result.push_back(path.conditions);
    result.back().push_back(goal(path));
  }
  return result;
}

std::optional<reports::Error> incompleteness(const std::vector<Path>& paths) {
  for (const Path& path : paths) {
    if (path.end == Path::End::kUnsupported)
      return reports::Error{"", path.reason, "", reports::Verdict::kError};
    if (path.end == Path::End::kLoopBound)
      return reports::Error{"", path.reason, "", reports::Verdict::kUnknown};
  }
  return std::nullopt;
}

}  // namespace nospan::solver
