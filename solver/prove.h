// SPDX-License-Identifier: BSD-2-Clause
// Decides one claim: its cases, its witness, the core, and what each hypothesis is worth.
#ifndef NOSPAN_SOLVER_PROVE_H
#define NOSPAN_SOLVER_PROVE_H

#include <filesystem>
#include <set>
#include <string>

#include "solver/claims/claim.h"
#include "solver/decide.h"
#include "solver/result.h"

namespace nospan::solver {

struct ProveOptions {
  DecisionLimits limits;       // of each question to a solver
  bool cross_check = false;    // asks cvc5, too
  bool drop_table = true;      // drops each hypothesis in turn
  bool describe_only = false;  // asks nothing: the result says what would be claimed, its verdict is kUnknown
  std::set<std::string> dropped;      // --drop: these hypotheses are not made at all
  std::filesystem::path cache;        // empty: nothing is kept
  bool only_reads_cache = false;      // for code that nobody will prove again
  std::filesystem::path smt2_folder;  // where each question is written as HASH.smt2; empty: nowhere
};

// The verdict is kProved only if every case is unsatisfiable, there is a witness, no path is missing, and the
// splits of each case cover all that the domain allows.
// Whether the claims that it rests on are proved is not looked at here: see close_chains().
ClaimResult prove(const Instance& instance, const ProveOptions& options);

// A claim whose chain has a hole is not proved: takes back kProved where something in rests_on is not proved in
// `results` for the same target (lemmas: for any), and says which. Claims that rest on each other in a circle
// are not proved.
void close_chains(std::vector<ClaimResult>& results);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_PROVE_H
