// SPDX-License-Identifier: BSD-2-Clause
// A violation told to a person: the rule, what happened step by step, and a picture of the memory concerned.
#ifndef NOSPAN_PROPS_EXPLANATION_H
#define NOSPAN_PROPS_EXPLANATION_H

#include <optional>
#include <string>
#include <vector>

#include "props/concerned_memory.h"
#include "props/executor.h"
#include "props/scenario.h"
#include "reports/result.h"
#include "targets/target.h"

namespace nospan::props {

// One line for a command: "map_page #0: 1 byte at guest 0xffffff, bidirectional".
std::string describe(const Scenario& scenario, const Command& command);

// Runs the scenario once more, in a process of its own, and tells what each command did to the table, one line
// for each. Ends where the scenario ends or the target stops.
std::vector<std::string> effects(const nospan_target& target, const Scenario& scenario);

// A step for each command: what it was and its effect. The step that the outcome is about tells what was
// expected; it is there even if the target did not come back from it.
std::vector<reports::Step> steps(const std::vector<std::string>& effects, const Scenario& scenario,
                                 const Outcome& outcome);

// The memory that the outcome's first violation with a place is about. The result refers to the scenario.
std::optional<PictureInput> concerned_memory(const Scenario& scenario, const Outcome& outcome);

// The whole text for a terminal, without colour, at most 100 columns wide but for messages of the target.
std::string explain(const std::vector<std::string>& effects, const Scenario& scenario, const Outcome& outcome);
// The same with the effects of running it now.
std::string explain(const nospan_target& target, const Scenario& scenario, const Outcome& outcome);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_EXPLANATION_H
