// SPDX-License-Identifier: BSD-2-Clause
#include "solver/prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "solver/covered_shifts.h"
#include "solver/questioner.h"
#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

using Kind = Answer::Kind;
using reports::Verdict;

// Inputs that are shifts: by free numbers they are what makes questions hard.
bool is_page_size(std::string_view name) { return name == "page_shift" || name == "granule_shift"; }

bool is_about_page_sizes(const Term& term) {
  const std::set<std::string> names = free_names(term);
  return std::all_of(names.begin(), names.end(), is_page_size);
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

// Wishes that a model of the query should meet: earlier ones are granted before later ones. Several are asked
// for at once, as most can be granted together; the halves only where that is not so.
class Preferred {
 public:
  Preferred(const Instance& instance, Questioner& questioner, Query query, Answer answer)
      : instance_(instance), questioner_(questioner), query_(std::move(query)), answer_(std::move(answer)) {}

  void prefer(std::span<const Term> wishes) {
    while (!wishes.empty() && holds_in(instance_, answer_, restricted(wishes.front()))) {
      query_.given.push_back(restricted(wishes.front()));
      wishes = wishes.subspan(1);
    }
    if (wishes.empty() || can_grant(wishes) || wishes.size() == 1) return;
    const std::size_t half = (wishes.size() + 1) / 2;
    prefer(wishes.first(half));
    prefer(wishes.subspan(half));
  }

  // Puts the page sizes of the model in place of them: what is asked then is answered quickly.
  void keep_page_sizes() {
    sizes_ = page_sizes_in(instance_, answer_);
    for (const Split& size : sizes_) query_ = Questioner::restricted(query_, size);
  }

  const Answer& answer() const { return answer_; }

 private:
  Term restricted(Term wish) const {
    for (const Split& size : sizes_) wish = substitute(wish, size.variable, size.value);
    return wish;
  }

  bool can_grant(std::span<const Term> wishes) {
    Query all = query_;
    for (const Term& wish : wishes) all.given.push_back(restricted(wish));
    Asked asked = questioner_.ask_briefly(all);
    if (asked.first.kind != Kind::kSatisfiable) return false;
    query_ = std::move(all);
    answer_ = std::move(asked.first);
    return true;
  }

  const Instance& instance_;
  Questioner& questioner_;
  Query query_;
  Answer answer_;
  std::vector<Split> sizes_;
};

// The smallest model that the instance's preferences lead to, as a counterexample.
Counterexample counterexample_of(const Instance& instance, Questioner& questioner, const std::string& in,
                                 Query query, const Answer& answer, std::string* problem) {
  // Wishes about nothing but page sizes first.
  std::vector<Term> wishes = instance.preferences;
  const auto others = std::stable_partition(wishes.begin(), wishes.end(), is_about_page_sizes);
  const auto of_sizes = static_cast<std::size_t>(others - wishes.begin());
  Preferred model(instance, questioner, std::move(query), answer);
  model.prefer(std::span(wishes).first(of_sizes));
  model.keep_page_sizes();
  model.prefer(std::span(wishes).subspan(of_sizes));
  const Model& values = model.answer().values;
  Counterexample result{in, values, ""};
  if (!instance.scenario) return result;
  auto scenario = instance.scenario(values);
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

// Asks the cases of a claim without some of its hypotheses.
class Dropper {
 public:
  // `had`: for each case, the hypotheses that its proof had.
  Dropper(const Instance& instance, Questioner& questioner, const ProveOptions& options,
          const std::vector<std::set<std::string>>& had)
      : instance_(instance),
        questioner_(questioner),
        brief_(brief(options)),
        briefly_(instance, brief_),
        had_(had) {}

  // Those cases only whose proof had one of them, as the text of the others stays what it was. Each gets a
  // second before any gets all the time there is: one counterexample decides, and which case has it nobody
  // knows.
  DropResult drop(const std::set<std::string>& without, const std::string& hypothesis) {
    DropResult result;
    result.hypothesis = hypothesis;
    result.outcome = DropResult::Outcome::kRedundant;
    std::vector<const Case*> open;
    for (std::size_t i = 0; i < instance_.cases.size(); ++i) {
      const auto is_without = [&](const std::string& name) { return without.contains(name); };
      if (std::any_of(had_[i].begin(), had_[i].end(), is_without)) open.push_back(&instance_.cases[i]);
    }
    for (Questioner* asking : {&briefly_, &questioner_}) {
      std::vector<const Case*> unanswered;
      for (const Case* question : open) {
        const Asked asked = asking->ask_case(*question, without, true);
        if (asked.first.kind == Kind::kUnsatisfiable) continue;
        if (asked.first.kind == Kind::kSatisfiable) {
          result.outcome = DropResult::Outcome::kNeeded;
          result.counterexample = counterexample(*question, without, asked.first);
          return result;
        }
        unanswered.push_back(question);
      }
      open = std::move(unanswered);
    }
    if (!open.empty()) result.outcome = DropResult::Outcome::kUnknown;
    return result;
  }

 private:
  static ProveOptions brief(ProveOptions options) {
    options.limits.time = std::min(options.limits.time, std::chrono::milliseconds(1000));
    return options;
  }

  Counterexample counterexample(const Case& question, const std::set<std::string>& without,
                                const Answer& answer) {
    std::string problem;
    return counterexample_of(instance_, questioner_, question.name,
                             questioner_.query(without, question.given, {!question.goal}), answer, &problem);
  }

  const Instance& instance_;
  Questioner& questioner_;
  const ProveOptions brief_;
  Questioner briefly_;
  const std::vector<std::set<std::string>>& had_;
};

// The drop table, and the core: what is left if one hypothesis after the other is left out as long as the claim
// is proved without. Solvers can tell a core themselves, but are four times slower then, and theirs is not the
// smallest.
void drop_each(Dropper& dropper, const std::set<std::string>& dropped, ClaimResult& result) {
  std::set<std::string> left_out = dropped;
  for (const Hypothesis& hypothesis : result.hypotheses) {
    std::set<std::string> without = dropped;
    without.insert(hypothesis.name);
    DropResult alone = dropper.drop(without, hypothesis.name);
    if (alone.outcome == DropResult::Outcome::kRedundant) {
      without = left_out;
      without.insert(hypothesis.name);
      // What is not needed alone may be needed where another one is missing.
      if (left_out == dropped ||
          dropper.drop(without, hypothesis.name).outcome == DropResult::Outcome::kRedundant) {
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
  // One is enough, and some are hard to find: each gets a few seconds before any gets all the time there is.
  std::vector<Query> hard;
  for (const std::vector<Term>& witness : instance.witnesses) {
    const Query query = questioner.query(options.dropped, {}, witness);
    Asked asked = questioner.ask_briefly(query);
    result.witness = asked.first.kind == Kind::kSatisfiable;
    if (result.witness && options.cross_check) asked = questioner.ask(query, {});
    record("witness", asked);
    if (result.witness) break;
    if (asked.first.kind != Kind::kUnsatisfiable) hard.push_back(query);
  }
  std::optional<Asked> unseen;
  for (auto query = hard.begin(); query != hard.end() && !result.witness; ++query) {
    const Asked asked = questioner.ask(*query, {});
    record("witness", asked);
    result.witness = asked.first.kind == Kind::kSatisfiable;
    if (asked.first.kind != Kind::kUnsatisfiable) unseen = asked;
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
    Dropper dropper(instance, questioner, options, had);
    drop_each(dropper, options.dropped, result);
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
