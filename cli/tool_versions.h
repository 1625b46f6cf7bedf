// SPDX-License-Identifier: BSD-2-Clause
// Which programs and libraries take part in a run, in which versions.
#ifndef NOSPAN_CLI_TOOL_VERSIONS_H
#define NOSPAN_CLI_TOOL_VERSIONS_H

#include <vector>

#include "reports/result.h"

namespace nospan::cli {

// What every command uses. Programs that are not installed are left out.
std::vector<reports::Dependency> tool_versions();

// What only the prover uses.
void add_prover_tools(std::vector<reports::Dependency>& tools);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_TOOL_VERSIONS_H
