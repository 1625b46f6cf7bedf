// SPDX-License-Identifier: BSD-2-Clause
// What each hypothesis of the claims is worth, in as few lines as a person can take in.
#ifndef NOSPAN_CLI_DROP_TABLE_H
#define NOSPAN_CLI_DROP_TABLE_H

#include <string>
#include <vector>

#include "solver/result.h"

namespace nospan::cli {

// Claim by claim, the hypotheses that are needed and those that are redundant, and what these words mean.
// Targets are named only where they differ. Lines of at most 80 columns, but for names that are longer than
// that. Empty if no hypothesis was dropped. `heading` is the first line.
std::string drop_table(const std::vector<solver::ClaimResult>& results, const std::string& heading);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_DROP_TABLE_H
