// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/equivalence.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "solver/decide.h"
#include "solver/feasibility.h"
#include "solver/query.h"

namespace nospan::solver {
namespace {

using Clock = std::chrono::steady_clock;

bool same(const std::vector<Term>& a, const std::vector<Term>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Term& x, const Term& y) { return x.same(y); });
}

// Conditions of a path as numbers, to see at a glance that two paths exclude each other.
struct Marks {
  explicit Marks(const SsaPath& path) {
    for (const Term& condition : path.conditions) {
      if (condition.truth()) continue;
      negations.push_back(!condition);
      holds.push_back(condition.expression().id());
      excluded.push_back(negations.back().expression().id());
    }
    std::sort(holds.begin(), holds.end());
    std::sort(excluded.begin(), excluded.end());
  }
  bool exclude(const Marks& other) const {
    auto a = excluded.begin();
    auto b = other.holds.begin();
    while (a != excluded.end() && b != other.holds.end()) {
      if (*a == *b) return true;
      *a < *b ? ++a : ++b;
    }
    return false;
  }
  // A number is given anew when its formula is gone.
  std::vector<Term> negations;
  std::vector<unsigned> holds;
  std::vector<unsigned> excluded;
};

// The conditions that say which path is taken: without those that the program needs to have a meaning.
std::vector<Term> branches(const SsaPath& path) {
  std::vector<Term> result;
  auto needed = path.needed.begin();
  for (std::size_t i = 0; i < path.conditions.size(); ++i) {
    if (needed != path.needed.end() && needed->given == i) {
      ++needed;
    } else {
      result.push_back(path.conditions[i]);
    }
  }
  return result;
}

std::vector<unsigned> widths(const std::vector<Term>& terms) {
  std::vector<unsigned> result;
  result.reserve(terms.size());
  for (const Term& term : terms) result.push_back(term.is_boolean() ? 0 : term.width());
  return result;
}

// A number that loops carry, in which two functions differ.
struct Carried {
  std::size_t loop;
  std::size_t number;
  std::vector<unsigned> widths;  // of all that the loop carries, in bits; 0: a truth value
};

class Comparison {
 public:
  Comparison(const std::vector<SsaPath>& original, const std::vector<SsaPath>& mutant,
             const EquivalenceLimits& limits, const std::optional<LoopIndifference>& indifference)
      : original_(original), mutant_(mutant), limits_(limits), indifference_(indifference), feasibility_({}) {}

  // "" if equivalent.
  std::string difference() {
    std::vector<Marks> marks(mutant_.begin(), mutant_.end());
    std::vector<std::vector<Term>> taken;
    taken.reserve(mutant_.size());
    for (const SsaPath& path : mutant_) taken.push_back(branches(path));
    for (const SsaPath& path : original_) {
      if (path.stopped) continue;
      const std::vector<Term> here = branches(path);
      std::size_t at = 0;
      while (at < mutant_.size() && (mutant_[at].stopped || !same(here, taken[at]))) ++at;
      const auto twin = mutant_.begin() + static_cast<std::ptrdiff_t>(at);
      // Whoever takes this path takes the twin there, and none else.
      if (twin != mutant_.end()) {
        if (auto reason = difference(path, *twin); !reason.empty()) return reason;
        continue;
      }
      const Marks mine(path);
      for (std::size_t i = 0; i < mutant_.size(); ++i) {
        if (mine.exclude(marks[i]) || marks[i].exclude(mine)) continue;
        if (Clock::now() - start_ > limits_.total_time) return "it takes too long";
        if (auto reason = difference(path, mutant_[i]); !reason.empty()) return reason;
      }
    }
    return "";
  }

  // The number in which they differ, if it is the first thing in which they do.
  const std::optional<Carried>& carried() const { return carried_; }

 private:
  bool possible(const std::vector<Term>& conditions, const Term& condition) {
    if (!feasibility_.possible(conditions, condition)) return false;
    if (!feasibility_.gave_up()) return true;
    Query query;
    query.given = conditions;
    query.given.push_back(condition);
    DecisionLimits limits;
    limits.time = limits_.time;
    return decide_with_z3(smtlib(query), limits).kind != Answer::Kind::kUnsatisfiable;
  }

  // The conditions of the first path, and those of the second that are not among them, up to `count`.
  static std::vector<Term> together(const SsaPath& a, const SsaPath& b, std::size_t count) {
    std::vector<Term> result = a.conditions;
    for (std::size_t i = 0; i < count; ++i) {
      const Term& condition = b.conditions[i];
      const bool known = std::any_of(a.conditions.begin(), a.conditions.end(),
                                     [&](const Term& other) { return other.same(condition); });
      if (!known) result.push_back(condition);
    }
    return result;
  }

  std::string difference(const SsaPath& a, const SsaPath& b) {
    carried_.reset();
    for (const Needed& needed : b.needed) {
      const bool known = std::any_of(a.conditions.begin(), a.conditions.end(),
                                     [&](const Term& other) { return other.same(needed.holds); });
      if (!known && possible(together(a, b, needed.given), !needed.holds)) {
        return "undefined behaviour at " + needed.place;
      }
    }
    std::string first;
    const Term equal = equality(a, b, &first);
    if (equal.is_true()) return "";
    if (!possible(together(a, b, b.conditions.size()), !equal)) return "";
    return first.empty() ? "what is seen differs, or the solver does not say that it is equal" : first;
  }

  // That a number of Seen is the same, or need not be.
  Term equality(const Seen& x, const Seen& y, std::size_t number) const {
    Term equal = x.given[number] == y.given[number];
    if (!indifference_ || x.loop != indifference_->loop || number != indifference_->carried) return equal;
    return equal | (x.given[indifference_->unless] == x.given[indifference_->equals]);
  }

  Term equality(const SsaPath& a, const SsaPath& b, std::string* first) {
    if (b.stopped) {
      *first = "the mutant stops where the original does not";
      return Term::boolean(false);
    }
    std::vector<Term> parts;
    for (std::size_t i = 0; i < std::min(a.seen.size(), b.seen.size()); ++i) {
      const Seen& x = a.seen[i];
      const Seen& y = b.seen[i];
      if (x.what != y.what || x.given.size() != y.given.size()) {
        *first = fmt::format("{} in place of {}", y.what, x.what);
        return Term::boolean(false);
      }
      for (std::size_t k = 0; k < x.given.size(); ++k) {
        if (x.given[k].same(y.given[k])) continue;
        if (first->empty()) {
          *first = fmt::format("{} gets something else, or the solver does not say the same", x.what);
          if (x.loop) carried_ = Carried{*x.loop, k, widths(x.given)};
        }
        parts.push_back(equality(x, y, k));
      }
    }
    if (a.seen.size() != b.seen.size()) {
      *first = "more is seen of one than of the other";
      return Term::boolean(false);
    }
    return all_of(parts);
  }

  const std::vector<SsaPath>& original_;
  const std::vector<SsaPath>& mutant_;
  const EquivalenceLimits& limits_;
  const std::optional<LoopIndifference>& indifference_;
  std::optional<Carried> carried_;
  Feasibility feasibility_;
  const Clock::time_point start_ = Clock::now();
};

}  // namespace

Equivalence EquivalenceChecker::compare(const Program& mutant, const std::string& function,
                                        const SsaFacts& facts, const std::vector<LoopFact>& loops) const {
  const auto original = ssa_paths(original_, function, facts, loops, limits_.paths);
  if (!original) return Equivalence{false, original.error().line(), {}};
  return compare(*original, mutant, function, facts, loops);
}

Equivalence EquivalenceChecker::compare(const SsaFunction& original, const Program& mutant,
                                        const std::string& function, const SsaFacts& facts,
                                        const std::vector<LoopFact>& loops) const {
  std::optional<Carried> differs;
  const auto try_with = [&](const std::optional<LoopIndifference>& indifference) {
    Equivalence result;
    const auto other = ssa_paths(mutant, function, facts, loops, limits_.paths, indifference);
    if (!other) {
      result.why_not = other.error().line();
      return result;
    }
    Comparison comparison(original.paths, other->paths, limits_, indifference);
    result.why_not = comparison.difference();
    result.proved = result.why_not.empty();
    result.assumed = original.assumed;
    result.assumed.insert(other->assumed.begin(), other->assumed.end());
    differs = comparison.carried();
    return result;
  };
  Equivalence plain = try_with({});
  if (plain.proved || !differs) return plain;

  // The number may be one that nobody reads there.
  const Carried carried = *differs;
  const auto start = Clock::now();
  for (std::size_t a = 0; a < carried.widths.size(); ++a) {
    for (std::size_t b = a + 1; b < carried.widths.size(); ++b) {
      if (a == carried.number || b == carried.number || carried.widths[a] != carried.widths[b]) continue;
      if (Clock::now() - start > limits_.total_time) return plain;
      if (Equivalence result = try_with(LoopIndifference{carried.loop, carried.number, a, b}); result.proved)
        return result;
    }
  }
  return plain;
}

Equivalence EquivalenceChecker::compare(const Program& mutant, const std::string& function) {
  auto known = originals_.find(function);
  if (known == originals_.end()) {
    Original original{loop_facts(original_, function, facts_, limits_.paths), SsaFunction{}, ""};
    auto paths = ssa_paths(original_, function, facts_, original.loops, limits_.paths);
    if (paths) {
      original.function = std::move(*paths);
    } else {
      original.not_understood = paths.error().line();
    }
    known = originals_.emplace(function, std::move(original)).first;
  }
  const Original& original = known->second;
  if (!original.not_understood.empty()) return Equivalence{false, original.not_understood, {}};
  Equivalence result = compare(original.function, mutant, function, facts_, original.loops);
  if (!result.proved) return result;

  // What is not needed is not named: nothing at all, mostly.
  SsaFacts needed;
  needed.unseen_calls = facts_.unseen_calls;
  if (Equivalence plain = compare(mutant, function, needed, {}); plain.proved) return plain;
  // What is known of loops may rest on anything.
  if (!original.loops.empty()) return result;
  needed = facts_;
  for (const std::string& name : std::set<std::string>(result.assumed)) {
    const SsaFacts fewer = needed.without(name);
    Equivalence again = compare(mutant, function, fewer, {});
    if (!again.proved) continue;
    needed = fewer;
    result = std::move(again);
  }
  return result;
}

}  // namespace nospan::solver
