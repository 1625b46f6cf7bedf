// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>
#include <thread>

#include "cli/claim_tasks.h"
#include "cli/commands.h"
#include "cli/prove_report.h"
#include "solver/mutation/target_facts.h"
#include "targets/toolchain/cache.h"

namespace nospan::cli {
namespace {

using reports::Expected;

struct ClaimsOptions {
  TargetSelection selection;
  bool assumptions = false;
};

// What mutants are compared under (nospan mutate), on the programs of these tasks.
Expected<void> add_facts_of_mutants(const std::vector<solver::GroupTask>& tasks, std::set<std::string>& lines) {
  std::set<std::filesystem::path> seen;
  for (const solver::GroupTask& task : tasks) {
    if (task.subject == solver::Subject::kPlatform || !seen.insert(task.bitcode).second) continue;
    const auto program = solver::Program::load(task.bitcode);
    if (!program) return tl::make_unexpected(program.error());
    const auto facts = task.subject == solver::Subject::kKernel ? solver::kernel_facts(*program)
                                                                : solver::builtin_facts(*program);
    if (!facts) return tl::make_unexpected(facts.error());
    for (const solver::Assumption& assumption : facts->assumptions) {
      lines.insert(fmt::format("mutate/{}: {} [{}]", assumption.name, assumption.words, assumption.source));
    }
  }
  return {};
}

// One line for each assumption, sorted: what solver/assumptions.txt holds.
void print_assumptions(const std::vector<solver::GroupResult>& groups, std::set<std::string> lines) {
  for (const solver::GroupResult& group : groups) {
    for (const solver::ClaimResult& claim : group.claims) {
      for (const solver::Assumption& assumption : claim.assumptions) {
        lines.insert(fmt::format("{}: {} [{}]", assumption.name, assumption.words, assumption.source));
      }
    }
  }
  for (const std::string& line : lines) fmt::print("{}\n", line);
}

Expected<int> claims(const ClaimsOptions& options) {
  ProgressLine progress;
  auto targets = select_claim_targets(options.selection, progress);
  if (!targets) return tl::make_unexpected(targets.error());
  auto tasks = claim_tasks(*targets, progress);
  if (!tasks) return tl::make_unexpected(tasks.error());
  solver::RunnerOptions runner;
  runner.prove.describe_only = true;
  if (auto cache = toolchain::cache_folder()) runner.prove.cache = *cache / "proofs";
  runner.jobs = std::max(1u, std::thread::hardware_concurrency());
  std::size_t finished = 0;
  const auto groups = solver::run_groups(*tasks, runner, [&](const solver::GroupResult&) {
    progress.show(fmt::format("nospan: reading the code, {} of {}", ++finished, tasks->size()));
  });
  progress.clear();
  reports::Verdict verdict = reports::Verdict::kProved;
  for (const solver::GroupResult& group : groups) {
    for (const solver::ClaimResult& claim : group.claims) {
      if (claim.verdict != reports::Verdict::kError) continue;
      fmt::print(stderr, "nospan: {} of {}: {}\n", claim.id, claim.target, claim.reason);
      verdict = reports::Verdict::kError;
    }
  }
  if (options.assumptions) {
    std::set<std::string> of_mutants;
    if (auto added = add_facts_of_mutants(*tasks, of_mutants); !added)
      return tl::make_unexpected(added.error());
    print_assumptions(groups, std::move(of_mutants));
  } else {
    print_claim_list(groups);
  }
  return reports::exit_code(verdict);
}

}  // namespace

Command add_claims(CLI::App& app) {
  auto options = std::make_shared<ClaimsOptions>();
  options->selection.add_options(app);
  app.add_flag("--assumptions", options->assumptions, "only what is taken for granted, one per line");
  app.footer(
      "Lists what nospan prove would prove: each claim in words, the hypotheses that it is made under and "
      "where\n"
      "they come from, and the claims that it rests on.");
  return [options] {
    auto code = claims(*options);
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
