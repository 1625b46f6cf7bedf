// SPDX-License-Identifier: BSD-2-Clause
// Runs a scenario's calls on a target with no model, no checks and no log: what the target costs on its own.
// For benchmarks.
#ifndef NOSPAN_PROPS_BARE_EXECUTOR_H
#define NOSPAN_PROPS_BARE_EXECUTOR_H

#include <cstdint>
#include <vector>

#include "model/reference.h"
#include "props/guarded_memory.h"
#include "props/scenario.h"
#include "props/target_environment.h"
#include "targets/target.h"

namespace nospan::props {

// One executor, one thread. The environment does what decides the target's way, the scenario's faults and what
// it inherits, and nothing else: TCEs go nowhere.
class BareExecutor {
 public:
  BareExecutor(const nospan_target& target, TargetEnvironment::FailureHandler on_failure);
  BareExecutor(const BareExecutor&) = delete;
  BareExecutor& operator=(const BareExecutor&) = delete;

  // Runs a valid scenario to its end and undoes what is still mapped.
  void run(const Scenario& scenario);

 private:
  // What a driver has to remember, and no more.
  struct Handle {
    model::MappingKind kind = model::MappingKind::kNone;
    std::uint32_t direction = 0;
    std::uint64_t dma = 0;
    std::uint64_t size = 0;
    std::uint64_t address = 0;
  };

  const nospan_target& target_;
  TargetEnvironment::FailureHandler on_failure_;
  nospan_environment environment_{};
  GuardedMemory memory_;
  const Scenario* scenario_ = nullptr;
  const Command* command_ = nullptr;
  std::uint64_t tces_asked_ = 0;  // by the current command
  std::vector<Handle> handles_;   // by mapping
  std::vector<std::vector<nospan_segment>> lists_;
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_BARE_EXECUTOR_H
