// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/equivalence.h"

#include <fmt/format.h>

#include <algorithm>

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

class Comparison {
 public:
  Comparison(const std::vector<SsaPath>& original, const std::vector<SsaPath>& mutant,
             const EquivalenceLimits& limits)
      : original_(original), mutant_(mutant), limits_(limits), feasibility_({}) {}

  // "" if equivalent.
  std::string difference() {
    std::vector<Marks> marks(mutant_.begin(), mutant_.end());
    for (const SsaPath& path : original_) {
      if (path.stopped) continue;
      const auto twin = std::find_if(mutant_.begin(), mutant_.end(), [&](const SsaPath& other) {
        return !other.stopped && same(path.conditions, other.conditions);
      });
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

  static Term equality(const SsaPath& a, const SsaPath& b, std::string* first) {
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
        if (first->empty())
          *first = fmt::format("{} gets something else, or the solver does not say the same", x.what);
        parts.push_back(x.given[k] == y.given[k]);
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
  Feasibility feasibility_;
  const Clock::time_point start_ = Clock::now();
};

}  // namespace

bool is_equivalent(const Program& original, const Program& mutant, const std::string& function,
                   const SsaFacts& facts, const EquivalenceLimits& limits, std::string* why) {
  const auto one = ssa_paths(original, function, facts, limits.paths);
  const auto other = ssa_paths(mutant, function, facts, limits.paths);
  if (!one || !other) {
    *why = one ? other.error().line() : one.error().line();
    return false;
  }
  *why = Comparison(*one, *other, limits).difference();
  return why->empty();
}

reports::Expected<SsaFacts> kernel_facts(const Program& program) {
  SsaFacts facts;
  struct Range {
    const char* member;
    uint64_t least;
    uint64_t most;
  };
  // A window has at most 2^31 entries of 4 KiB to 16 GiB, and lies on the bus.
  for (const Range& range :
       {Range{"it_page_shift", 12, 34}, Range{"it_size", 1, uint64_t{1} << 31}, Range{"nr_pools", 1, 4},
        Range{"it_offset", 0, ~uint64_t{0} >> 12}, Range{"poolsize", 0, uint64_t{1} << 31}}) {
    auto offset = program.offset_of("iommu_table", range.member);
    if (!offset) return tl::unexpected(offset.error());
    facts.members.push_back({"struct.iommu_table", *offset, range.least, range.most});
  }
  facts.parameters = {{"dma_data_direction", 0, 2}};
  facts.unseen_calls = {"nospan_warn"};
  return facts;
}

}  // namespace nospan::solver
