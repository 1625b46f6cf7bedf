// SPDX-License-Identifier: BSD-2-Clause
// The subcommands. Each adds itself to the command line; if it is chosen, its function runs and returns the
// process's exit code (design section 9).
#ifndef NOSPAN_CLI_COMMANDS_H
#define NOSPAN_CLI_COMMANDS_H

#include <CLI/App.hpp>
#include <functional>

#include "reports/error.h"

namespace nospan::cli {

using Command = std::function<int()>;

Command add_check(CLI::App& app);
Command add_repro(CLI::App& app);
Command add_gate(CLI::App& app);
Command add_corpus(CLI::App& app);
Command add_bench(CLI::App& app);
Command add_report(CLI::App& app);
Command add_targets(CLI::App& app);
Command add_prove(CLI::App& app);
Command add_claims(CLI::App& app);
Command add_mutate(CLI::App& app);

// Prints an error as its one line, and returns its exit code.
int report(const reports::Error& error);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_COMMANDS_H
