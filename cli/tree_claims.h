// SPDX-License-Identifier: BSD-2-Clause
// The gate's proofs: which claims about a tree are proved, and whether two trees say the same to the prover.
#ifndef NOSPAN_CLI_TREE_CLAIMS_H
#define NOSPAN_CLI_TREE_CLAIMS_H

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "reports/error.h"
#include "reports/result.h"
#include "targets/linux/tree.h"

namespace nospan::cli {

struct TreeClaimOptions {
  std::set<std::string> claims;  // ids or names; empty: all
  std::chrono::milliseconds timeout{10000};
  unsigned jobs = 1;
  std::filesystem::path save_folder;  // of counterexamples
};

// A digest of the modules that the prover reads, for all page sizes: with the same digest the same claims are
// proved. "" if nospan was built without the prover.
reports::Expected<std::string> provable_code(const linux_target::Tree& tree,
                                             const std::vector<unsigned>& page_shifts);

// Decides claims about kernel targets. None if nospan was built without the prover.
reports::Expected<std::vector<reports::ClaimOutcome>> decide_claims(const std::vector<SelectedTarget>& targets,
                                                                    const TreeClaimOptions& options,
                                                                    ProgressLine& progress);

// Adds which solvers decide claims, in which versions, and what else only the prover uses. Nothing if nospan
// was built without the prover.
void add_solvers(reports::Result& result);

// Can claims be proved here at all?
bool has_prover();

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_TREE_CLAIMS_H
