// SPDX-License-Identifier: BSD-2-Clause
#include "solver/necessity.h"

#include <algorithm>

#include "solver/smallest_model.h"

namespace nospan::solver {
namespace {

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

  struct Dropped {
    DropResult::Outcome outcome = DropResult::Outcome::kUnknown;
    const Case* needing = nullptr;  // a case that has a model without, and that model
    Answer model;
  };

  // Those cases only whose proof had one of them, as the text of the others stays what it was. Each gets a
  // second before any gets all the time there is: one counterexample decides, and which case has it nobody
  // knows.
  Dropped drop(const std::set<std::string>& without) {
    std::vector<const Case*> open;
    for (std::size_t i = 0; i < instance_.cases.size(); ++i) {
      const auto is_without = [&](const std::string& name) { return without.contains(name); };
      if (std::any_of(had_[i].begin(), had_[i].end(), is_without)) open.push_back(&instance_.cases[i]);
    }
    for (Questioner* asking : {&briefly_, &questioner_}) {
      std::vector<const Case*> unanswered;
      for (const Case* question : open) {
        Asked asked = asking->ask_case(*question, without, true);
        if (asked.first.kind == Answer::Kind::kUnsatisfiable) continue;
        if (asked.first.kind == Answer::Kind::kSatisfiable) {
          return {DropResult::Outcome::kNeeded, question, std::move(asked.first)};
        }
        unanswered.push_back(question);
      }
      open = std::move(unanswered);
    }
    return {open.empty() ? DropResult::Outcome::kRedundant : DropResult::Outcome::kUnknown, nullptr, {}};
  }

  Counterexample counterexample(const std::set<std::string>& without, const Dropped& dropped) {
    const Case& question = *dropped.needing;
    std::string problem;
    return counterexample_of(instance_, questioner_, question,
                             questioner_.query(without, question.given, {!question.goal}), dropped.model,
                             &problem);
  }

 private:
  static ProveOptions brief(ProveOptions options) {
    options.limits.time = std::min(options.limits.time, std::chrono::milliseconds(1000));
    return options;
  }

  const Instance& instance_;
  Questioner& questioner_;
  const ProveOptions brief_;
  Questioner briefly_;
  const std::vector<std::set<std::string>>& had_;
};

}  // namespace

void decide_necessity(const Instance& instance, Questioner& questioner, const ProveOptions& options,
                      const std::vector<std::set<std::string>>& had, ClaimResult& result) {
  Dropper dropper(instance, questioner, options, had);
  const std::set<std::string>& dropped = options.dropped;
  std::set<std::string> left_out = dropped;
  for (const Hypothesis& hypothesis : result.hypotheses) {
    std::set<std::string> without = dropped;
    without.insert(hypothesis.name);
    DropResult alone;
    alone.hypothesis = hypothesis.name;
    const Dropper::Dropped without_it = dropper.drop(without);
    alone.outcome = without_it.outcome;
    if (without_it.needing != nullptr) alone.counterexample = dropper.counterexample(without, without_it);
    if (alone.outcome == DropResult::Outcome::kRedundant) {
      without = left_out;
      without.insert(hypothesis.name);
      // What is not needed alone may be needed where another one is missing.
      if (left_out == dropped || dropper.drop(without).outcome == DropResult::Outcome::kRedundant) {
        left_out = std::move(without);
      }
    }
    if (!left_out.contains(hypothesis.name)) result.core.push_back(hypothesis.name);
    result.drops.push_back(std::move(alone));
  }
  std::sort(result.core.begin(), result.core.end());
  result.core_known = true;
}

}  // namespace nospan::solver
