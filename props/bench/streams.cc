// SPDX-License-Identifier: BSD-2-Clause
#include "props/bench/streams.h"

#include <bit>
#include <utility>

#include "model/layout.h"
#include "model/window.h"
#include "props/random.h"

namespace nospan::bench {
namespace {

using props::Command;
using props::CommandKind;
using props::Scenario;

// Pages for coherent memory that the scenario's layout does not have are refused by the checked run. The bare
// run knows no layout: make it a fault of the scenario, which both know.
void refuse_absent_pages(Scenario& scenario) {
  const model::Configuration& configuration = scenario.configuration;
  const model::Layout layout(configuration.translation, configuration.device_vm, configuration.blocks);
  for (Command& command : scenario.commands) {
    if (command.kind != CommandKind::kAllocCoherent || command.no_table) continue;
    const std::uint64_t bytes = model::coherent_alignment(command.size, configuration.system_page);
    const bool there = bytes != 0 && (command.address & (bytes - 1)) == 0 &&
                       layout.guest_owns(model::GuestAddress{command.address}, bytes);
    if (!there) command.fault = props::FaultKind::kPages;
  }
}

// Fills the scenario with a stream of commands on `memory`.
void add_stream(Scenario& scenario, model::GuestAddress memory, std::uint64_t memory_size,
                std::uint64_t count) {
  const model::Configuration& configuration = scenario.configuration;
  const std::uint64_t page = configuration.window.page.bytes();
  const std::uint64_t system_page = configuration.system_page.bytes();
  constexpr std::uint32_t kMappings = 64;
  props::Random random(count);
  CommandKind live[kMappings];
  std::uint64_t live_bits = 0;
  // `size` bytes in the memory, anywhere in a system page.
  const auto place = [&](std::uint64_t size) { return memory.value + random.below(memory_size - size); };
  for (std::uint64_t i = 0; i < count; ++i) {
    Command& command = scenario.commands.emplace_back();
    const std::uint64_t kind = random.below(100);
    const auto id = static_cast<std::uint32_t>(random.below(kMappings));
    command.mapping = id;
    if (kind < 2) {
      command.mapping = 0;
      continue;  // in_use
    }
    if (kind < 4) {
      command.kind = CommandKind::kCheckIoba;
      command.mapping = 0;
      command.page_shift = static_cast<std::uint8_t>(configuration.window.page.value);
      command.first_index = configuration.window.first.value;
      command.entries = configuration.window.entries;
      command.address = random.below(configuration.window.entries * 2) * page;
      command.count = 1 + random.below(4);
      continue;
    }
    if ((live_bits >> id & 1) != 0) {
      live_bits &= ~(std::uint64_t{1} << id);
      command.kind = live[id] == CommandKind::kMapPage ? CommandKind::kUnmapPage
                     : live[id] == CommandKind::kMapSg ? CommandKind::kUnmapSg
                                                       : CommandKind::kFreeCoherent;
      continue;
    }
    live_bits |= std::uint64_t{1} << id;
    command.direction = static_cast<model::Direction>(random.below(3));
    const std::uint64_t pages = kind < 70 ? 1 : 1 + random.below(8);
    if (kind % 10 < 7) {
      command.kind = CommandKind::kMapPage;
      command.size = 1 + random.below(pages * page - 1);
      const std::uint64_t address = place(command.size);
      command.address = address & ~(system_page - 1);
      command.offset = address - command.address;
    } else if (kind % 10 < 9) {
      command.kind = CommandKind::kMapSg;
      command.first_element = static_cast<std::uint32_t>(scenario.elements.size());
      command.element_count = static_cast<std::uint32_t>(1 + random.below(4));
      for (std::uint32_t k = 0; k < command.element_count; ++k) {
        const std::uint64_t length = 1 + random.below(page);
        scenario.elements.push_back({model::GuestAddress{place(length)}, static_cast<std::uint32_t>(length)});
      }
    } else {
      command.kind = CommandKind::kAllocCoherent;
      command.direction = model::Direction::kBidirectional;
      command.size = 1 + random.below(4 * system_page);
      const std::uint64_t bytes = model::coherent_alignment(command.size, configuration.system_page);
      command.address = (place(2 * bytes) + bytes - 1) & ~(bytes - 1);
    }
    live[id] = command.kind;
  }
}

Scenario plain_scenario(unsigned page_shift, std::uint64_t entries) {
  Scenario scenario;
  model::Configuration& configuration = scenario.configuration;
  configuration.system_page.value = 16;
  configuration.granule = configuration.system_page.bytes();
  configuration.window.page.value = page_shift;
  configuration.window.entries = entries;
  return scenario;
}

}  // namespace

std::vector<Scenario> settled_scenarios(const props::CampaignPlan& plan, std::uint64_t count,
                                        props::Executor& executor, const props::GuardSet& guards) {
  props::ScenarioGenerator generator(plan.generator);
  props::Progress progress;
  std::vector<Scenario> result;
  for (std::uint64_t number = 0; number < count; ++number) {
    Scenario scenario;
    props::generate_numbered(plan, number, generator, scenario);
    std::vector<std::size_t> ran;
    std::uint64_t idle = executor.tally().idle;
    executor.set_spectator([&](std::size_t index, const model::Reference& reference) {
      const bool did_something = std::exchange(idle, executor.tally().idle) == executor.tally().idle;
      if (index < scenario.commands.size() && did_something && reference.violations().empty())
        ran.push_back(index);
    });
    const props::Outcome outcome = executor.run(scenario, guards, progress);
    executor.set_spectator({});
    // Cut short by what only the clean-up shows: nothing to compare.
    if (outcome.command == scenario.commands.size() && (outcome.violated() || outcome.tolerated != nullptr))
      continue;
    std::vector<Command> commands;
    commands.reserve(ran.size());
    for (const std::size_t index : ran) commands.push_back(scenario.commands[index]);
    scenario.commands = std::move(commands);
    refuse_absent_pages(scenario);
    // A mapping that the violation would have met at the end, or that shows with the commands left out.
    const std::uint64_t before = executor.tally().idle;
    const props::Outcome again = executor.run(scenario, guards, progress);
    if (again.violated() || again.tolerated != nullptr) continue;
    // A command may rest on one whose violation was overlooked, and which was left out.
    if (executor.tally().idle != before) continue;
    result.push_back(std::move(scenario));
  }
  return result;
}

Scenario stream_over_table(std::uint64_t entries, std::uint64_t commands) {
  Scenario scenario = plain_scenario(16, entries);
  const std::uint64_t memory = std::uint64_t{1} << 30;
  scenario.configuration.blocks = {{model::VmId{0}, {}, {}, memory}};
  add_stream(scenario, model::GuestAddress{}, memory, commands);
  return scenario;
}

Scenario stream_over_vms(std::uint64_t vms, std::uint64_t commands) {
  Scenario scenario = plain_scenario(24, 2048);
  const std::uint64_t share = std::uint64_t{256} << 20;
  const std::uint64_t border = (std::uint64_t{24} << 20) + scenario.configuration.granule;
  for (std::uint64_t vm = 0; vm < vms; ++vm) {
    const model::VmId owner{static_cast<std::uint32_t>(vm)};
    const std::uint64_t start = vm * share;
    scenario.configuration.blocks.push_back({owner, {start}, {start}, border});
    scenario.configuration.blocks.push_back({owner, {start + border}, {start + border}, share - border});
  }
  scenario.configuration.device_vm.value = static_cast<std::uint32_t>(vms / 2);
  add_stream(scenario, model::GuestAddress{vms / 2 * share}, share, commands);
  return scenario;
}

}  // namespace nospan::bench
