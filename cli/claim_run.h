// SPDX-License-Identifier: BSD-2-Clause
// Decides claims about selected targets and replays their counterexamples on the compiled code: what prove and
// gate have in common. Prints nothing but progress.
#ifndef NOSPAN_CLI_CLAIM_RUN_H
#define NOSPAN_CLI_CLAIM_RUN_H

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/replayer.h"
#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "reports/error.h"
#include "reports/result.h"
#include "solver/runner.h"

namespace nospan::cli {

// A counterexample that violates an invariant on the compiled code.
struct Refutation {
  Replay replay;
  std::vector<std::string> effects;  // props/explanation.h
  std::filesystem::path file;        // where it was saved; empty until save_counterexamples()
};

struct ClaimRun {
  std::vector<solver::ClaimResult> results;
  std::map<std::string, Refutation> refutations;  // by target and id of the claim, one after the other
  std::uint64_t peak_kib = 0;

  const Refutation* refutation_of(const std::string& target, const std::string& id) const {
    const auto found = refutations.find(target + id);
    return found == refutations.end() ? nullptr : &found->second;
  }
};

// Decides the groups of claims, with options.claims also what those rest on, replays counterexamples and closes
// chains (solver/prove.h). No results: nobody makes a claim of that name. `targets` are those of the tasks.
ClaimRun run_claims(const std::vector<SelectedTarget>& targets, const std::vector<solver::GroupTask>& tasks,
                    solver::RunnerOptions options, ProgressLine& progress);

// Writes the counterexample of each refuted claim to a file of its own.
reports::Expected<void> save_counterexamples(ClaimRun& run, const std::filesystem::path& folder);

// Adds the claims to a result, with page sizes and findings.
void add_claim_run(reports::Result& result, const ClaimRun& run, const std::vector<SelectedTarget>& targets);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_CLAIM_RUN_H
