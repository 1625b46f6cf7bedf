// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "cli/claim_run.h"
#include "cli/claim_tasks.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/interrupt.h"
#include "cli/prove_report.h"
#include "cli/prove_result.h"
#include "cli/replayed_finding.h"
#include "cli/run_record.h"
#include "cli/save_folder.h"
#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "cli/tool_versions.h"
#include "cli/trusted_base.h"
#include "props/durable_file.h"
#include "props/explanation.h"
#include "reports/result_json.h"
#include "solver/runner.h"
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
  std::string timeout = "60s";
  unsigned jobs = 0;
  std::string smt2;
  bool no_cache = false;
  std::string json;
};

class Prove {
 public:
  explicit Prove(ProveCommandOptions options) : options_(std::move(options)) {}
  Expected<int> run();

 private:
  Expected<void> select();
  Expected<void> set_options();
  void print() const;
  reports::Result result(Verdict verdict) const;

  ProveCommandOptions options_;
  solver::RunnerOptions runner_;
  std::vector<SelectedTarget> targets_;
  std::vector<solver::GroupTask> tasks_;
  ClaimRun run_;
  ProgressLine progress_;
  std::optional<toolchain::TemporaryFolder> answers_of_run_;
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
  runner_.stop = is_interrupted;
  runner_.claims = {options_.claims.begin(), options_.claims.end()};
  runner_.jobs = options_.jobs != 0 ? options_.jobs : std::max(1u, std::thread::hardware_concurrency());
  if (options_.cross_check && solver::cvc5_version().empty()) {
    return reports::failure("--cross-check", "cvc5 is not installed", "apt-get install cvc5");
  }
  auto cache = toolchain::cache_folder();
  if (!cache) return tl::make_unexpected(cache.error());
  if (options_.no_cache) {
    // Within one run the same question is asked once: page sizes and functions share many.
    auto folder = toolchain::TemporaryFolder::make(*cache);
    if (!folder) return tl::make_unexpected(folder.error());
    answers_of_run_.emplace(std::move(*folder));
    runner_.prove.cache = answers_of_run_->path();
  } else {
    runner_.prove.cache = *cache / "proofs";
  }
  if (!options_.smt2.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options_.smt2, error);
    if (error) {
      return reports::failure(options_.smt2, "cannot be made: " + error.message(), "name another folder");
    }
    runner_.prove.smt2_folder = options_.smt2;
  }
  return {};
}

Expected<void> Prove::select() {
  auto targets = select_claim_targets(options_.selection, progress_);
  if (!targets) return tl::make_unexpected(targets.error());
  auto tasks = claim_tasks(*targets, progress_);
  if (!tasks) return tl::make_unexpected(tasks.error());
  targets_ = std::move(*targets);
  tasks_ = std::move(*tasks);
  return {};
}

void Prove::print() const {
  print_claims(run_.results, options_.cross_check);
  for (const solver::ClaimResult& result : run_.results) {
    const Refutation* refutation = run_.refutation_of(result.target, result.id);
    if (result.verdict != Verdict::kRefuted || refutation == nullptr) continue;
    fmt::print("\n{}\n", emphasized(fmt::format("{} is refuted on {}", result.id, result.target)));
    fmt::print("  {}\n\n{}\n", result.words,
               props::explain(refutation->effects, refutation->replay.scenario, refutation->replay.outcome));
    fmt::print("Reproduce:  {}\n", reproducing_command(refutation->replay.target, refutation->file));
  }
}

reports::Result Prove::result(Verdict verdict) const {
  reports::Result result = record_.result();
  result.verdict = verdict;
  result.jobs = runner_.jobs;
  result.solver = solver::z3_version();
  add_prover_tools(result.dependencies);
  if (options_.cross_check) result.second_solver = solver::cvc5_version();
  result.trusted = trusted_by_prove();
  record_.finish(result);
  result.cut_short = is_interrupted();
  add_claim_run(result, run_, targets_);
  result.summary = claims_summary(result.claims);
  return result;
}

Expected<int> Prove::run() {
  const auto start = std::chrono::steady_clock::now();
  if (auto set = set_options(); !set) return tl::make_unexpected(set.error());
  if (auto selected = select(); !selected) return tl::make_unexpected(selected.error());
  run_ = run_claims(targets_, tasks_, runner_, progress_);
  if (run_.results.empty()) {
    return reports::failure("--claim", "no claim of that name is made about the selected targets",
                            "see nospan claims");
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (auto saved = save_counterexamples(run_, default_save_folder()); !saved) {
    return tl::make_unexpected(saved.error());
  }
  print();

  Verdict verdict = Verdict::kProved;
  for (const solver::ClaimResult& result : run_.results) verdict = reports::worst(verdict, result.verdict);
  if (is_interrupted()) verdict = reports::worst(verdict, Verdict::kUnknown);
  fmt::print("\n{}  {} claim{} in {:.1f} s, at most {} MiB\n", verdict_text(verdict, 0), run_.results.size(),
             run_.results.size() == 1 ? "" : "s", seconds, run_.peak_kib / 1024);
  if (is_interrupted()) {
    fmt::print("Cut short.{}\n",
               options_.no_cache ? "" : " The answers so far are kept: the same command goes on from there.");
  }
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
    watch_for_interrupts();
    auto code = Prove(*options).run();
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
