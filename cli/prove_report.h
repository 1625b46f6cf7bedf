// SPDX-License-Identifier: BSD-2-Clause
// What `nospan prove` and `nospan claims` print.
#ifndef NOSPAN_CLI_PROVE_REPORT_H
#define NOSPAN_CLI_PROVE_REPORT_H

#include <vector>

#include "solver/result.h"
#include "solver/runner.h"

namespace nospan::cli {

// A table: claim, target, verdict, time, paths, core, witness and, if it was asked, the second solver; below
// it, what each hypothesis is worth.
void print_claims(const std::vector<solver::ClaimResult>& results, bool with_second_solver);

// Each claim once, with the targets that it is made about: words, hypotheses with their sources, what it rests
// on.
void print_claim_list(const std::vector<solver::GroupResult>& groups);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_PROVE_REPORT_H
