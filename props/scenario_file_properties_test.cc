// SPDX-License-Identifier: BSD-2-Clause
// Every scenario survives being written and read.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "props/scenario_file.h"
#include "targets/target.h"

namespace nospan::props {
namespace {

// A valid scenario with something of everything, from a seed.
Scenario random_scenario(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  const auto any = [&] { return random() >> below(64); };
  const auto chance = [&](unsigned one_in) { return below(one_in) == 0; };
  Scenario scenario;
  model::Configuration& c = scenario.configuration;
  if (chance(2)) scenario.note = std::string("note \"\\\n\t\x01 \u00e9 ") + std::to_string(any());
  c.system_page = {chance(2) ? 12u : 16u};
  c.window.page = {12 + static_cast<unsigned>(below(23))};
  c.window.entries = 1 + below(chance(2) ? 64 : kMostEntries);
  const std::uint64_t last_first = (std::uint64_t{1} << (64 - c.window.page.value)) - c.window.entries;
  c.window.first = {chance(3) ? last_first : any() % (last_first + 1)};
  if (chance(2)) c.window.reserved_start = {any()}, c.window.reserved_end = {any()};
  const auto mask = [&](unsigned least) { return UINT64_MAX >> below(64 - least + 1); };
  c.device.dma_mask = mask(12);
  c.device.coherent_mask = mask(12);
  c.device.segment_boundary = mask(c.window.page.value);
  if (chance(2)) c.device.max_segment_size = 1 + static_cast<std::uint32_t>(below(UINT32_MAX));
  c.block_entries = std::uint64_t{1} << below(64);
  c.cpus = 1 + static_cast<std::uint32_t>(below(kMostCpus));
  c.virtual_merge = chance(2);
  c.crash_kernel = chance(2);
  if (c.crash_kernel) {
    for (std::uint64_t entry = below(8); entry < std::min<std::uint64_t>(c.window.entries, 100);) {
      const std::uint64_t count = 1 + below(std::min<std::uint64_t>(8, c.window.entries - entry));
      c.inherited.push_back({c.window.first + entry, count});
      entry += count + below(8);
    }
    std::shuffle(c.inherited.begin(), c.inherited.end(), random);
  }
  c.installation = chance(2) ? model::Installation::kBlind : model::Installation::kContained;
  c.translation = chance(2) ? model::Translation::kIdentity : model::Translation::kTwoStage;
  c.device_vm = {chance(2) ? 0 : static_cast<std::uint32_t>(any())};
  c.granule = std::uint64_t{1} << (c.system_page.value + below(12));
  std::uint64_t real = below(4) * c.granule;
  for (std::uint64_t i = below(6); i-- > 0;) {
    const std::uint64_t size = (1 + below(4)) * c.granule;
    const model::VmId owner{chance(2) ? c.device_vm.value : static_cast<std::uint32_t>(any())};
    const std::uint64_t guest =
        c.translation == model::Translation::kIdentity ? real : real ^ (c.granule << 20);
    c.blocks.push_back({owner, {guest}, {real}, size});
    real += size + below(3) * c.granule;
  }
  // A shifted range overlaps nothing only if the flipped bit is above all addresses, which 2^20 granules are.
  std::vector<model::Block> own;
  for (const model::Block& block : c.blocks) {
    if (block.owner == c.device_vm) own.push_back(block);
  }
  for (std::uint64_t i = below(20); i-- > 0;) {
    Command command;
    command.kind = static_cast<CommandKind>(below(kCommandKindCount));
    const bool maps = command.kind == CommandKind::kMapPage || command.kind == CommandKind::kMapSg;
    if (own.empty() && command.kind == CommandKind::kMapPage) continue;
    const auto is_call = command.kind < CommandKind::kInUse;
    if (is_call) {
      command.mapping = static_cast<std::uint32_t>(below(kMostMappings));
      command.cpu = static_cast<std::uint16_t>(below(c.cpus));
      command.no_table = chance(8);
    }
    if (maps) {
      command.direction = static_cast<model::Direction>(below(3));
      if (chance(2)) command.attributes |= NOSPAN_ATTRIBUTE_WEAK_ORDERING;
      if (chance(2)) command.attributes |= NOSPAN_ATTRIBUTE_SKIP_CPU_SYNC;
      if (chance(2)) command.attributes |= NOSPAN_ATTRIBUTE_NO_WARN;
    }
    if ((maps || command.kind == CommandKind::kAllocCoherent) && chance(3)) {
      command.fault = FaultKind::kTce;
      command.fault_entry = any();
      command.fault_partial = chance(2);
    }
    switch (command.kind) {
      case CommandKind::kMapPage: {
        const model::Block& block = own[below(own.size())];
        const std::uint64_t start = below(block.size);
        command.address = block.guest.value;
        command.offset = start;
        command.size = 1 + below(block.size - start);
        break;
      }
      case CommandKind::kMapSg:
        if (chance(2)) scenario.elements.push_back({{any()}, 77});  // used by no command: not in the file
        command.first_element = static_cast<std::uint32_t>(scenario.elements.size());
        for (std::uint64_t element = below(5); element-- > 0;) {
          if (own.empty() || chance(4)) {
            scenario.elements.push_back({{any()}, 0});
          } else {
            const model::Block& block = own[below(own.size())];
            const std::uint64_t start = below(block.size);
            scenario.elements.push_back(
                {block.guest + start, 1 + static_cast<std::uint32_t>(below(block.size - start))});
          }
          ++command.element_count;
        }
        break;
      case CommandKind::kAllocCoherent:
        command.size = 1 + (any() >> 1);
        command.address = any() % kMemoryEnd & ~c.system_page.offset_mask();
        if (command.fault == FaultKind::kNone && chance(2)) command.fault = FaultKind::kPages;
        break;
      case CommandKind::kCheckIoba:
        command.first_index = any();
        command.entries = any();
        command.count = any();
        [[fallthrough]];
      case CommandKind::kCheckGpa:
        command.page_shift = static_cast<std::uint8_t>(12 + below(23));
        [[fallthrough]];
      case CommandKind::kTceDirection: command.address = any(); break;
      case CommandKind::kDirectionPermissions:
        command.direction = static_cast<model::Direction>(below(4));
        break;
      default: break;
    }
    scenario.commands.push_back(command);
  }
  return scenario;
}

RC_GTEST_PROP(ScenarioFile, EveryScenarioComesBack, (unsigned seed)) {
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20; ++round) {
    const Scenario scenario = random_scenario(random);
    const auto valid = validate(scenario);
    if (!valid) RC_FAIL("the test's own scenario: " + valid.error().line());
    const std::string text = to_json(scenario);
    const auto again = parse_scenario(text, "again");
    if (!again) RC_FAIL(again.error().line() + "\n" + text);
    if (!same_scenario(scenario, *again)) RC_FAIL("differs:\n" + text);
    RC_ASSERT(to_json(*again) == text);
    const auto value = from_json_value(to_json_value(scenario), "$");
    RC_ASSERT(value.has_value() && same_scenario(*value, scenario));
  }
}

}  // namespace
}  // namespace nospan::props
