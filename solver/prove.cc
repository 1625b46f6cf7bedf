// SPDX-License-Identifier: BSD-2-Clause
#include "solver/prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "solver/covered_shifts.h"
#include "solver/proof_cache.h"
#include "solver/slice.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"

namespace nospan::solver {
namespace {

using Kind = Answer::Kind;
using reports::Verdict;

// A question with its answers, from all solvers that were asked.
struct Asked {
  Answer first;
  Answer second;
  bool was_second_asked = false;
  bool kept = false;
  std::string hash;
  std::set<std::string> hypotheses;  // that the text which was answered has
};

// Asks for one instance.
class Questioner {
 public:
  Questioner(const Instance& instance, const ProveOptions& options)
      : instance_(instance), options_(options), cache_(options.cache) {}

  // Hypotheses of the instance but those named, its domain, `more`, and the goal.
  Query query(const std::set<std::string>& without, const std::vector<Term>& more,
              std::vector<Term> goal) const {
    Query query;
    for (const Hypothesis& hypothesis : instance_.hypotheses) {
      if (without.contains(hypothesis.name)) continue;
      query.hypotheses.push_back({hypothesis.name, hypothesis.term});
    }
    query.given = instance_.domain;
    query.given.insert(query.given.end(), more.begin(), more.end());
    query.goal = std::move(goal);
    query.observed = instance_.inputs;
    return query;
  }

  // For what would be nice to have: a few seconds at most, the first solver only.
  Asked ask_briefly(const Query& query) {
    const std::string text = smtlib(query);
    Asked asked;
    asked.hash = keep_text(text);
    if (auto known = cache_.find(text, z3_version())) {
      asked.first = std::move(*known);
    } else {
      asked.first = decide_with_z3(text, brief());
      cache_.keep(text, z3_version(), asked.first);
    }
    return asked;
  }

  // What matters to the goal first, then, if that has a model, all of it.
  Asked ask(const Query& query, const std::vector<Split>& splits) {
    return ask(query, splits, {options_.limits, true});
  }

  // A case without some hypotheses. Most follow from the code alone, or from those hypotheses that speak about
  // nothing but what the goal speaks about: that is tried first, so that the drop table need not ask it again
  // for every other hypothesis. `needs_hypotheses`: it is known that it does not follow from the code alone.
  Asked ask_case(const Case& question, const std::set<std::string>& without, bool needs_hypotheses = false) {
    const std::vector<Term> goal = {!question.goal};
    const Query whole = query(without, question.given, goal);
    const Query without_given = query(without, {}, goal);
    if (!question.probably_enough.empty()) {
      Asked asked = ask(query(without, question.probably_enough, goal), question.splits);
      if (asked.first.kind == Kind::kUnsatisfiable) return asked;
    }
    std::vector<Query> attempts;
    const auto attempt_with = [&](const Query& attempt, std::vector<Named> hypotheses) {
      if (hypotheses.size() == attempt.hypotheses.size()) return;
      attempts.push_back(attempt);
      attempts.back().hypotheses = std::move(hypotheses);
    };
    const Query& simplest = question.try_without_given ? without_given : whole;
    if (!needs_hypotheses) {
      attempt_with(simplest, {});
      if (question.try_without_given) attempt_with(whole, {});
    }
    if (auto closest = about_the_goal(whole); !closest.empty()) attempt_with(simplest, std::move(closest));
    if (question.try_without_given && whole.hypotheses.empty()) attempts.push_back(without_given);
    for (const Query& attempt : attempts) {
      Asked asked = ask(attempt, question.splits, {brief(), false});
      if (asked.first.kind == Kind::kUnsatisfiable) return asked;
    }
    return ask(whole, question.splits);
  }

  // With a constant in place of a free number.
  static Query restricted(const Query& query, const Split& split) {
    Query result = query;
    const auto put_in = [&](Term& term) { term = substitute(term, split.variable, split.value); };
    for (Named& hypothesis : result.hypotheses) put_in(hypothesis.term);
    for (Term& term : result.given) put_in(term);
    for (Term& term : result.goal) put_in(term);
    for (Named& observed : result.observed) put_in(observed.term);
    return result;
  }

 private:
  static bool has_model(const Asked& asked) { return asked.first.kind == Kind::kSatisfiable; }

  struct Effort {
    DecisionLimits limits;
    bool model_matters;  // or it is only an attempt: the second solver is not asked about a model
  };

  Asked ask(const Query& query, const std::vector<Split>& splits, const Effort& effort) {
    const Effort of_slice{effort.limits, false};
    if (!splits.empty()) {
      Asked asked = ask_parts(query, splits, true, of_slice);
      return has_model(asked) ? ask_parts(query, splits, false, effort) : asked;
    }
    if (const auto part = slice(query)) {
      Asked asked = ask_whole(*part, of_slice);
      if (!has_model(asked)) return asked;
    }
    return ask_whole(query, effort);
  }

  DecisionLimits brief() const {
    constexpr std::chrono::milliseconds kBrief{3000};
    return {std::min(options_.limits.time, kBrief), options_.limits.memory_mib};
  }

  static std::vector<Named> about_the_goal(const Query& query) {
    std::set<std::string> names;
    for (const Term& term : query.goal) names.merge(free_names(term));
    std::vector<Named> result;
    for (const Named& hypothesis : query.hypotheses) {
      const std::set<std::string> used = free_names(hypothesis.term);
      if (std::includes(names.begin(), names.end(), used.begin(), used.end())) result.push_back(hypothesis);
    }
    return result;
  }

  static void note_hypotheses(Asked& asked, const Query& query) {
    for (const Named& hypothesis : query.hypotheses) asked.hypotheses.insert(hypothesis.name);
  }

  Asked ask_parts(const Query& query, const std::vector<Split>& splits, bool sliced, const Effort& effort) {
    // Each with its constant put in: solvers are much faster on that than on the whole.
    std::vector<std::string> parts;
    toolchain::Digest digest;
    Asked total;
    for (const Split& split : splits) {
      Query part = restricted(query, split);
      if (sliced) {
        if (auto what_matters = slice(part)) part = std::move(*what_matters);
      }
      note_hypotheses(total, part);
      parts.push_back(smtlib(part));
      digest.add(keep_text(parts.back()));
    }
    total.hash = digest.hex();
    total.kept = true;
    total.first = combined(ask_first(parts, &total.kept, effort.limits));
    if (options_.cross_check && (effort.model_matters || !has_model(total))) {
      total.was_second_asked = true;
      std::vector<Answer> answers;
      for (const std::string& part : parts) {
        answers.push_back(ask_second(part));
        if (answers.back().kind != Kind::kUnsatisfiable) break;
      }
      total.second = combined(answers);
    }
    return total;
  }

  // Writes the text where --smt2 wants it; its hash.
  std::string keep_text(const std::string& text) const {
    const std::string hash = toolchain::Digest().add(text).hex();
    if (!options_.smt2_folder.empty()) {
      static_cast<void>(toolchain::write_file(options_.smt2_folder / (hash + ".smt2"), text));
    }
    return hash;
  }

  // Until one part is not unsatisfiable: what is kept from earlier runs, the rest in one process.
  std::vector<Answer> ask_first(const std::vector<std::string>& parts, bool* kept,
                                const DecisionLimits& limits) {
    const std::string solver = z3_version();
    std::vector<Answer> answers;
    std::vector<std::string> open;
    std::vector<std::size_t> places;
    for (const std::string& part : parts) {
      if (auto known = cache_.find(part, solver)) {
        answers.push_back(std::move(*known));
      } else {
        places.push_back(answers.size());
        open.push_back(part);
        answers.emplace_back();
      }
    }
    // A model that is known already answers the whole question.
    for (const Answer& answer : answers) {
      if (answer.kind == Kind::kSatisfiable) return {answer};
    }
    if (open.empty()) return answers;
    *kept = false;
    const std::vector<Answer> fresh = decide_parts_with_z3(open, limits);
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      cache_.keep(open[i], solver, fresh[i]);
      answers[places[i]] = fresh[i];
    }
    // What was not asked any more does not count.
    if (fresh.size() < open.size()) answers = {fresh.back()};
    return answers;
  }

  Answer ask_second(const std::string& text) {
    const std::string solver = cvc5_version();
    if (auto known = cache_.find(text, solver)) return std::move(*known);
    Answer answer = decide_with_cvc5(text, options_.limits);
    cache_.keep(text, solver, answer);
    return answer;
  }

  // Unsatisfiable if every part is; else what the one that is not says.
  static Answer combined(const std::vector<Answer>& parts) {
    Answer total;
    total.kind = Kind::kUnsatisfiable;
    std::chrono::duration<double> seconds{0};
    uint64_t peak_kib = 0;
    for (const Answer& part : parts) {
      seconds += part.seconds;
      peak_kib = std::max(peak_kib, part.peak_kib);
      if (part.kind != Kind::kUnsatisfiable) total = part;
    }
    total.seconds = seconds;
    total.peak_kib = peak_kib;
    return total;
  }

  Asked ask_whole(const Query& query, const Effort& effort) {
    const std::string text = smtlib(query);
    Asked asked;
    note_hypotheses(asked, query);
    asked.hash = keep_text(text);
    asked.kept = true;
    asked.first = ask_first({text}, &asked.kept, effort.limits).front();
    if (options_.cross_check && (effort.model_matters || !has_model(asked))) {
      asked.was_second_asked = true;
      asked.second = ask_second(text);
    }
    return asked;
  }

  const Instance& instance_;
  const ProveOptions& options_;
  ProofCache cache_;
};

// Inputs that are shifts: by free numbers they are what makes questions hard.
bool is_page_size(std::string_view name) { return name == "page_shift" || name == "granule_shift"; }

bool is_about_page_sizes(const Term& term) {
  const std::set<std::string> names = free_names(term);
  return std::all_of(names.begin(), names.end(), is_page_size);
}

// Wishes about nothing but page sizes come first, as the others are quickly answered once these are known.
std::vector<Term> page_sizes_first(std::vector<Term> preferences) {
  std::stable_partition(preferences.begin(), preferences.end(), is_about_page_sizes);
  return preferences;
}

std::vector<Split> page_sizes_in(const Instance& instance, const Answer& model) {
  std::vector<Split> result;
  for (const Named& input : instance.inputs) {
    const auto value = model.values.find(input.name);
    if (!is_page_size(input.name) || value == model.values.end() || input.term.constant()) continue;
    result.push_back({input.term, Term::bits(input.term.width(), value->second)});
  }
  return result;
}

// It is about inputs only, and true of the model's. If that cannot be told, no.
bool holds_in(const Instance& instance, const Answer& model, Term term) {
  for (const Named& input : instance.inputs) {
    const auto value = model.values.find(input.name);
    if (value == model.values.end() || input.term.constant() || input.term.truth()) continue;
    const Term constant = input.term.is_boolean() ? Term::boolean(value->second != 0)
                                                  : Term::bits(input.term.width(), value->second);
    term = substitute(term, input.term, constant);
  }
  return term.is_true();
}

// The smallest model that the instance's preferences lead to, as a counterexample.
Counterexample counterexample_of(const Instance& instance, Questioner& questioner, const std::string& in,
                                 Query query, Answer answer, std::string* problem) {
  std::vector<Split> known;
  for (Term preference : page_sizes_first(instance.preferences)) {
    if (known.empty() && !is_about_page_sizes(preference)) {
      known = page_sizes_in(instance, answer);
      for (const Split& size : known) query = Questioner::restricted(query, size);
    }
    for (const Split& size : known) preference = substitute(preference, size.variable, size.value);
    query.given.push_back(preference);
    if (holds_in(instance, answer, preference)) continue;
    const Asked asked = questioner.ask_briefly(query);
    if (asked.first.kind == Kind::kSatisfiable) {
      answer = asked.first;
    } else {
      query.given.pop_back();
    }
  }
  Counterexample result{in, answer.values, ""};
  if (!instance.scenario) return result;
  auto scenario = instance.scenario(answer.values);
  if (scenario) {
    result.scenario = std::move(*scenario);
  } else {
    *problem = scenario.error().line();
  }
  return result;
}

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
  return (asked.first.kind == Kind::kSatisfiable && asked.second.kind == Kind::kUnsatisfiable) ||
         (asked.first.kind == Kind::kUnsatisfiable && asked.second.kind == Kind::kSatisfiable);
}

// Asks the cases without some hypotheses: those only whose proof had one of them (`had`, for each case), as the
// text of the others stays what it was.
DropResult drop(const Instance& instance, Questioner& questioner, const std::set<std::string>& without,
                const std::string& hypothesis, const std::vector<std::set<std::string>>& had) {
  DropResult result;
  result.hypothesis = hypothesis;
  result.outcome = DropResult::Outcome::kRedundant;
  for (std::size_t i = 0; i < instance.cases.size(); ++i) {
    const auto is_without = [&](const std::string& name) { return without.contains(name); };
    if (std::none_of(had[i].begin(), had[i].end(), is_without)) continue;
    const Case& question = instance.cases[i];
    const Asked asked = questioner.ask_case(question, without, true);
    if (asked.first.kind == Kind::kUnsatisfiable) continue;
    result.outcome = DropResult::Outcome::kUnknown;
    if (asked.first.kind == Kind::kSatisfiable) {
      result.outcome = DropResult::Outcome::kNeeded;
      std::string problem;
      result.counterexample =
          counterexample_of(instance, questioner, question.name,
                            questioner.query(without, question.given, {!question.goal}), asked.first, &problem);
      break;
    }
  }
  return result;
}

// The drop table, and the core: what is left if one hypothesis after the other is left out as long as the claim
// is proved without. Solvers can tell a core themselves, but are four times slower then, and theirs is not the
// smallest.
void drop_each(const Instance& instance, Questioner& questioner, const std::set<std::string>& dropped,
               const std::vector<std::set<std::string>>& had, ClaimResult& result) {
  std::set<std::string> left_out = dropped;
  for (const Hypothesis& hypothesis : result.hypotheses) {
    std::set<std::string> without = dropped;
    without.insert(hypothesis.name);
    DropResult alone = drop(instance, questioner, without, hypothesis.name, had);
    if (alone.outcome == DropResult::Outcome::kRedundant) {
      without = left_out;
      without.insert(hypothesis.name);
      // What is not needed alone may be needed where another one is missing.
      if (left_out == dropped || drop(instance, questioner, without, hypothesis.name, had).outcome ==
                                     DropResult::Outcome::kRedundant) {
        left_out = std::move(without);
      }
    }
    if (!left_out.contains(hypothesis.name)) result.core.push_back(hypothesis.name);
    result.drops.push_back(std::move(alone));
  }
  std::sort(result.core.begin(), result.core.end());
  result.core_known = true;
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
      if (asked.first.kind != Kind::kUnsatisfiable) uncovered = asked;
    }
    const Asked asked = questioner.ask_case(question, options.dropped);
    record(question.name, asked);
    had.push_back(asked.hypotheses);
    if (asked.first.kind == Kind::kSatisfiable) {
      if (!result.counterexample) {
        result.counterexample = counterexample_of(
            instance, questioner, question.name,
            questioner.query(options.dropped, question.given, {!question.goal}), asked.first, &problem);
      }
    } else if (asked.first.kind != Kind::kUnsatisfiable && unanswered == nullptr) {
      unanswered_copy = asked;
      unanswered = &unanswered_copy;
    }
  }
  for (const std::vector<Term>& witness : instance.witnesses) {
    const Asked asked = questioner.ask(questioner.query(options.dropped, {}, witness), {});
    record("witness", asked);
    if (asked.first.kind == Kind::kSatisfiable) {
      result.witness = true;
      break;
    }
  }

  if (result.counterexample) {
    set_verdict(result, Verdict::kUnknown,
                problem.empty() ? "there is a model of the negation; it was not replayed yet"
                                : "the model of the negation cannot become a scenario: " + problem);
  } else if (unanswered != nullptr) {
    const bool broken = unanswered->first.kind == Kind::kError;
    set_verdict(result, broken ? Verdict::kError : Verdict::kUnknown, unanswered->first.reason);
  } else if (uncovered) {
    const bool leaves_out = uncovered->first.kind == Kind::kSatisfiable;
    set_verdict(result, leaves_out ? Verdict::kError : Verdict::kUnknown,
                leaves_out ? "the parts that the question was split into leave out what the domain allows"
                           : "whether its parts cover the domain: " + uncovered->first.reason);
  } else if (instance.incomplete) {
    set_verdict(result, instance.incomplete->verdict, instance.incomplete->line());
  } else if (instance.cases.empty()) {
    set_verdict(result, Verdict::kVacuous, "there is nothing to prove: no path does what the claim is about");
  } else if (!result.witness) {
    set_verdict(result, Verdict::kVacuous, "no call satisfies the hypotheses");
  } else {
    set_verdict(result, Verdict::kProved, "");
    result.page_shifts = covered_page_shifts(instance, options.dropped);
  }
  if (disagreement) set_verdict(result, Verdict::kDisagree, "the solvers contradict each other");
  if (options.drop_table && result.verdict == Verdict::kProved) {
    drop_each(instance, questioner, options.dropped, had, result);
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
