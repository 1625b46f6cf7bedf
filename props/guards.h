// SPDX-License-Identifier: BSD-2-Clause
// Guards of known findings: the narrowest conditions under which a violated invariant is not asserted, so that
// a campaign on a kernel with known defects keeps looking for new ones (design section 7).
#ifndef NOSPAN_PROPS_GUARDS_H
#define NOSPAN_PROPS_GUARDS_H

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/reference.h"
#include "props/scenario.h"

namespace nospan::props {

// What a guard may look at: the scenario, the command (commands.size() for the final clean-up), and the model's
// state before it (kPrevent) or after it (kTolerate, kOverlook).
struct GuardContext {
  const Scenario& scenario;
  std::size_t command = 0;
  model::Reference& reference;
  // By mapping: the command that made it last, or tried to.
  const std::vector<std::size_t>& made_by;
  const model::Violation* violation = nullptr;  // kTolerate and kOverlook only

  const model::Configuration& configuration() const { return scenario.configuration; }
  // Nullptr in the final clean-up.
  const Command* current() const {
    return command < scenario.commands.size() ? &scenario.commands[command] : nullptr;
  }
  // The map command behind the mapping that the current call made or undid; nullptr if there is none.
  const Command* map_command() const;
};

// One guard. Its code is here and in guards.cc; the explanation is in props/findings/<id>.json.
struct Guard {
  enum class Kind : std::uint8_t {
    // The command is not run: the target would hang, crash or corrupt the harness's view of it.
    kPrevent,
    // The command is run; if it violates `invariant` and applies() holds, the scenario ends there, quietly.
    kTolerate,
    // The same, but the scenario goes on, because the model and the target agree on the state all the same.
    kOverlook,
  };
  std::string_view id;  // of the finding: props/findings/<id>.json
  Kind kind = Kind::kTolerate;
  // In force only for a target that was built to report undefined behaviour.
  bool sanitized_only = false;
  model::Invariant invariant = model::Invariant::kSafe1;
  // Can the guard apply to any command of a scenario with this configuration? Cheap; asked once per scenario.
  // Null: to any.
  bool (*concerns)(const model::Configuration& configuration) = nullptr;
  // Does it apply to this command?
  bool (*applies)(const GuardContext& context) = nullptr;
};

// Every guard that there is.
std::span<const Guard> all_guards();
const Guard* guard_with_id(std::string_view id);

// The guards in force for one target. Copyable; concerned() narrows it to one scenario without allocating.
class GuardSet {
 public:
  GuardSet() = default;
  explicit GuardSet(std::vector<const Guard*> guards);  // at most 64

  std::span<const Guard* const> guards() const { return guards_; }
  bool empty() const { return guards_.empty(); }

  // The guards that concern a configuration, as bits by position in guards().
  std::uint64_t concerned(const model::Configuration& configuration) const;
  // Can any of them keep a command from being run? Then ask preventing() before each.
  bool may_prevent(std::uint64_t concerned) const { return (concerned & preventing_) != 0; }
  // The guard that keeps this command from being run; nullptr if none does.
  const Guard* preventing(std::uint64_t concerned, const GuardContext& context) const;
  // The guard, of kind kTolerate or kOverlook, that knows this violation; nullptr if none does.
  const Guard* knowing(std::uint64_t concerned, const GuardContext& context) const;

 private:
  std::vector<const Guard*> guards_;
  std::uint64_t preventing_ = 0;  // those of kind kPrevent, as bits by position
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_GUARDS_H
