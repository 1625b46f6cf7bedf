// SPDX-License-Identifier: BSD-2-Clause
// What `nospan prove` found, as a value of reports/result.h.
#ifndef NOSPAN_CLI_PROVE_RESULT_H
#define NOSPAN_CLI_PROVE_RESULT_H

#include <vector>

#include "reports/result.h"
#include "solver/result.h"

namespace nospan::cli {

// One claim. A finding of it is for the caller to add: only who replays the counterexample knows.
reports::ClaimOutcome claim_outcome(const solver::ClaimResult& claim);

// Adds claims to a result, and each thing that they take for granted once.
void add_claims(reports::Result& result, const std::vector<solver::ClaimResult>& claims);

// The answer to `nospan prove` in one sentence.
std::string claims_summary(const std::vector<reports::ClaimOutcome>& claims);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_PROVE_RESULT_H
