// SPDX-License-Identifier: BSD-2-Clause
#include "cli/claim_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "cli/prove_result.h"
#include "cli/replayed_finding.h"
#include "cli/twins_wanted.h"
#include "props/durable_file.h"
#include "props/scenario_file.h"

namespace nospan::cli {
namespace {

using reports::Expected;
using reports::Verdict;

class Run {
 public:
  Run(const std::vector<SelectedTarget>& targets, const std::vector<solver::GroupTask>& tasks,
      solver::RunnerOptions options, ProgressLine& progress)
      : options_(std::move(options)),
        progress_(progress),
        replayer_(targets,
                  options_.prove.cache.empty() ? options_.prove.cache : options_.prove.cache / "replays") {
    for (const solver::GroupTask& task : tasks) {
      const solver::ClaimGroup* group = solver::claim_group(task.group, task.subject);
      (group != nullptr && group->is_twin ? twins_ : tasks_).push_back(task);
    }
  }

  ClaimRun run() {
    const bool some = !options_.claims.empty();
    decide(tasks_);
    decide_twins();
    if (some) decide_what_it_rests_on();
    for (solver::ClaimResult& result : run_.results) replay(result);
    excuse_what_rests_on_holes();
    solver::close_chains(run_.results);
    return std::move(run_);
  }

 private:
  void decide(const std::vector<solver::GroupTask>& tasks) {
    if (tasks.empty()) return;
    std::size_t finished = 0;
    progress_.show(fmt::format("nospan: proving, 0 of {} groups of claims", tasks.size()));
    auto groups = solver::run_groups(tasks, options_, [&](const solver::GroupResult& group) {
      progress_.show(fmt::format("nospan: proving, {} of {} groups of claims; {} of {} in {:.1f} s", ++finished,
                                 tasks.size(), group.task.group, group.task.target, group.seconds));
    });
    progress_.clear();
    for (solver::GroupResult& group : groups) {
      run_.peak_kib = std::max(run_.peak_kib, group.peak_kib);
      for (solver::ClaimResult& claim : group.claims) run_.results.push_back(std::move(claim));
    }
  }

  void decide_twins() {
    std::set<std::string> targets;
    for (const solver::GroupTask& twin : twins_) targets.insert(twin.target);
    TwinsWanted wanted = twins_wanted(run_.results, options_.claims, targets);
    std::vector<solver::GroupTask> tasks;
    std::copy_if(twins_.begin(), twins_.end(), std::back_inserter(tasks),
                 [&](const solver::GroupTask& twin) { return wanted.targets.contains(twin.target); });
    std::swap(options_.claims, wanted.ids);
    decide(tasks);
    std::swap(options_.claims, wanted.ids);
  }

  // A claim is proved only with everything below it.
  void decide_what_it_rests_on() {
    while (true) {
      std::set<std::string> missing;
      for (const solver::ClaimResult& result : run_.results) {
        if (result.verdict != Verdict::kProved) continue;
        for (const std::string& needed : result.rests_on) {
          const bool known = std::any_of(run_.results.begin(), run_.results.end(),
                                         [&](const solver::ClaimResult& other) { return other.id == needed; });
          if (!known) missing.insert(needed);
        }
      }
      if (missing.empty()) return;
      options_.claims = missing;
      const auto is_missing = [&](const solver::ClaimResult& result) { return missing.contains(result.id); };
      decide(tasks_);
      // Nobody makes or decides these claims: close_chains() says so.
      if (std::none_of(run_.results.begin(), run_.results.end(), is_missing)) return;
    }
  }

  void replay(solver::ClaimResult& result) {
    for (solver::DropResult& drop : result.drops) {
      if (!drop.counterexample || drop.counterexample->scenario.empty()) continue;
      const auto seen = replayer_.replay(result.target, drop.counterexample->scenario);
      drop.replayed = seen && seen->has_value();
      if (drop.replayed) drop.counterexample->scenario = props::to_json((*seen)->scenario);
    }
    if (!result.counterexample || result.verdict == Verdict::kDisagree) return;
    if (!result.counterexample->scenario.empty()) replay_counterexample(result);
    if (result.verdict == Verdict::kUnknown) try_examples(result);
  }

  void replay_counterexample(solver::ClaimResult& result) {
    auto seen = replayer_.replay(result.target, result.counterexample->scenario);
    if (!seen || !*seen) shows_nothing_.insert(&result);
    if (!seen) {
      result.verdict = Verdict::kError;
      result.reason = "the counterexample cannot be replayed: " + seen.error().line();
    } else if (*seen) {
      refute(result, std::move(**seen), "the counterexample was replayed on the compiled code");
    } else if (result.scenario_is_example) {
      result.verdict = Verdict::kUnknown;
      result.reason = "there is a model of the negation; an example on the compiled code shows nothing";
    } else {
      result.verdict = Verdict::kDisagree;
      result.reason = "the solver's model does nothing wrong on the compiled code";
    }
  }

  void refute(solver::ClaimResult& result, Replay seen, std::string reason) {
    result.verdict = Verdict::kRefuted;
    result.reason = std::move(reason);
    // Not always the prover's own (Replayer::replay()).
    result.counterexample->scenario = props::to_json(seen.scenario);
    auto effects = replayer_.effects(seen);
    run_.refutations.insert_or_assign(result.target + result.id,
                                      Refutation{std::move(seen), std::move(effects), {}});
  }

  // A model of the negation of a contract begins in the middle of a call, as no scenario does.
  void try_examples(solver::ClaimResult& result) {
    for (const std::string& example : result.examples) {
      auto seen = replayer_.replay_example(result.target, example);
      if (!seen || !*seen) continue;
      refute(result, std::move(**seen),
             "there is a model of the negation; an example of what comes of it was seen on the compiled code");
      shows_nothing_.erase(&result);
      return;
    }
  }

  // A model that uses a contract which this code does not keep need not show anything on the compiled code:
  // that is no contradiction, and no proof.
  void excuse_what_rests_on_holes() {
    for (solver::ClaimResult& result : run_.results) {
      if (!shows_nothing_.contains(&result)) continue;
      for (const solver::ClaimResult& other : run_.results) {
        const bool is_needed =
            std::find(result.rests_on.begin(), result.rests_on.end(), other.id) != result.rests_on.end();
        if (!is_needed || other.target != result.target || other.verdict == Verdict::kProved) continue;
        result.verdict = Verdict::kUnknown;
        result.reason = fmt::format(
            "its model shows nothing on the compiled code, and rests on {}, which is not "
            "proved",
            other.id);
        break;
      }
    }
  }

  std::vector<solver::GroupTask> tasks_;
  std::vector<solver::GroupTask> twins_;
  solver::RunnerOptions options_;
  ProgressLine& progress_;
  Replayer replayer_;
  std::set<const solver::ClaimResult*> shows_nothing_;  // their counterexample, when it was replayed
  ClaimRun run_;
};

}  // namespace

ClaimRun run_claims(const std::vector<SelectedTarget>& targets, const std::vector<solver::GroupTask>& tasks,
                    solver::RunnerOptions options, ProgressLine& progress) {
  return Run(targets, tasks, std::move(options), progress).run();
}

Expected<void> save_counterexamples(ClaimRun& run, const std::filesystem::path& folder) {
  for (const solver::ClaimResult& result : run.results) {
    if (result.verdict != Verdict::kRefuted) continue;
    const auto refutation = run.refutations.find(result.target + result.id);
    if (refutation == run.refutations.end()) continue;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    std::string name = fmt::format("prove-{}-{}.json", result.id, result.target);
    for (char& c : name) {
      if (c == '/' || c == ' ' || c == ':') c = '-';
    }
    refutation->second.file = folder / name;
    auto written = props::write_file_atomically(folder / name, result.counterexample->scenario);
    if (!written) return written;
  }
  return {};
}

void add_claim_run(reports::Result& result, const ClaimRun& run, const std::vector<SelectedTarget>& targets) {
  add_claims(result, run.results);
  for (reports::ClaimOutcome& claim : result.claims) {
    if (const SelectedTarget* target = target_with_label(targets, claim.target)) {
      claim.page_shift = target->system_page.value;
    }
    const Refutation* refutation = run.refutation_of(claim.target, claim.id);
    if (refutation == nullptr) continue;
    const Replay& replay = refutation->replay;
    claim.finding =
        replayed_finding(replay.target, replay.scenario, replay.outcome, refutation->effects, refutation->file);
    claim.finding->claim = claim.id;
  }
  result.peak_kib = std::max(result.peak_kib, run.peak_kib);
}

}  // namespace nospan::cli
