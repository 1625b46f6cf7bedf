// SPDX-License-Identifier: BSD-2-Clause
// Runs one scenario on one target and the reference model side by side, in this process.
#ifndef NOSPAN_PROPS_EXECUTOR_H
#define NOSPAN_PROPS_EXECUTOR_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/reference.h"
#include "props/guards.h"
#include "props/scenario.h"
#include "props/tally.h"
#include "props/target_environment.h"
#include "targets/target.h"

namespace nospan::props {

// Where the executor is, kept where another process can read it if this one dies.
struct Progress {
  volatile std::uint64_t command = 0;  // index of the running command; commands.size(): the final clean-up
};

// The end of one scenario.
struct Outcome {
  std::vector<model::Violation> violations;  // empty: none that is not known
  std::size_t command = 0;                   // at which they happened; commands.size(): in the final clean-up
  // The known finding that ended the scenario early; nullptr if none did.
  const Guard* tolerated = nullptr;

  bool violated() const { return !violations.empty(); }
};

// One executor, one thread; several executors on one target are fine.
class Executor {
 public:
  using FailureHandler = TargetEnvironment::FailureHandler;

  Executor(const nospan_target& target, FailureHandler on_failure);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Runs a valid scenario (props/scenario.h, validate) to its first violation or to its end; then undoes what
  // is still mapped and compares the table with its start.
  // `more` is asked for further commands when those of the scenario are used up: it appends to the scenario and
  // returns true, or returns false at the end. A run that ends early leaves the rest ungenerated.
  using MoreCommands = std::function<bool()>;
  Outcome run(const Scenario& scenario, const GuardSet& guards, Progress& progress,
              const MoreCommands& more = {});

  // run() step by step, for a caller that appends a command to the scenario and sees how it goes before the
  // next: begin(), step() for each command, end(). False: it came to a violation, only end() may follow.
  bool begin(const Scenario& scenario, const GuardSet& guards, Progress& progress);
  bool step();
  Outcome end();

  // Called after every command with what the model knows by then: for reports that tell a run step by step.
  // Null (the default) costs nothing.
  using Spectator = std::function<void(std::size_t command, const model::Reference& reference)>;
  void set_spectator(Spectator spectator);

  const nospan_target& target() const;
  const Tally& tally() const;
  bool owns_memory_at(const void* address) const;  // see GuardedMemory::explains

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Can this target run this scenario at all? (System page shift, CPUs.)
bool supports(const nospan_target& target, const Scenario& scenario);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_EXECUTOR_H
