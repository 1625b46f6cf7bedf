// SPDX-License-Identifier: BSD-2-Clause
// A violation that was seen on the compiled code, as a value of reports/result.h: what check and prove have in
// common.
#ifndef NOSPAN_CLI_REPLAYED_FINDING_H
#define NOSPAN_CLI_REPLAYED_FINDING_H

#include <filesystem>
#include <string>
#include <vector>

#include "cli/target_selection.h"
#include "props/executor.h"
#include "props/scenario.h"
#include "reports/result.h"

namespace nospan::cli {

// The command line that runs the scenario in `file` on this target.
std::string reproducing_command(const SelectedTarget& target, const std::filesystem::path& file);

// `outcome` is what the scenario did on the target, and has violations. `file` is where the scenario is kept;
// it may be empty.
reports::Finding replayed_finding(const SelectedTarget& target, const props::Scenario& scenario,
                                  const props::Outcome& outcome, const std::filesystem::path& file);
// The same with effects (props/explanation.h) that are known.
reports::Finding replayed_finding(const SelectedTarget& target, const props::Scenario& scenario,
                                  const props::Outcome& outcome, const std::vector<std::string>& effects,
                                  const std::filesystem::path& file);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_REPLAYED_FINDING_H
