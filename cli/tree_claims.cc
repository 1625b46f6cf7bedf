// SPDX-License-Identifier: BSD-2-Clause
#include "cli/tree_claims.h"

#ifdef NOSPAN_WITH_SOLVER
#include "cli/claim_run.h"
#include "cli/claim_tasks.h"
#include "cli/exploration.h"
#include "cli/interrupt.h"
#include "cli/tool_versions.h"
#include "solver/decide.h"
#include "solver/module_identity.h"
#include "solver/runner.h"
#include "targets/linux/bitcode.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"
#endif

namespace nospan::cli {

using reports::Expected;

#ifdef NOSPAN_WITH_SOLVER

bool has_prover() { return true; }

Expected<std::string> provable_code(const linux_target::Tree& tree, const std::vector<unsigned>& page_shifts) {
  toolchain::Digest digest;
  digest.add("modules 1");
  for (const unsigned shift : page_shifts) {
    const linux_target::BitcodeOptions options{static_cast<int>(shift)};
    for (const auto build : {linux_target::build_bitcode, linux_target::build_platform_bitcode}) {
      auto file = build(tree, options);
      if (!file) return tl::make_unexpected(file.error());
      auto identity = solver::module_identity(*file);
      if (!identity) return tl::make_unexpected(identity.error());
      digest.add(std::to_string(shift)).add(*identity);
    }
  }
  return digest.hex();
}

Expected<std::vector<reports::ClaimOutcome>> decide_claims(const std::vector<SelectedTarget>& targets,
                                                           const TreeClaimOptions& options,
                                                           ProgressLine& progress) {
  auto tasks = claim_tasks(targets, progress);
  if (!tasks) return tl::make_unexpected(tasks.error());
  auto cache = toolchain::cache_folder();
  if (!cache) return tl::make_unexpected(cache.error());
  solver::RunnerOptions runner;
  runner.prove.limits.time = options.timeout;
  runner.prove.cache = *cache / "proofs";
  runner.claims = options.claims;
  runner.jobs = options.jobs;
  runner.stop = is_interrupted;
  ClaimRun run = run_claims(targets, *tasks, runner, progress);
  if (auto saved = save_counterexamples(run, options.save_folder); !saved) {
    return tl::make_unexpected(saved.error());
  }
  reports::Result result;
  add_claim_run(result, run, targets);
  for (reports::ClaimOutcome& claim : result.claims) {
    if (claim.finding) claim.finding->id = finding_id(*claim.finding);
  }
  return std::move(result.claims);
}

void add_solvers(reports::Result& result) {
  result.solver = solver::z3_version();
  add_prover_tools(result.dependencies);
}

#else

bool has_prover() { return false; }

Expected<std::string> provable_code(const linux_target::Tree&, const std::vector<unsigned>&) {
  return std::string();
}

Expected<std::vector<reports::ClaimOutcome>> decide_claims(const std::vector<SelectedTarget>&,
                                                           const TreeClaimOptions&, ProgressLine&) {
  return std::vector<reports::ClaimOutcome>();
}

void add_solvers(reports::Result&) {}

#endif

}  // namespace nospan::cli
