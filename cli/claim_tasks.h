// SPDX-License-Identifier: BSD-2-Clause
// From the targets that a command selects to the groups of claims about them.
#ifndef NOSPAN_CLI_CLAIM_TASKS_H
#define NOSPAN_CLI_CLAIM_TASKS_H

#include <vector>

#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "reports/error.h"
#include "solver/runner.h"

namespace nospan::cli {

// As select_targets(), for targets whose sources are known: an Error names a library that was given.
reports::Expected<std::vector<SelectedTarget>> select_claim_targets(TargetSelection selection,
                                                                    ProgressLine& progress);

// All groups of claims about the targets, in the order of results. Makes bitcode that is not in the cache.
reports::Expected<std::vector<solver::GroupTask>> claim_tasks(const std::vector<SelectedTarget>& targets,
                                                              ProgressLine& progress);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_CLAIM_TASKS_H
