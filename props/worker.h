// SPDX-License-Identifier: BSD-2-Clause
// A process that runs scenarios, so that a crash, a hang or a BUG of the target is a result like any other.
// What the process does to be watched is in props/crash_handlers.h, how scenarios get there in
// props/scenario_transfer.h.
#ifndef NOSPAN_PROPS_WORKER_H
#define NOSPAN_PROPS_WORKER_H

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "props/coverage.h"
#include "props/executor.h"
#include "props/guards.h"
#include "props/scenario.h"
#include "props/scenario_generator.h"

namespace nospan::props {

// What the workers of one campaign share.
struct CampaignPlan {
  std::uint64_t seed = 0;
  GeneratorOptions generator;
  // Scenarios with these numbers are run: [first, end).
  std::uint64_t first = 0;
  std::uint64_t end = UINT64_MAX;
};

// The scenario with this number in a campaign. The same on every machine and for any number of workers.
void generate_numbered(const CampaignPlan& plan, std::uint64_t number, ScenarioGenerator& generator,
                       Scenario& scenario);
// The same without its commands: generator.extend() appends them.
void begin_numbered(const CampaignPlan& plan, std::uint64_t number, ScenarioGenerator& generator,
                    Scenario& scenario);

// How much CPU time a worker may spend on one scenario before it counts as hanging. A scenario costs
// microseconds, at the very worst (a million entries searched for every command) a few tens of milliseconds.
struct HangLimit {
  unsigned milliseconds = 1000;
};

// Numbers that all workers of a campaign take from and that outlive any of them (shared memory).
class SharedCounters {
 public:
  static std::unique_ptr<SharedCounters, void (*)(SharedCounters*)> create();

  std::atomic<std::uint64_t> next{0};  // the next scenario number that nobody has taken
  std::atomic<std::uint64_t> lowest_failure{UINT64_MAX};
  std::atomic<bool> stop{false};  // the time is up
};

// One worker process, started when it is first needed and again after each that was lost. Used from one thread.
// Throws std::bad_alloc where the system has no memory or no process to give.
class Worker {
 public:
  // Why a request ended.
  enum class Event : std::uint8_t {
    kDone,     // the campaign's scenarios are used up, or stop was set
    kOutcome,  // a single scenario was run, or a campaign came upon a violation: see outcome(), number()
    kLost,     // the process died or hung: outcome() is the violation of SAFE-1 that this is
  };

  // `label` names the target in crash messages.
  Worker(const nospan_target& target, GuardSet guards, HangLimit limit);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Starts running a campaign's scenarios. Then poll file_descriptor() and call finish().
  void start_campaign(const CampaignPlan& plan, SharedCounters& counters);
  // Starts running one scenario (valid). Throws std::length_error if it takes more than 64 MiB of memory, which
  // no file of kMostFileBytes does.
  void start_scenario(const Scenario& scenario);
  // Readable when the request has ended.
  int file_descriptor() const;
  // The end of the request; waits for it.
  Event finish();

  // start_scenario and finish in one.
  Outcome run(const Scenario& scenario);

  const Outcome& outcome() const { return outcome_; }
  // The process was gone without a word, killed for its memory perhaps: the outcome says more of the machine
  // than of the target.
  bool vanished() const { return vanished_; }
  // The number of the scenario that outcome() is about, in a campaign.
  std::uint64_t number() const { return number_; }

  // What all the scenarios of this worker came to; also while a campaign runs (approximate then).
  Tally tally() const;
  Coverage coverage() const;

  void set_hang_limit(HangLimit limit) { limit_ = limit; }

 private:
  struct Board;
  void ensure_process();
  void end_process();
  [[noreturn]] void serve(int request, int response);
  Outcome outcome_of_loss() const;

  const nospan_target& target_;
  GuardSet guards_;
  HangLimit limit_;
  Board* board_ = nullptr;
  pid_t process_ = -1;
  int request_ = -1;
  int response_ = -1;
  Tally earlier_tally_;  // of processes that died
  Coverage earlier_coverage_;
  Outcome outcome_;
  bool vanished_ = false;
  std::uint64_t number_ = 0;
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_WORKER_H
