// SPDX-License-Identifier: BSD-2-Clause
// Makes a failing scenario small: the fewest commands, the smallest memory, the plainest numbers that still
// show the same violation.
#ifndef NOSPAN_PROPS_SHRINK_H
#define NOSPAN_PROPS_SHRINK_H

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "props/executor.h"
#include "props/scenario.h"

namespace nospan::props {

// Runs a valid scenario and returns its outcome if it still shows the violation that is being shrunk.
using StillFails = std::function<std::optional<Outcome>(const Scenario&)>;

struct ShrinkResult {
  Scenario scenario;
  Outcome outcome;
  std::uint64_t attempts = 0;
  // False if the time was up before nothing more could be taken away.
  bool complete = false;
};

// Shrinks `failing`, whose outcome is `outcome`, until nothing more can be taken away or `deadline`. The order
// of the attempts depends on the scenario alone: a shrink that completes always ends at the same scenario.
ShrinkResult shrink(const Scenario& failing, const Outcome& outcome, const StillFails& still_fails,
                    std::chrono::steady_clock::time_point deadline);

// The valid scenarios one step below this one, the boldest steps first: for RapidCheck, which has its own
// search.
std::vector<Scenario> shrink_candidates(const Scenario& scenario);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_SHRINK_H
