// SPDX-License-Identifier: BSD-2-Clause
// What `nospan gate` can be told, as it stands on the command line.
#ifndef NOSPAN_CLI_GATE_OPTIONS_H
#define NOSPAN_CLI_GATE_OPTIONS_H

#include <CLI/App.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/target_selection.h"

namespace nospan::cli {

struct GateOptions {
  TargetSelection selection;  // of which tree, patches and page_shift count
  std::string range;
  bool at_once = false;
  std::string base_cache;
  std::string time;
  std::uint64_t scenarios = 0;
  std::string shrink_time = "10s";
  std::string corpus;
  std::string out;
  std::string json;
  std::string seed;
  unsigned jobs = 0;
  bool no_prove = false;
  std::vector<std::string> claims;
  bool undecided = false;
  std::string timeout = "10s";
};

// Adds the options, with their help. `options` outlives `app`.
void add_gate_options(CLI::App& app, GateOptions& options);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_GATE_OPTIONS_H
