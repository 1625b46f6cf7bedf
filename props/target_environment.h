// SPDX-License-Identifier: BSD-2-Clause
// What a target gets as its environment (targets/target.h) while a scenario is checked: the model's table, the
// scenario's faults, a hypervisor that may refuse TCEs, guarded memory, and a record of the pages of coherent
// memory.
#ifndef NOSPAN_PROPS_TARGET_ENVIRONMENT_H
#define NOSPAN_PROPS_TARGET_ENVIRONMENT_H

#include <cstdint>
#include <vector>

#include "model/layout.h"
#include "model/reference.h"
#include "props/guarded_memory.h"
#include "props/scenario.h"
#include "props/tally.h"
#include "targets/target.h"

namespace nospan::props {

// What create() is told of a scenario's configuration.
nospan_configuration describe(const model::Configuration& configuration);

// Guest memory that the target took from the page allocator or gave back: 2^order system pages.
struct Pages {
  model::GuestAddress address;
  std::uint32_t order = 0;
};

// Guest memory that the target says it has set to zero.
struct Cleared {
  model::GuestAddress start;
  std::uint64_t size = 0;  // bytes, at least 1
};

// One table at a time. Not thread-safe: see the flags of a target for calls from several threads.
class TargetEnvironment {
 public:
  // Called when the target says that it cannot go on (`failure` is an enum nospan_failure). Must not return.
  using FailureHandler = void (*)(std::uint32_t failure, const char* text);

  // All must outlive the environment. Writes of TCEs, and memory cleared that is not the target's, go to
  // `reference`.
  TargetEnvironment(model::Reference& reference, Tally& tally, FailureHandler on_failure);
  TargetEnvironment(const TargetEnvironment&) = delete;
  TargetEnvironment& operator=(const TargetEnvironment&) = delete;

  const nospan_environment* get() const { return &environment_; }
  const model::Layout& layout() const { return layout_; }
  const GuardedMemory& memory() const { return memory_; }

  // Takes back all memory and makes the layout that of the scenario, which must outlive its calls.
  void begin_scenario(const Scenario& scenario);
  // Before each call of the target: its command, whose faults and memory it gets; nullptr for calls that no
  // command stands for, which get neither.
  void begin_call(const Command* command);

  // Of the current call.
  const std::vector<Pages>& pages_taken() const { return pages_taken_; }
  const std::vector<Pages>& pages_given() const { return pages_given_; }  // back
  // The first of `size` bytes from `address` on that the call did not set to zero; `size` if there is none.
  std::uint64_t first_not_zeroed(model::GuestAddress address, std::uint64_t size);

 private:
  int put_tces(std::uint64_t index, std::uint64_t count, std::uint64_t tce);
  int put_tces_with_care(std::uint64_t index, std::uint64_t count, std::uint64_t tce);
  bool hypervisor_installs(model::GuestAddress page) const;
  int allocate_pages(std::uint32_t order, std::uint64_t* address);
  void zero(std::uint64_t address, std::uint64_t size);

  nospan_environment environment_{};
  model::Reference& reference_;
  Tally& tally_;
  FailureHandler on_failure_;
  GuardedMemory memory_;
  model::Layout layout_;
  const Scenario* scenario_ = nullptr;
  bool plain_hypervisor_ = true;  // installs every TCE: identity and blind
  const Command* command_ = nullptr;
  std::uint64_t tces_asked_ = 0;
  std::vector<Pages> pages_taken_;
  std::vector<Pages> pages_given_;
  std::vector<Cleared> cleared_;
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_TARGET_ENVIRONMENT_H
