// SPDX-License-Identifier: BSD-2-Clause
// A campaign: many random scenarios on one target, in worker processes; the first failure is confirmed and
// shrunk.
#ifndef NOSPAN_PROPS_CAMPAIGN_H
#define NOSPAN_PROPS_CAMPAIGN_H

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "props/coverage.h"
#include "props/executor.h"
#include "props/guards.h"
#include "props/scenario.h"
#include "props/scenario_generator.h"
#include "props/shrink.h"
#include "props/worker.h"
#include "reports/verdict.h"
#include "targets/target.h"

namespace nospan::props {

struct CampaignOptions {
  std::uint64_t seed = 0;
  GeneratorOptions generator;
  // How long to go on, or how many scenarios to run; with both, whichever is reached first.
  std::optional<std::chrono::milliseconds> time;
  std::optional<std::uint64_t> scenarios;
  unsigned jobs = 1;
  std::chrono::milliseconds shrink_time{10000};
  // False: only whether and how it fails is asked. The failure is not run again and not shrunk.
  bool confirm = true;
  HangLimit hang_limit;
};

// A scenario that violates an invariant, confirmed by a second run.
struct Failure {
  std::uint64_t number = 0;  // of the scenario in the campaign
  Scenario found;
  Outcome outcome;  // of the scenario as found
  // The second run did not show the violation: something besides the scenario decides.
  bool flaky = false;
  ShrinkResult shrunk;  // equal to found if flaky
  double shrink_seconds = 0;
};

struct CampaignResult {
  reports::Verdict verdict = reports::Verdict::kError;
  Tally tally;
  Coverage coverage;
  double seconds = 0;  // without shrinking
  std::optional<Failure> failure;
  // The campaign ended before its scenarios or its time were used up, by a signal.
  bool interrupted = false;
};

// What a caller may watch. All are optional.
struct CampaignListener {
  // About four times a second.
  std::function<void(const Tally&, double seconds)> on_progress;
  // At once, unshrunk.
  std::function<void(const Failure&)> on_failure;
  // The caller wants to stop (Ctrl-C). Asked with on_progress.
  std::function<bool()> stop;
};

// Runs scenarios until the first failure or the end of the budget. The failure is the one with the lowest
// number, whatever the number of jobs.
CampaignResult run_campaign(const nospan_target& target, const GuardSet& guards, const CampaignOptions& options,
                            const CampaignListener& listener);

// Confirms by a second run and shrinks: what happens to every failing scenario, wherever it comes from.
void confirm_and_shrink(const nospan_target& target, const GuardSet& guards,
                        std::chrono::milliseconds shrink_time, Failure& failure);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_CAMPAIGN_H
