// SPDX-License-Identifier: BSD-2-Clause
#include "solver/prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "solver/covered_shifts.h"
#include "solver/necessity.h"
#include "solver/questioner.h"
#include "solver/smallest_model.h"

namespace nospan::solver {
namespace {

using reports::Verdict;

// The splits of a case as a question: is there anything in the domain that none of them is about?
Query outside(const Instance& instance, const std::vector<Split>& splits) {
  Query query;
  query.given = instance.domain;
  for (const Split& split : splits) query.goal.push_back(split.variable != split.value);
  return query;
}

bool same(const std::vector<Split>& a, const std::vector<Split>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Split& x, const Split& y) {
    return x.variable.same(y.variable) && x.value.same(y.value);
  });
}

bool contradict(const Asked& asked) {
  if (!asked.was_second_asked) return false;
  return (asked.first.kind == Answer::Kind::kSatisfiable &&
          asked.second.kind == Answer::Kind::kUnsatisfiable) ||
         (asked.first.kind == Answer::Kind::kUnsatisfiable && asked.second.kind == Answer::Kind::kSatisfiable);
}

void set_verdict(ClaimResult& result, Verdict verdict, std::string reason) {
  result.verdict = verdict;
  result.reason = std::move(reason);
}

}  // namespace

ClaimResult prove(const Instance& instance, const ProveOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  ClaimResult result;
  result.id = instance.id();
  result.target = instance.target;
  result.words = instance.words;
  result.rests_on = instance.rests_on;
  result.hypotheses = instance.hypotheses;
  std::erase_if(result.hypotheses, [&](const Hypothesis& h) { return options.dropped.contains(h.name); });
  result.assumptions = instance.assumptions;
  result.replayed_by = instance.replayed_by;
  result.scenario_is_example = instance.scenario_is_example;
  result.paths = instance.paths;
  if (options.describe_only) {
    set_verdict(result, Verdict::kUnknown, "");
    return result;
  }
  Questioner questioner(instance, options);

  bool disagreement = false;
  const Asked* unanswered = nullptr;
  Asked unanswered_copy;
  // For each case, the hypotheses that the proof of it had.
  std::vector<std::set<std::string>> had;
  std::string problem;
  const auto record = [&](const std::string& name, const Asked& asked) {
    CaseResult entry;
    entry.name = name;
    entry.answer = solver::name(asked.first.kind);
    entry.reason = asked.first.reason;
    entry.seconds = asked.first.seconds.count();
    entry.kept = asked.kept;
    entry.hash = asked.hash;
    if (asked.was_second_asked) {
      entry.second = solver::name(asked.second.kind);
      entry.second_seconds = asked.second.seconds.count();
    }
    result.cases.push_back(std::move(entry));
    result.peak_kib = std::max(result.peak_kib, asked.first.peak_kib);
    disagreement = disagreement || contradict(asked);
  };

  std::vector<const std::vector<Split>*> known_splits;
  std::optional<Asked> uncovered;
  for (const Case& question : instance.cases) {
    const auto is_same = [&](const std::vector<Split>* other) { return same(*other, question.splits); };
    if (!question.splits.empty() && std::none_of(known_splits.begin(), known_splits.end(), is_same)) {
      known_splits.push_back(&question.splits);
      const Asked asked = questioner.ask(outside(instance, question.splits), {});
      record("splits cover the domain", asked);
      if (asked.first.kind != Answer::Kind::kUnsatisfiable) uncovered = asked;
    }
    const Asked asked = questioner.ask_case(question, options.dropped);
    record(question.name, asked);
    had.push_back(asked.hypotheses);
    if (asked.first.kind == Answer::Kind::kSatisfiable) {
      if (!result.counterexample) {
        result.counterexample = counterexample_of(
            instance, questioner, question, questioner.query(options.dropped, question.given, {!question.goal}),
            asked.first, &problem);
      }
    } else if (asked.first.kind != Answer::Kind::kUnsatisfiable && unanswered == nullptr) {
      unanswered_copy = asked;
      unanswered = &unanswered_copy;
    }
  }
  // One is enough, and some are hard to find: each gets a few seconds before any gets all the time there is.
  std::vector<Query> hard;
  for (const std::vector<Term>& witness : instance.witnesses) {
    const Query query = questioner.query(options.dropped, {}, witness);
    Asked asked = questioner.ask_briefly(query);
    result.witness = asked.first.kind == Answer::Kind::kSatisfiable;
    if (result.witness && options.cross_check) asked = questioner.ask(query, {});
    record("witness", asked);
    if (result.witness) break;
    if (asked.first.kind != Answer::Kind::kUnsatisfiable) hard.push_back(query);
  }
  std::optional<Asked> unseen;
  for (auto query = hard.begin(); query != hard.end() && !result.witness; ++query) {
    const Asked asked = questioner.ask(*query, {});
    record("witness", asked);
    result.witness = asked.first.kind == Answer::Kind::kSatisfiable;
    if (asked.first.kind != Answer::Kind::kUnsatisfiable) unseen = asked;
  }

  if (result.counterexample) {
    result.examples = instance.examples;
    set_verdict(result, Verdict::kUnknown,
                problem.empty() ? "there is a model of the negation; it was not replayed yet"
                                : "the model of the negation cannot become a scenario: " + problem);
  } else if (unanswered != nullptr) {
    const bool broken = unanswered->first.kind == Answer::Kind::kError;
    set_verdict(result, broken ? Verdict::kError : Verdict::kUnknown, unanswered->first.reason);
  } else if (uncovered) {
    const bool leaves_out = uncovered->first.kind == Answer::Kind::kSatisfiable;
    set_verdict(result, leaves_out ? Verdict::kError : Verdict::kUnknown,
                leaves_out ? "the parts that the question was split into leave out what the domain allows"
                           : "whether its parts cover the domain: " + uncovered->first.reason);
  } else if (instance.incomplete) {
    set_verdict(result, instance.incomplete->verdict, instance.incomplete->line());
  } else if (instance.cases.empty()) {
    set_verdict(result, Verdict::kVacuous, "there is nothing to prove: no path does what the claim is about");
  } else if (!result.witness && unseen) {
    set_verdict(result, Verdict::kUnknown, "whether a call satisfies the hypotheses: " + unseen->first.reason);
  } else if (!result.witness) {
    set_verdict(result, Verdict::kVacuous, "no call satisfies the hypotheses");
  } else {
    set_verdict(result, Verdict::kProved, "");
    result.page_shifts = covered_page_shifts(instance, options.dropped);
  }
  if (disagreement) set_verdict(result, Verdict::kDisagree, "the solvers contradict each other");
  if (options.drop_table && result.verdict == Verdict::kProved) {
    decide_necessity(instance, questioner, options, had, result);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

void close_chains(std::vector<ClaimResult>& results) {
  // From the bottom: what rests on nothing, then what rests on that. A circle never becomes part of it.
  std::set<const ClaimResult*> closed;
  const auto is_closed = [&](const ClaimResult& result, const std::string& needed) {
    return std::any_of(closed.begin(), closed.end(), [&](const ClaimResult* other) {
      return other->id == needed && (other->target == result.target || other->target.empty());
    });
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const ClaimResult& result : results) {
      if (result.verdict != Verdict::kProved || closed.contains(&result)) continue;
      const bool all = std::all_of(result.rests_on.begin(), result.rests_on.end(),
                                   [&](const std::string& needed) { return is_closed(result, needed); });
      if (all) changed = closed.insert(&result).second;
    }
  }
  for (ClaimResult& result : results) {
    if (result.verdict != Verdict::kProved || closed.contains(&result)) continue;
    for (const std::string& needed : result.rests_on) {
      if (is_closed(result, needed)) continue;
      set_verdict(result, Verdict::kUnknown, fmt::format("it rests on {}, which is not proved", needed));
      break;
    }
  }
}

}  // namespace nospan::solver
