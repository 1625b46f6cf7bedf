// SPDX-License-Identifier: BSD-2-Clause
// A violation told to a person: the rule, what happened step by step, and a picture of the memory concerned.
#ifndef NOSPAN_PROPS_EXPLANATION_H
#define NOSPAN_PROPS_EXPLANATION_H

#include <string>
#include <vector>

#include "props/executor.h"
#include "props/scenario.h"
#include "targets/target.h"

namespace nospan::props {

// One line for a command: "map_page #0: 1 byte at guest 0xffffff, bidirectional".
std::string describe(const Scenario& scenario, const Command& command);

// Runs the scenario once more, in a process of its own, and returns a line for each command: what it was and
// what it did to the table. Ends where the scenario ends or the target stops.
std::vector<std::string> steps(const nospan_target& target, const Scenario& scenario);

// The whole text for a terminal, without colour, at most 100 columns wide but for messages of the target.
std::string explain(const nospan_target& target, const Scenario& scenario, const Outcome& outcome);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_EXPLANATION_H
