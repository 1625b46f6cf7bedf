// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>

#include "cli/claim_tasks.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/prove_report.h"
#include "cli/prove_result.h"
#include "cli/replayed_finding.h"
#include "cli/run_record.h"
#include "cli/save_folder.h"
#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "props/durable_file.h"
#include "props/explanation.h"
#include "props/scenario_file.h"
#include "props/worker.h"
#include "reports/result_json.h"
#include "solver/runner.h"
#include "targets/builtin/bitcode.h"
#include "targets/library.h"
#include "targets/linux/bitcode.h"
#include "targets/linux/build.h"
#include "targets/toolchain/cache.h"

namespace nospan::cli {
namespace {

using reports::Expected;
using reports::Verdict;

struct ProveCommandOptions {
  TargetSelection selection;
  std::vector<std::string> claims;
  std::vector<std::string> dropped;
  bool cross_check = false;
  bool open = false;
  std::string timeout = "60s";
  unsigned jobs = 0;
  std::string smt2;
  bool no_cache = false;
  std::string json;
};

// Runs scenarios of counterexamples on compiled targets.
class Replay {
 public:
  explicit Replay(std::vector<SelectedTarget> targets) : targets_(std::move(targets)) {}

  // What a scenario does on the target that a result names, and on its sanitized build.
  struct Seen {
    bool violated = false;
    SelectedTarget target;     // on which it is violated
    props::Scenario scenario;  // only if it is
    props::Outcome outcome;
    std::string told;  // as `nospan repro` prints it
  };
  // The target that results call so, if there is one.
  const SelectedTarget* target_of(const std::string& label) const {
    const auto found = std::find_if(targets_.begin(), targets_.end(),
                                    [&](const SelectedTarget& selected) { return selected.label() == label; });
    return found == targets_.end() ? nullptr : &*found;
  }

  Expected<Seen> run(const std::string& target, const std::string& scenario_text) {
    auto scenario = props::parse_scenario(scenario_text, "counterexample");
    if (!scenario) return tl::make_unexpected(scenario.error());
    for (const SelectedTarget& selected : targets_) {
      if (selected.label() != target) continue;
      Seen seen = run_on(selected, *scenario);
      if (seen.violated || !selected.tree) return seen;
      // Undefined behaviour shows in the build that reports it.
      linux_target::BuildOptions build;
      build.system_page_shift = static_cast<int>(selected.system_page.value);
      build.sanitized = true;
      auto file = linux_target::build_library(*selected.tree, build);
      if (!file) return tl::make_unexpected(file.error());
      auto library = targets::Library::open(file->string());
      if (!library) return tl::make_unexpected(library.error());
      SelectedTarget sanitized = selected;
      sanitized.target = library->get();
      sanitized.sanitized = true;
      return run_on(sanitized, *scenario);
    }
    return Seen{};
  }

 private:
  static Seen run_on(const SelectedTarget& selected, const props::Scenario& scenario) {
    props::Worker worker(*selected.target, props::GuardSet{}, props::HangLimit{});
    const props::Outcome outcome = worker.run(scenario);
    if (!outcome.violated()) return {};
    return {true, selected, scenario, outcome, props::explain(*selected.target, scenario, outcome)};
  }

  std::vector<SelectedTarget> targets_;
};

// A counterexample that violates an invariant on the compiled code.
struct Refutation {
  Replay::Seen seen;
  std::filesystem::path file;  // where it was saved
};

class Prove {
 public:
  explicit Prove(ProveCommandOptions options) : options_(std::move(options)) {}
  Expected<int> run();

 private:
  Expected<void> select();
  Expected<void> set_options();
  void decide();
  void decide_what_it_rests_on();
  void replay(solver::ClaimResult& result);
  Expected<void> print();
  reports::Result result(Verdict verdict) const;
  void add(std::vector<solver::GroupResult> groups);

  ProveCommandOptions options_;
  solver::RunnerOptions runner_;
  std::vector<solver::GroupTask> tasks_;
  std::unique_ptr<Replay> replay_;
  std::vector<solver::ClaimResult> results_;
  std::map<std::string, Refutation> refutations_;  // by target and id of the claim
  double seconds_ = 0;
  uint64_t peak_kib_ = 0;
  ProgressLine progress_;
  RunRecord record_{"prove"};
};

Expected<void> Prove::set_options() {
  const auto timeout = parse_duration(options_.timeout);
  if (!timeout) {
    return reports::failure("--timeout " + options_.timeout, timeout.error().what, timeout.error().mend);
  }
  runner_.prove.limits.time = *timeout;
  runner_.prove.cross_check = options_.cross_check;
  runner_.prove.dropped = {options_.dropped.begin(), options_.dropped.end()};
  runner_.prove.drop_table = options_.dropped.empty();
  runner_.open_groups = options_.open;
  runner_.claims = {options_.claims.begin(), options_.claims.end()};
  runner_.jobs = options_.jobs != 0 ? options_.jobs : std::max(1u, std::thread::hardware_concurrency());
  if (options_.cross_check && solver::cvc5_version().empty()) {
    return reports::failure("--cross-check", "cvc5 is not installed", "apt-get install cvc5");
  }
  if (!options_.no_cache) {
    auto cache = toolchain::cache_folder();
    if (!cache) return tl::make_unexpected(cache.error());
    runner_.prove.cache = *cache / "proofs";
  }
  if (!options_.smt2.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options_.smt2, error);
    if (error) {
      return reports::failure(options_.smt2, "cannot be made: " + error.message(), "name another folder");
    }
    runner_.prove.smt2_folder = options_.smt2;
    // Questions are written when they are asked.
    runner_.prove.cache.clear();
  }
  return {};
}

Expected<void> Prove::select() {
  auto targets = select_claim_targets(options_.selection, progress_);
  if (!targets) return tl::make_unexpected(targets.error());
  auto tasks = claim_tasks(*targets, progress_);
  if (!tasks) return tl::make_unexpected(tasks.error());
  tasks_ = std::move(*tasks);
  replay_ = std::make_unique<Replay>(std::move(*targets));
  return {};
}

void Prove::add(std::vector<solver::GroupResult> groups) {
  for (solver::GroupResult& group : groups) {
    peak_kib_ = std::max(peak_kib_, group.peak_kib);
    for (solver::ClaimResult& claim : group.claims) results_.push_back(std::move(claim));
  }
}

void Prove::decide() {
  std::size_t finished = 0;
  progress_.show(fmt::format("nospan: proving, 0 of {} groups of claims", tasks_.size()));
  add(solver::run_groups(tasks_, runner_, [&](const solver::GroupResult& group) {
    progress_.show(fmt::format("nospan: proving, {} of {} groups of claims; {} of {} in {:.1f} s", ++finished,
                               tasks_.size(), group.task.group, group.task.target, group.seconds));
  }));
  progress_.clear();
}

// With --claim: a claim is proved only with everything below it.
void Prove::decide_what_it_rests_on() {
  while (true) {
    std::set<std::string> missing;
    for (const solver::ClaimResult& result : results_) {
      if (result.verdict != Verdict::kProved) continue;
      for (const std::string& needed : result.rests_on) {
        const bool known = std::any_of(results_.begin(), results_.end(),
                                       [&](const solver::ClaimResult& other) { return other.id == needed; });
        if (!known) missing.insert(needed);
      }
    }
    if (missing.empty()) return;
    runner_.claims = missing;
    const auto is_missing = [&](const solver::ClaimResult& result) { return missing.contains(result.id); };
    decide();
    // Nobody makes or decides these claims: close_chains() says so.
    if (std::none_of(results_.begin(), results_.end(), is_missing)) return;
  }
}

void Prove::replay(solver::ClaimResult& result) {
  for (solver::DropResult& drop : result.drops) {
    if (!drop.counterexample || drop.counterexample->scenario.empty()) continue;
    const auto seen = replay_->run(result.target, drop.counterexample->scenario);
    drop.replayed = seen && seen->violated;
  }
  if (!result.counterexample || result.verdict == Verdict::kDisagree) return;
  if (result.counterexample->scenario.empty()) return;
  const auto seen = replay_->run(result.target, result.counterexample->scenario);
  if (!seen) {
    result.verdict = Verdict::kError;
    result.reason = "the counterexample cannot be replayed: " + seen.error().line();
  } else if (seen->violated) {
    result.verdict = Verdict::kRefuted;
    result.reason = "the counterexample was replayed on the compiled code";
    refutations_[result.target + result.id].seen = *seen;
  } else {
    result.verdict = Verdict::kDisagree;
    result.reason = "the solver's model does nothing wrong on the compiled code";
  }
}

Expected<void> Prove::print() {
  print_claims(results_, options_.cross_check);
  for (const solver::ClaimResult& result : results_) {
    if (result.verdict != Verdict::kRefuted) continue;
    const std::filesystem::path folder = default_save_folder();
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    std::string name = fmt::format("prove-{}-{}.json", result.id, result.target);
    for (char& c : name) {
      if (c == '/' || c == ' ' || c == ':') c = '-';
    }
    const std::filesystem::path file = folder / name;
    if (auto written = props::write_file_atomically(file, result.counterexample->scenario); !written) {
      return tl::make_unexpected(written.error());
    }
    fmt::print("\n{}\n", emphasized(fmt::format("{} is refuted on {}", result.id, result.target)));
    Refutation& refutation = refutations_[result.target + result.id];
    refutation.file = file;
    fmt::print("  {}\n\n{}\n", result.words, refutation.seen.told);
    fmt::print("Reproduce:  nospan repro {}\n", file.string());
  }
  return {};
}

reports::Result Prove::result(Verdict verdict) const {
  reports::Result result = record_.result();
  result.verdict = verdict;
  result.jobs = runner_.jobs;
  result.solver = solver::z3_version();
  if (options_.cross_check) result.second_solver = solver::cvc5_version();
  add_claims(result, results_);
  for (reports::ClaimOutcome& claim : result.claims) {
    if (const SelectedTarget* target = replay_->target_of(claim.target)) {
      claim.page_shift = target->system_page.value;
    }
    const auto refutation = refutations_.find(claim.target + claim.id);
    if (refutation == refutations_.end()) continue;
    const Replay::Seen& seen = refutation->second.seen;
    claim.finding = replayed_finding(seen.target, seen.scenario, seen.outcome, refutation->second.file);
    claim.finding->claim = claim.id;
  }
  result.summary = claims_summary(result.claims);
  record_.finish(result);
  result.peak_kib = std::max(result.peak_kib, peak_kib_);
  return result;
}

Expected<int> Prove::run() {
  const auto start = std::chrono::steady_clock::now();
  if (auto set = set_options(); !set) return tl::make_unexpected(set.error());
  if (auto selected = select(); !selected) return tl::make_unexpected(selected.error());
  const std::set<std::string> asked = runner_.claims;
  // With --claim, groups that are open say nothing about the claim unless it rests on them, which the claim
  // tells.
  const auto forget_open_groups = [&] {
    if (asked.empty() || options_.open) return;
    std::erase_if(results_, [](const solver::ClaimResult& result) {
      return result.verdict == Verdict::kUnknown && result.id.find('/') == std::string::npos;
    });
  };
  decide();
  forget_open_groups();
  if (results_.empty()) {
    return reports::failure("--claim", "no claim of that name is made about the selected targets",
                            "see nospan claims");
  }
  if (!asked.empty()) decide_what_it_rests_on();
  forget_open_groups();
  for (solver::ClaimResult& result : results_) replay(result);
  solver::close_chains(results_);
  seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (auto printed = print(); !printed) return tl::make_unexpected(printed.error());

  Verdict verdict = Verdict::kProved;
  for (const solver::ClaimResult& result : results_) verdict = reports::worst(verdict, result.verdict);
  fmt::print("\n{}  {} claims in {:.1f} s, at most {} MiB\n", verdict_text(verdict, 0), results_.size(),
             seconds_, peak_kib_ / 1024);
  if (!options_.json.empty()) {
    if (auto written = props::write_file_atomically(options_.json, reports::to_json(result(verdict)));
        !written) {
      return tl::make_unexpected(written.error());
    }
  }
  return reports::exit_code(verdict);
}

}  // namespace

Command add_prove(CLI::App& app) {
  auto options = std::make_shared<ProveCommandOptions>();
  options->selection.add_options(app);
  app.add_option("--claim", options->claims,
                 "only this claim, and what it rests on: exact, or exact/iommu_map_page")
      ->type_name("ID");
  app.add_option("--drop", options->dropped, "do not make this hypothesis: shows what it is needed for")
      ->type_name("HYPOTHESIS");
  app.add_flag("--cross-check", options->cross_check, "ask a second solver, cvc5, the same questions");
  app.add_flag("--open", options->open, "also try claims that solvers do not decide yet: takes very long");
  app.add_option("--timeout", options->timeout, "for each question to a solver")
      ->type_name("TIME")
      ->capture_default_str();
  app.add_option("--jobs", options->jobs, "groups of claims at a time; default: one per CPU")->type_name("N");
  app.add_option("--smt2", options->smt2, "write each question there, as HASH.smt2")->type_name("DIR");
  app.add_flag("--no-cache", options->no_cache, "ask everything anew");
  app.add_option("--json", options->json, "write the results there")->type_name("FILE");
  app.footer(
      "Executes the code of builtin and of every packaged kernel, unless told otherwise, symbolically and "
      "proves what\n"
      "nospan claims lists, for all inputs at once. A counterexample is replayed on the compiled code.\n\n"
      "  nospan prove --claim iso-granule                    the mission's theorem\n"
      "  nospan prove --claim iso-granule --drop granule     what it needs its hypothesis for");
  return [options] {
    auto code = Prove(*options).run();
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
