// SPDX-License-Identifier: BSD-2-Clause
#include "props/campaign.h"

#include <poll.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "props/memory_transform.h"

namespace nospan::props {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int kPollMilliseconds = 250;
// While a hang is shrunk, every candidate that hangs costs this much; what is left is confirmed with the full
// limit.
constexpr HangLimit kHangLimitWhileShrinking{20};

bool shows(const Outcome& outcome, model::Invariant invariant) {
  return outcome.violated() && outcome.violations.front().invariant == invariant;
}

// The kind of a SAFE-1 violation: a shrink must not turn a hang into a crash.
std::string_view kind_of(const model::Violation& violation) {
  const std::string_view text = violation.actual;
  return text.substr(0, text.find(':'));
}

bool same_violation(const Outcome& a, const Outcome& b) {
  if (!a.violated() || !shows(b, a.violations.front().invariant)) return false;
  // Once it is about two VMs, it stays about two VMs.
  if (a.violations.front().foreign_owner && !b.violations.front().foreign_owner) return false;
  if (a.violations.front().invariant != model::Invariant::kSafe1) return true;
  return kind_of(a.violations.front()) == kind_of(b.violations.front());
}

}  // namespace

void confirm_and_shrink(const nospan_target& target, const GuardSet& guards,
                        std::chrono::milliseconds shrink_time, Failure& failure) {
  const auto start = Clock::now();
  Worker worker(target, guards, HangLimit{});
  const Outcome again = worker.run(failure.found);
  failure.flaky = !same_violation(failure.outcome, again);
  if (failure.flaky) {
    failure.shrunk.scenario = failure.found;
    failure.shrunk.outcome = failure.outcome;
    return;
  }
  const bool hangs = kind_of(failure.outcome.violations.front()) == "it hangs";
  if (hangs) worker.set_hang_limit(kHangLimitWhileShrinking);
  // A device that reaches memory of the hypervisor is told with a second VM in its place: that is the question.
  Scenario start_scenario = failure.found;
  Outcome start_outcome = failure.outcome;
  const model::Violation& violation = failure.outcome.violations.front();
  if (violation.foreign_byte && !violation.foreign_owner) {
    Scenario two = with_neighbour_at(failure.found, *violation.foreign_byte);
    if (validate(two)) {
      const Outcome outcome = worker.run(two);
      if (same_violation(failure.outcome, outcome) && outcome.violations.front().foreign_owner) {
        start_scenario = std::move(two);
        start_outcome = outcome;
      }
    }
  }
  const StillFails still_fails = [&](const Scenario& candidate) -> std::optional<Outcome> {
    Outcome outcome = worker.run(candidate);
    if (!same_violation(start_outcome, outcome)) return std::nullopt;
    return outcome;
  };
  failure.shrunk = shrink(start_scenario, start_outcome, still_fails, start + shrink_time);
  if (hangs) {
    // A slow command is not a hang.
    worker.set_hang_limit(HangLimit{});
    const Outcome confirmed = worker.run(failure.shrunk.scenario);
    if (same_violation(failure.outcome, confirmed)) {
      failure.shrunk.outcome = confirmed;
    } else {
      failure.shrunk.scenario = failure.found;
      failure.shrunk.outcome = failure.outcome;
    }
  }
  failure.shrink_seconds = Seconds(Clock::now() - start).count();
}

CampaignResult run_campaign(const nospan_target& target, const GuardSet& guards, const CampaignOptions& options,
                            const CampaignListener& listener) {
  CampaignResult result;
  CampaignPlan plan;
  plan.seed = options.seed;
  plan.generator = options.generator;
  plan.end = options.scenarios.value_or(UINT64_MAX);
  auto counters = SharedCounters::create();
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<bool> busy;
  for (unsigned i = 0; i < std::max(1u, options.jobs); ++i) {
    workers.push_back(std::make_unique<Worker>(target, guards, options.hang_limit));
    workers.back()->start_campaign(plan, *counters);
    busy.push_back(true);
  }

  const auto start = Clock::now();
  std::optional<Failure> first;
  bool time_up = false;
  const auto total = [&] {
    Tally tally;
    for (const auto& worker : workers) tally.add(worker->tally());
    return tally;
  };
  while (std::find(busy.begin(), busy.end(), true) != busy.end()) {
    std::vector<pollfd> descriptors;
    std::vector<std::size_t> of;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (!busy[i]) continue;
      descriptors.push_back({workers[i]->file_descriptor(), POLLIN, 0});
      of.push_back(i);
    }
    int wait = kPollMilliseconds;
    if (options.time && !time_up) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(start + *options.time - Clock::now());
      wait = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kPollMilliseconds));
    }
    poll(descriptors.data(), descriptors.size(), wait);
    for (std::size_t k = 0; k < descriptors.size(); ++k) {
      if (descriptors[k].revents == 0) continue;
      Worker& worker = *workers[of[k]];
      const Worker::Event event = worker.finish();
      busy[of[k]] = false;
      if (event == Worker::Event::kDone) continue;
      // Scenarios below this number may still be running elsewhere: the lowest wins.
      if (!first || worker.number() < first->number) {
        first.emplace();
        first->number = worker.number();
        first->outcome = worker.outcome();
      }
      std::uint64_t lowest = counters->lowest_failure.load();
      while (worker.number() < lowest &&
             !counters->lowest_failure.compare_exchange_weak(lowest, worker.number())) {
      }
    }
    const double seconds = Seconds(Clock::now() - start).count();
    if (options.time && !time_up && Clock::now() >= start + *options.time) {
      time_up = true;
      counters->stop = true;
    }
    if (listener.on_progress) listener.on_progress(total(), seconds);
    if (listener.stop && !result.interrupted && listener.stop()) {
      result.interrupted = true;
      counters->stop = true;
    }
  }
  result.seconds = Seconds(Clock::now() - start).count();
  result.tally = total();
  for (const auto& worker : workers) result.coverage.add(worker->coverage());
  workers.clear();

  if (first) {
    ScenarioGenerator generator(plan.generator);
    generate_numbered(plan, first->number, generator, first->found);
    if (listener.on_failure) listener.on_failure(*first);
    if (options.confirm) confirm_and_shrink(target, guards, options.shrink_time, *first);
    result.failure = std::move(first);
    result.verdict = reports::Verdict::kRefuted;
  } else if (result.interrupted || result.tally.scenarios == 0) {
    result.verdict = reports::Verdict::kUnknown;
  } else if (result.coverage.insufficient() != nullptr) {
    result.verdict = reports::Verdict::kVacuous;
  } else {
    result.verdict = reports::Verdict::kHolds;
  }
  return result;
}

}  // namespace nospan::props
