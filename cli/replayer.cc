// SPDX-License-Identifier: BSD-2-Clause
#include "cli/replayer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/kept_outcome.h"
#include "props/campaign.h"
#include "props/explanation.h"
#include "props/scenario_file.h"
#include "props/worker.h"
#include "targets/library.h"
#include "targets/linux/build.h"
#include "targets/toolchain/digest.h"

namespace nospan::cli {
namespace {

using reports::Expected;

constexpr props::HangLimit kHangLimit{};
constexpr std::chrono::seconds kShrinkTime{5};

// A scenario with a mapping of one byte in front of the first that it makes, and one behind: entries that are
// given back beyond a mapping show where they are another's.
struct AmongOthers {
  props::Scenario scenario;
  std::size_t first;  // the command that the first mapping is made by; what is beside it makes the others
  // What goes wrong while the others are made is not what the scenario is about.
  bool is_about(std::size_t command) const { return command != first - 1 && command != first + 1; }
};

// Nothing: it maps no page.
std::optional<AmongOthers> among_others(const props::Scenario& scenario) {
  const auto maps_page = [](const props::Command& command) {
    return command.kind == props::CommandKind::kMapPage;
  };
  const auto& commands = scenario.commands;
  const auto first = std::find_if(commands.begin(), commands.end(), maps_page);
  if (first == commands.end()) return std::nullopt;
  props::Command other = *first;
  other.size = 1;
  other.fault = props::FaultKind::kNone;
  for (const props::Command& command : commands) other.mapping = std::max(other.mapping, command.mapping + 1);
  AmongOthers result{scenario, static_cast<std::size_t>(first - commands.begin()) + 1};
  auto& all = result.scenario.commands;
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(result.first) - 1, other);
  ++other.mapping;
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(result.first) + 1, other);
  return result;
}

}  // namespace

Expected<std::optional<Replay>> Replayer::replay(const std::string& label, const std::string& scenario_text) {
  auto scenario = props::parse_scenario(scenario_text, "counterexample");
  if (!scenario) return tl::make_unexpected(scenario.error());
  const SelectedTarget* target = target_with_label(targets_, label);
  if (target == nullptr) return std::optional<Replay>{};
  auto seen = replay_on(*target, *scenario, Guards::kNone);
  if (!seen || *seen) return seen;
  const auto others = among_others(*scenario);
  if (!others) return seen;
  seen = replay_on(*target, others->scenario, Guards::kNone);
  if (seen && *seen && !others->is_about((*seen)->outcome.command)) return std::optional<Replay>{};
  return seen;
}

Expected<std::optional<Replay>> Replayer::replay_on(const SelectedTarget& target,
                                                    const props::Scenario& scenario, Guards guards) {
  props::Outcome seen = outcome(target, scenario, guards);
  if (seen.violated()) return Replay{target, scenario, std::move(seen)};
  if (!target.tree) return std::optional<Replay>{};
  // Undefined behaviour shows in the build that reports it.
  const auto other = sanitized(target);
  if (!other) return tl::make_unexpected(other.error());
  seen = outcome(**other, scenario, guards);
  if (!seen.violated()) return std::optional<Replay>{};
  return Replay{**other, scenario, std::move(seen)};
}

props::GuardSet Replayer::guard_set(Guards guards, const SelectedTarget& target) {
  std::vector<const props::Guard*> in_force;
  if (guards == Guards::kAll) {
    for (const props::Guard& guard : props::all_guards()) {
      if (target.sanitized || !guard.sanitized_only) in_force.push_back(&guard);
    }
  }
  return props::GuardSet(std::move(in_force));
}

Expected<std::optional<Replay>> Replayer::replay_example(const std::string& label,
                                                         const std::string& scenario_text) {
  auto scenario = props::parse_scenario(scenario_text, "example");
  if (!scenario) return tl::make_unexpected(scenario.error());
  const SelectedTarget* target = target_with_label(targets_, label);
  if (target == nullptr) return std::optional<Replay>{};
  auto seen = replay_on(*target, *scenario, Guards::kAll);
  if (!seen || !*seen) return seen;
  return smallest(std::move(**seen));
}

Replay Replayer::smallest(Replay replay) {
  const std::string place = key("smallest", replay.target, replay.scenario, Guards::kAll);
  if (const auto text = kept_.find(place)) {
    // Of a scenario that is damaged, the one that was replayed is shrunk again.
    if (auto scenario = props::parse_scenario(*text, "kept")) {
      props::Outcome seen = outcome(replay.target, *scenario, Guards::kAll);
      if (seen.violated()) return {std::move(replay.target), std::move(*scenario), std::move(seen)};
    }
  }
  props::Failure failure;
  failure.found = replay.scenario;
  failure.outcome = replay.outcome;
  props::confirm_and_shrink(*replay.target.target, guard_set(Guards::kAll, replay.target), kShrinkTime,
                            failure);
  if (failure.flaky) return replay;
  kept_.keep(place, props::to_json(failure.shrunk.scenario));
  return {std::move(replay.target), std::move(failure.shrunk.scenario), std::move(failure.shrunk.outcome)};
}

std::vector<std::string> Replayer::effects(const Replay& replay) {
  const std::string place = key("effects", replay.target, replay.scenario, Guards::kNone);
  if (const auto text = kept_.find(place)) {
    if (auto lines = lines_of(*text)) return std::move(*lines);
  }
  std::vector<std::string> lines = props::effects(*replay.target.target, replay.scenario);
  // Less is what a process that was killed leaves behind.
  if (lines.size() >= std::min(replay.outcome.command, replay.scenario.commands.size())) {
    if (const auto text = text_of(lines)) kept_.keep(place, *text);
  }
  return lines;
}

Expected<const SelectedTarget*> Replayer::sanitized(const SelectedTarget& target) {
  const std::string label = target.label();
  if (const auto known = sanitized_.find(label); known != sanitized_.end()) return &known->second;
  linux_target::BuildOptions build;
  build.system_page_shift = static_cast<int>(target.system_page.value);
  build.sanitized = true;
  auto file = linux_target::build_library(*target.tree, build);
  if (!file) return tl::make_unexpected(file.error());
  auto library = targets::Library::open(file->string());
  if (!library) return tl::make_unexpected(library.error());
  SelectedTarget result = target;
  result.target = library->get();
  result.sanitized = true;
  result.library = *file;
  return &sanitized_.emplace(label, std::move(result)).first->second;
}

props::Outcome Replayer::outcome(const SelectedTarget& target, const props::Scenario& scenario, Guards guards) {
  const std::string place = key("outcome", target, scenario, guards);
  if (const auto text = kept_.find(place)) {
    if (auto known = outcome_of(*text)) return std::move(*known);
  }
  props::Worker worker(*target.target, guard_set(guards, target), kHangLimit);
  props::Outcome seen = worker.run(scenario);
  if (!worker.vanished()) {
    if (const auto text = text_of(seen)) kept_.keep(place, *text);
  }
  return seen;
}

std::string Replayer::key(std::string_view what, const SelectedTarget& target, const props::Scenario& scenario,
                          Guards guards) {
  const auto& program = toolchain::digest_of_this_program();
  const auto [library, is_new] = libraries_.try_emplace(target.library);
  if (is_new) {
    library->second =
        target.library.empty() ? "this program" : toolchain::digest_of_file(target.library).value_or("");
  }
  if (!program || library->second.empty()) return "";
  return toolchain::Digest()
      .add("replay 1")
      .add(what)
      .add(*program)
      .add(library->second)
      .add(target.sanitized ? "sanitized" : "plain")
      .add(guards == Guards::kAll ? "all guards" : "no guards")
      .add(std::to_string(kHangLimit.milliseconds))
      .add(props::to_json(scenario))
      .hex();
}

}  // namespace nospan::cli
