// SPDX-License-Identifier: BSD-2-Clause
#include "props/bench/rapidcheck_loop.h"

#include <rapidcheck/state.h>

#include <algorithm>
#include <array>
#include <bit>
#include <ostream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/window.h"
#include "props/bench/streams.h"
#include "props/random.h"

namespace nospan::bench {
namespace {

using props::Command;
using props::CommandKind;
using props::Element;
using props::Scenario;

constexpr int kMostCommands = 200;

// Guest memory of the device's VM.
struct Run {
  std::uint64_t start = 0;
  std::uint64_t size = 0;
};

// What commands are made from: the configuration, and which mappings a driver would have by now.
struct DriverState {
  const model::Configuration* configuration = nullptr;
  const std::vector<Run>* runs = nullptr;
  // Bits by mapping: made by map_page, map_sg, alloc_coherent.
  std::array<std::uint64_t, 3> live_by_kind{};
  std::uint64_t live = 0;

  static std::size_t slot(CommandKind map) {
    return map == CommandKind::kMapPage ? 0 : map == CommandKind::kMapSg ? 1 : 2;
  }
  std::uint64_t live_by(CommandKind map) const { return live_by_kind[slot(map)]; }

  void apply(const Command& command) {
    const std::uint64_t bit = std::uint64_t{1} << command.mapping;
    switch (command.kind) {
      case CommandKind::kMapPage:
      case CommandKind::kMapSg:
      case CommandKind::kAllocCoherent:
        live |= bit;
        live_by_kind[slot(command.kind)] |= bit;
        break;
      case CommandKind::kUnmapPage:
      case CommandKind::kUnmapSg:
      case CommandKind::kFreeCoherent:
        live &= ~bit;
        for (std::uint64_t& bits : live_by_kind) bits &= ~bit;
        break;
      default: break;
    }
  }
};

// A command and the elements of its list.
struct Call {
  Command command;
  std::vector<Element> elements;
};

// What a driver calls; all equally likely where they are possible.
constexpr std::array kKinds{CommandKind::kMapPage,   CommandKind::kMapSg,    CommandKind::kAllocCoherent,
                            CommandKind::kUnmapPage, CommandKind::kUnmapSg,  CommandKind::kFreeCoherent,
                            CommandKind::kInUse,     CommandKind::kCheckIoba};

CommandKind made_by(CommandKind undo) {
  return undo == CommandKind::kUnmapPage ? CommandKind::kMapPage
         : undo == CommandKind::kUnmapSg ? CommandKind::kMapSg
                                         : CommandKind::kAllocCoherent;
}

bool possible(const DriverState& state, CommandKind kind) {
  switch (kind) {
    case CommandKind::kMapPage:
    case CommandKind::kMapSg:
    case CommandKind::kAllocCoherent: return state.live != ~std::uint64_t{0};
    case CommandKind::kUnmapPage:
    case CommandKind::kUnmapSg:
    case CommandKind::kFreeCoherent: return state.live_by(made_by(kind)) != 0;
    default: return true;
  }
}

// Makes up a command that is possible. `draw(low, high)` is a number from low to high, both included.
template <class Draw>
void make_call(const DriverState& state, CommandKind kind, Draw draw, Call& call) {
  const model::Configuration& configuration = *state.configuration;
  const std::uint64_t page = configuration.window.page.bytes();
  const std::uint64_t system_page = configuration.system_page.bytes();
  Command& command = call.command;
  command = Command{};
  command.kind = kind;
  call.elements.clear();
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  const auto buffer = [&] {
    const Run& run = (*state.runs)[state.runs->size() == 1 ? 0 : draw(0, state.runs->size() - 1)];
    const std::uint64_t offset = draw(0, run.size - 1);
    address = run.start + offset;
    size = draw(1, std::min(run.size - offset, 4 * page));
  };
  const auto bind = [&] {
    command.mapping = static_cast<std::uint32_t>(std::countr_one(state.live));
    command.direction = static_cast<model::Direction>(draw(0, 2));
    command.cpu = configuration.cpus == 1 ? std::uint16_t{0}
                                          : static_cast<std::uint16_t>(draw(0, configuration.cpus - 1));
  };
  switch (kind) {
    case CommandKind::kMapPage:
      bind();
      buffer();
      command.size = size;
      command.address = address & ~(system_page - 1);
      command.offset = address - command.address;
      break;
    case CommandKind::kMapSg:
      bind();
      command.element_count = static_cast<std::uint32_t>(draw(1, 8));
      for (std::uint32_t i = 0; i < command.element_count; ++i) {
        buffer();
        const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(size, UINT32_MAX));
        call.elements.push_back({model::GuestAddress{address}, length});
      }
      break;
    case CommandKind::kAllocCoherent: {
      bind();
      buffer();
      command.direction = model::Direction::kBidirectional;
      command.size = std::min(size, system_page * 16);
      const std::uint64_t alignment = model::coherent_alignment(command.size, configuration.system_page);
      command.address = address & ~(alignment - 1);
      break;
    }
    case CommandKind::kCheckIoba:
      command.page_shift = static_cast<std::uint8_t>(configuration.window.page.value);
      command.first_index = configuration.window.first.value;
      command.entries = configuration.window.entries;
      command.address = (command.first_index + draw(0, command.entries)) << command.page_shift;
      command.count = draw(1, 8);
      break;
    case CommandKind::kInUse: break;
    default: {
      std::uint64_t bits = state.live_by(made_by(kind));
      for (std::uint64_t skip = draw(0, static_cast<unsigned>(std::popcount(bits)) - 1); skip != 0; --skip) {
        bits &= bits - 1;
      }
      command.mapping = static_cast<std::uint32_t>(std::countr_zero(bits));
      break;
    }
  }
}

// One executor with a scenario that grows by a command at a time.
class Machine {
 public:
  Machine(std::span<const Scenario> configurations, props::Executor& executor, const props::GuardSet& guards)
      : executor_(executor), guards_(guards) {
    for (const Scenario& configuration : configurations) {
      Scenario& scenario = scenarios_.emplace_back(configuration);
      scenario.commands.clear();
      scenario.elements.clear();
      std::vector<Run>& runs = runs_.emplace_back();
      for (const model::Block& block : scenario.configuration.blocks) {
        if (block.owner == scenario.configuration.device_vm) runs.push_back({block.guest.value, block.size});
      }
    }
  }

  std::size_t count() const { return scenarios_.size(); }
  DriverState initial_state(std::size_t which) const {
    DriverState state;
    state.configuration = &scenarios_[which].configuration;
    state.runs = &runs_[which];
    return state;
  }

  void begin(std::size_t which) {
    scenario_ = &scenarios_[which];
    scenario_->commands.clear();
    scenario_->elements.clear();
    going_ = executor_.begin(*scenario_, guards_, progress_);
  }
  // After a known finding the rest of a case is not run.
  bool run(const Call& call) {
    if (!going_) return false;
    Command& command = scenario_->commands.emplace_back(call.command);
    command.first_element = static_cast<std::uint32_t>(scenario_->elements.size());
    scenario_->elements.insert(scenario_->elements.end(), call.elements.begin(), call.elements.end());
    going_ = executor_.step();
    return going_;
  }
  bool end() { return !executor_.end().violated(); }

 private:
  props::Executor& executor_;
  const props::GuardSet& guards_;
  props::Progress progress_;
  std::vector<Scenario> scenarios_;
  std::vector<std::vector<Run>> runs_;
  Scenario* scenario_ = nullptr;
  bool going_ = false;
};

// --- RapidCheck's side
// ------------------------------------------------------------------------------------------

struct AnyCall : rc::state::Command<DriverState, Machine> {
  Call call;

  void checkPreconditions(const DriverState& state) const override {
    const std::uint64_t bit = std::uint64_t{1} << call.command.mapping;
    switch (call.command.kind) {
      case CommandKind::kMapPage:
      case CommandKind::kMapSg:
      case CommandKind::kAllocCoherent: RC_PRE((state.live & bit) == 0); break;
      case CommandKind::kUnmapPage:
      case CommandKind::kUnmapSg:
      case CommandKind::kFreeCoherent: RC_PRE((state.live_by(made_by(call.command.kind)) & bit) != 0); break;
      default: break;
    }
  }
  void apply(DriverState& state) const override { state.apply(call.command); }
  void run(const DriverState&, Machine& machine) const override { machine.run(call); }
  void show(std::ostream& stream) const override { stream << props::command_name(call.command.kind); }
};

// One class for each kind, as in RapidCheck's documentation: the constructor draws.
template <CommandKind kind>
struct CallOf final : AnyCall {
  explicit CallOf(const DriverState& state) {
    RC_PRE(possible(state, kind));
    make_call(
        state, kind,
        [](std::uint64_t low, std::uint64_t high) { return *rc::gen::inRange<std::uint64_t>(low, high + 1); },
        call);
  }
};

using CommandPointer = std::shared_ptr<const rc::state::Command<DriverState, Machine>>;

template <std::size_t... index>
rc::Gen<CommandPointer> documented_generator(const DriverState& state, std::index_sequence<index...>) {
  return rc::state::gen::execOneOfWithArgs<CallOf<kKinds[index]>...>()(state);
}

CommandKind draw_kind(const DriverState& state, props::Random& random) {
  for (;;) {
    const CommandKind kind = kKinds[random.below(kKinds.size())];
    if (possible(state, kind)) return kind;
  }
}

void make_any_call(const DriverState& state, props::Random& random, Call& call) {
  make_call(
      state, draw_kind(state, random),
      [&random](std::uint64_t low, std::uint64_t high) { return random.between(low, high); }, call);
}

rc::Gen<CommandPointer> cheapest_generator(const DriverState& state) {
  return rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [state](std::uint64_t seed) -> CommandPointer {
    props::Random random(seed);
    auto command = std::make_shared<AnyCall>();
    make_any_call(state, random, command->call);
    return command;
  });
}

class Quiet final : public rc::detail::TestListener {
 public:
  void onTestCaseFinished(const rc::detail::CaseDescription&) override {}
  void onShrinkTried(const rc::detail::CaseDescription&, bool) override {}
  void onTestFinished(const rc::detail::TestMetadata&, const rc::detail::TestResult&) override {}
};

}  // namespace

std::uint64_t run_with_rapidcheck(std::span<const Scenario> configurations, props::Executor& executor,
                                  const props::GuardSet& guards, Draws draws, int cases) {
  Machine machine(configurations, executor, guards);
  const std::uint64_t before = checked_commands(executor.tally());
  rc::detail::TestParams parameters;
  parameters.seed = 1;
  parameters.maxSuccess = cases;
  parameters.maxSize = kMostCommands;
  parameters.disableShrinking = true;
  Quiet quiet;
  std::size_t number = 0;
  rc::detail::checkTestable(
      [&] {
        const std::size_t which = number++ % machine.count();
        machine.begin(which);
        rc::state::check(machine.initial_state(which), machine, [draws](const DriverState& state) {
          return draws == Draws::kOneSeed
                     ? cheapest_generator(state)
                     : documented_generator(state, std::make_index_sequence<kKinds.size()>());
        });
        RC_ASSERT(machine.end());
      },
      rc::detail::TestMetadata{}, parameters, quiet, std::unordered_map<std::string, rc::detail::Reproduce>{});
  return checked_commands(executor.tally()) - before;
}

std::uint64_t run_plainly(std::span<const Scenario> configurations, props::Executor& executor,
                          const props::GuardSet& guards, int cases) {
  Machine machine(configurations, executor, guards);
  const std::uint64_t before = checked_commands(executor.tally());
  Call call;
  for (int number = 0; number < cases; ++number) {
    props::Random random(static_cast<std::uint64_t>(number));
    const std::size_t which = static_cast<std::size_t>(number) % machine.count();
    // As rc::state does it: sizes grow from case to case, the length is uniform up to the size.
    const int size = kMostCommands * number / std::max(cases - 1, 1);
    DriverState state = machine.initial_state(which);
    machine.begin(which);
    for (std::uint64_t count = 1 + random.below(static_cast<std::uint64_t>(size) + 1); count != 0; --count) {
      make_any_call(state, random, call);
      if (!machine.run(call)) break;
      state.apply(call.command);
    }
    machine.end();
  }
  return checked_commands(executor.tally()) - before;
}

}  // namespace nospan::bench
