// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>
#include <thread>

#include "cli/claim_tasks.h"
#include "cli/commands.h"
#include "cli/prove_report.h"

namespace nospan::cli {
namespace {

using reports::Expected;

struct ClaimsOptions {
  TargetSelection selection;
  bool assumptions = false;
};

// One line for each assumption, sorted: what solver/assumptions.txt holds.
void print_assumptions(const std::vector<solver::GroupResult>& groups) {
  std::set<std::string> lines;
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
    print_assumptions(groups);
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
