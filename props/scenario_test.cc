// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <random>

#include "model/layout.h"
#include "targets/target.h"

namespace nospan::props {
namespace {

using model::Block;

// Two VMs with two blocks each; the device's VM sees its two side by side.
Scenario good() {
  Scenario scenario;
  model::Configuration& configuration = scenario.configuration;
  configuration.window = {
      .page = {16}, .first = {0x800}, .entries = 32, .reserved_start = {}, .reserved_end = {}};
  configuration.cpus = 4;
  configuration.translation = model::Translation::kTwoStage;
  configuration.blocks = {
      {{0}, {0x10000}, {0x100000}, 0x10000},
      {{1}, {0x10000}, {0x110000}, 0x10000},
      {{0}, {0x0}, {0x200000}, 0x10000},
      {{1}, {0x40000}, {0x0}, 0x10000},
  };
  scenario.elements = {{{0x1fff0}, 16}, {{0x12345678}, 0}, {{0xfff0}, 32}};
  Command map;
  map.kind = CommandKind::kMapPage;
  map.address = 0x10000;
  map.offset = 0x10;
  map.size = 0xfff0;
  map.direction = model::Direction::kToDevice;
  scenario.commands.push_back(map);
  Command list;
  list.kind = CommandKind::kMapSg;
  list.mapping = 1;
  list.element_count = 3;
  scenario.commands.push_back(list);
  Command coherent;
  coherent.kind = CommandKind::kAllocCoherent;
  coherent.mapping = 2;
  coherent.size = 1;
  coherent.address = 0x70000;  // nobody's: the page allocator refuses
  scenario.commands.push_back(coherent);
  Command check;
  check.kind = CommandKind::kCheckIoba;
  check.page_shift = 34;
  scenario.commands.push_back(check);
  return scenario;
}

// What validate() says of a good scenario after a change.
std::string said(const std::function<void(Scenario&)>& change) {
  Scenario scenario = good();
  change(scenario);
  const auto checked = validate(scenario);
  return checked ? "" : checked.error().line();
}

// The same, where only the configuration changes and there are no commands.
std::string said_of(const std::function<void(model::Configuration&)>& change) {
  return said([&](Scenario& scenario) {
    scenario.commands.clear();
    scenario.elements.clear();
    change(scenario.configuration);
  });
}

#define EXPECT_PREFIX(text, prefix) EXPECT_EQ((text).substr(0, std::string_view(prefix).size()), prefix)

TEST(Scenario, NamesCommands) {
  EXPECT_EQ(command_name(CommandKind::kMapPage), "map_page");
  EXPECT_EQ(command_name(CommandKind::kFreeCoherent), "free_coherent");
  EXPECT_EQ(command_name(CommandKind::kInUse), "in_use");
  EXPECT_EQ(command_name(CommandKind::kDirectionPermissions), "direction_permissions");
  EXPECT_EQ(command_name(static_cast<CommandKind>(99)), "?");
}

TEST(Scenario, AcceptsGoodOnes) {
  EXPECT_EQ(said([](Scenario&) {}), "");
  EXPECT_TRUE(validate(Scenario{}));
}

TEST(Scenario, ChecksPageSizes) {
  EXPECT_EQ(said_of([](auto& c) { c.system_page = {14}; }),
            "$.system_page: a page shift of 14 is no system page; a system page is 4K or 64K");
  EXPECT_EQ(said_of([](auto& c) { c.system_page = {12}; }), "");
  EXPECT_PREFIX(said_of([](auto& c) { c.window.page = {11}; }), "$.window.iommu_page: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.window.page = {35}; }), "$.window.iommu_page: ");
  EXPECT_EQ(said_of([](auto& c) { c.window.page = {34}; }), "");
}

TEST(Scenario, ChecksTheWindow) {
  EXPECT_PREFIX(said_of([](auto& c) { c.window.entries = 0; }),
                "$.window.entries: is 0, must be from 1 to 4194304");
  EXPECT_PREFIX(said_of([](auto& c) { c.window.entries = kMostEntries + 1; }), "$.window.entries: ");
  EXPECT_EQ(said_of([](auto& c) { c.window.entries = kMostEntries; }), "");
  // The bus ends at 2^64: TCE 2^48 - 1 is the last for 64K pages.
  EXPECT_EQ(said_of([](auto& c) { c.window.first = {(std::uint64_t{1} << 48) - 32}; }), "");
  EXPECT_EQ(said_of([](auto& c) { c.window.first = {(std::uint64_t{1} << 48) - 31}; }),
            "$.window.first: the window reaches past the end of the 64-bit bus; "
            "the greatest first index for this window is 0xffffffffffe0");
  EXPECT_PREFIX(said_of([](auto& c) { c.window.first = {UINT64_MAX}; }), "$.window.first: ");
  EXPECT_EQ(said_of([](auto& c) { c.window.reserved_start = {UINT64_MAX}, c.window.reserved_end = {3}; }), "");
}

TEST(Scenario, ChecksTheDevice) {
  for (const std::uint64_t mask : {std::uint64_t{0xfff}, std::uint64_t{0xffffff}, std::uint64_t{UINT64_MAX}}) {
    EXPECT_EQ(said_of([=](auto& c) { c.device.dma_mask = c.device.coherent_mask = mask; }), "") << mask;
  }
  for (const std::uint64_t mask :
       {std::uint64_t{0}, std::uint64_t{0x7ff}, std::uint64_t{0xfffe}, UINT64_MAX - 1}) {
    EXPECT_PREFIX(said_of([=](auto& c) { c.device.dma_mask = mask; }), "$.device.dma_mask: ");
    EXPECT_PREFIX(said_of([=](auto& c) { c.device.coherent_mask = mask; }), "$.device.coherent_mask: ");
  }
  EXPECT_EQ(said_of([](auto& c) { c.device.segment_boundary = 0xffff; }), "");
  EXPECT_EQ(said_of([](auto& c) { c.device.segment_boundary = 0xfff; }), "") << "within IOMMU pages";
  EXPECT_PREFIX(said_of([](auto& c) { c.device.segment_boundary = 0x7ff; }), "$.device.segment_boundary: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.device.segment_boundary = 0x1fffe; }), "$.device.segment_boundary: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.device.max_segment_size = 0; }), "$.device.max_segment_size: ");
}

TEST(Scenario, ChecksTheKernel) {
  EXPECT_PREFIX(said_of([](auto& c) { c.cpus = 0; }), "$.kernel.cpus: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.cpus = kMostCpus + 1; }), "$.kernel.cpus: ");
  EXPECT_EQ(said_of([](auto& c) { c.cpus = kMostCpus; }), "");
  EXPECT_PREFIX(said_of([](auto& c) { c.block_entries = 0; }), "$.kernel.block_entries: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.block_entries = 3; }), "$.kernel.block_entries: ");
  EXPECT_EQ(said_of([](auto& c) { c.block_entries = 1; }), "");
}

TEST(Scenario, ChecksInheritedTces) {
  const auto with = [](std::vector<model::InheritedRange> ranges) {
    return said_of([&](auto& c) { c.crash_kernel = true, c.inherited = ranges; });
  };
  EXPECT_EQ(with({{{0x81f}, 1}, {{0x800}, 16}, {{0x810}, 15}}), "");
  EXPECT_EQ(with({{{0x800}, 0}}), "$.inherited[0].count: is 0, must be at least 1");
  EXPECT_EQ(with({{{0x7ff}, 1}}), "$.inherited[0]: does not lie in the window");
  EXPECT_EQ(with({{{0x800}, 1}, {{0x81f}, 2}}), "$.inherited[1]: does not lie in the window");
  EXPECT_EQ(with({{{0x81f}, UINT64_MAX}}), "$.inherited[0]: does not lie in the window");
  EXPECT_EQ(with({{{0x805}, 1}, {{0x810}, 1}, {{0x800}, 6}}), "$.inherited[0]: overlaps inherited[2]");
  EXPECT_EQ(with({{{0x805}, 1}, {{0x805}, 1}}).substr(0, 12), "$.inherited[");
  EXPECT_PREFIX(said_of([](auto& c) { c.inherited = {{{0x800}, 1}}; }), "$.inherited: only a crash kernel");
}

TEST(Scenario, ChecksTheHypervisor) {
  EXPECT_PREFIX(said_of([](auto& c) { c.granule = 0; }), "$.hypervisor.granule: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.granule = 0x8000; }), "$.hypervisor.granule: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.granule = 0x18000; }), "$.hypervisor.granule: ");
  EXPECT_EQ(said_of([](auto& c) { c.granule = 0x1000, c.system_page = {12}; }), "");
  EXPECT_PREFIX(said_of([](auto& c) { c.translation = static_cast<model::Translation>(2); }),
                "$.hypervisor.translation: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.installation = static_cast<model::Installation>(2); }),
                "$.hypervisor.installation: ");
}

TEST(Scenario, ChecksMemory) {
  EXPECT_EQ(said_of([](auto& c) { c.blocks[1].size = 0; }), "$.memory[1].size: is 0, must be at least 1");
  EXPECT_EQ(said_of([](auto& c) { c.blocks[1].size = 1; }),
            "$.memory[1].size: 0x1 is no multiple of the granule (64K)");
  EXPECT_PREFIX(said_of([](auto& c) { c.blocks[2].guest = {0x1000}; }), "$.memory[2].guest: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.blocks[3].real = {0x1000}; }), "$.memory[3].real: ");
  EXPECT_EQ(said_of([](auto& c) { c.blocks[3].real = {kMemoryEnd - 0x10000}; }), "");
  EXPECT_PREFIX(said_of([](auto& c) { c.blocks[3].real = {kMemoryEnd}; }), "$.memory[3]: reaches past");
  EXPECT_PREFIX(
      said_of([](auto& c) { c.blocks[3].guest = {kMemoryEnd - 0x10000}, c.blocks[3].size = 0x20000; }),
      "$.memory[3]: reaches past");
  // Wraps around 2^64.
  EXPECT_PREFIX(said_of([](auto& c) { c.blocks[3].size = std::uint64_t{0} - 0x10000; }),
                "$.memory[3]: reaches past");
  // Real memory has one owner.
  EXPECT_EQ(said_of([](auto& c) { c.blocks[1].real = {0x100000}, c.blocks[0].size = 0x20000; }).substr(0, 9),
            "$.memory[");
  EXPECT_EQ(said_of([](auto& c) { c.blocks[0].real = {0xf0000}, c.blocks[0].size = 0x30000; }),
            "$.memory[1].real: overlaps memory[0] in real memory");
  // Guest memory of one VM does not overlap, that of two may.
  EXPECT_EQ(said_of([](auto& c) { c.blocks[1].guest = {0x0}; }), "");
  EXPECT_EQ(said_of([](auto& c) { c.blocks[2].size = 0x20000; }),
            "$.memory[0].guest: overlaps memory[2] in guest memory");
  EXPECT_PREFIX(said_of([](auto& c) { c.translation = model::Translation::kIdentity; }), "$.memory[0].real: ");
  EXPECT_PREFIX(said_of([](auto& c) { c.blocks.resize(kMostBlocks + 1); }), "$.memory: 65537 blocks");
}

TEST(Scenario, ChecksMapPage) {
  const auto with = [](const std::function<void(Command&)>& change) {
    return said([&](Scenario& scenario) { change(scenario.commands[0]); });
  };
  EXPECT_EQ(with([](Command& c) { c.size = 0; }), "$.commands[0].size: is 0, must be at least 1");
  EXPECT_EQ(with([](Command& c) { c.size = 0xfff1; }),
            "$.commands[0].size: 65521 bytes from guest address 0x10010 on are not all memory of VM 0; "
            "a buffer lies in memory of the VM that has the device");
  EXPECT_EQ(with([](Command& c) { c.address = 0, c.offset = 0, c.size = 0x20000; }),
            "");  // two blocks, one run
  EXPECT_EQ(with([](Command& c) { c.address = 0, c.offset = 0x1ffff, c.size = 1; }), "");
  EXPECT_PREFIX(with([](Command& c) { c.address = 0, c.offset = 0x20000, c.size = 1; }),
                "$.commands[0].size: ");
  EXPECT_PREFIX(with([](Command& c) { c.address = 0x40000, c.size = 1; }), "$.commands[0].size: ");  // VM 1's
  EXPECT_PREFIX(with([](Command& c) { c.size = UINT64_MAX; }), "$.commands[0].size: ");
  EXPECT_EQ(with([](Command& c) { c.offset = UINT64_MAX; }), "$.commands[0].offset: page + offset wraps");
  EXPECT_PREFIX(with([](Command& c) { c.address = 0x1000; }), "$.commands[0].page: 0x1000 is not aligned");
  EXPECT_PREFIX(with([](Command& c) { c.direction = model::Direction::kNone; }), "$.commands[0].direction: ");
  EXPECT_PREFIX(with([](Command& c) { c.direction = static_cast<model::Direction>(4); }),
                "$.commands[0].direction: ");
  EXPECT_PREFIX(with([](Command& c) { c.fault = FaultKind::kPages; }), "$.commands[0].fault: ");
  EXPECT_PREFIX(with([](Command& c) { c.fault = static_cast<FaultKind>(3); }), "$.commands[0].fault: ");
  EXPECT_EQ(with([](Command& c) { c.fault = FaultKind::kTce, c.fault_entry = 5, c.fault_partial = true; }), "");
  EXPECT_PREFIX(with([](Command& c) { c.fault_entry = 5; }), "$.commands[0]: sets a field that does not count");
  EXPECT_EQ(with([](Command& c) { c.cpu = 3; }), "");
  EXPECT_PREFIX(with([](Command& c) { c.cpu = 4; }), "$.commands[0].cpu: is 4, but CPU numbers are below 4");
  EXPECT_EQ(with([](Command& c) { c.mapping = kMostMappings - 1; }), "");
  EXPECT_PREFIX(with([](Command& c) { c.mapping = kMostMappings; }), "$.commands[0].mapping: ");
  EXPECT_EQ(with([](Command& c) { c.attributes = NOSPAN_ATTRIBUTE_NO_WARN | NOSPAN_ATTRIBUTE_WEAK_ORDERING; }),
            "");
  EXPECT_PREFIX(with([](Command& c) { c.attributes = 1; }), "$.commands[0].attributes: ");
  EXPECT_EQ(with([](Command& c) { c.no_table = true; }), "");
  EXPECT_PREFIX(with([](Command& c) { c.kind = static_cast<CommandKind>(11); }), "$.commands[0].do: ");
}

TEST(Scenario, ChecksMapSg) {
  const auto with = [](const std::function<void(Scenario&)>& change) { return said(change); };
  EXPECT_PREFIX(with([](Scenario& s) { s.elements[0].length = 17, s.elements[0].address = {0x1fff0}; }),
                "$.commands[1].list[0]: 17 bytes from guest address 0x1fff0 on are not all memory of VM 0");
  EXPECT_PREFIX(with([](Scenario& s) { s.elements[1].length = 1; }), "$.commands[1].list[1]: ");
  // The error counts in the command's list, not in Scenario::elements.
  EXPECT_PREFIX(with([](Scenario& s) {
                  s.elements[2].address = {0x20000};
                  s.commands[1].first_element = 2;
                  s.commands[1].element_count = 1;
                }),
                "$.commands[1].list[0]: ");
  // An element that no command uses is nobody's business.
  EXPECT_EQ(with([](Scenario& s) { s.elements[2].address = {0x20000}, s.commands[1].element_count = 2; }), "");
  EXPECT_EQ(with([](Scenario& s) { s.commands[1].element_count = 0; }), "");
  EXPECT_PREFIX(with([](Scenario& s) { s.commands[1].element_count = 4; }),
                "$.commands[1].list: names elements up to 4");
  EXPECT_PREFIX(with([](Scenario& s) { s.commands[1].first_element = UINT32_MAX; }), "$.commands[1].list: ");
  EXPECT_PREFIX(with([](Scenario& s) { s.commands[1].element_count = kMostElementsPerList + 1; }),
                "$.commands[1].list: 4097 elements");
}

TEST(Scenario, ChecksCoherentMemory) {
  const auto with = [](const std::function<void(Command&)>& change) {
    return said([&](Scenario& scenario) { change(scenario.commands[2]); });
  };
  EXPECT_EQ(with([](Command& c) { c.fault = FaultKind::kPages; }), "");
  EXPECT_EQ(with([](Command& c) { c.fault = FaultKind::kTce; }), "");
  EXPECT_EQ(with([](Command& c) { c.size = UINT64_MAX; }), "");
  EXPECT_PREFIX(with([](Command& c) { c.size = 0; }), "$.commands[2].size: ");
  EXPECT_PREFIX(with([](Command& c) { c.address = 0x1000; }), "$.commands[2].memory: 0x1000 is not aligned");
  EXPECT_PREFIX(with([](Command& c) { c.address = kMemoryEnd; }), "$.commands[2].memory: ");
  EXPECT_PREFIX(with([](Command& c) { c.attributes = NOSPAN_ATTRIBUTE_NO_WARN; }),
                "$.commands[2]: sets a field");
}

TEST(Scenario, ChecksTheRest) {
  const auto with = [](CommandKind kind, const std::function<void(Command&)>& change) {
    return said([&](Scenario& scenario) {
      Command command;
      command.kind = kind;
      change(command);
      scenario.commands = {command};
    });
  };
  for (const CommandKind kind : {CommandKind::kCheckIoba, CommandKind::kCheckGpa}) {
    EXPECT_PREFIX(with(kind, [](Command& c) { c.page_shift = 11; }), "$.commands[0].iommu_page: ");
    EXPECT_PREFIX(with(kind, [](Command& c) { c.page_shift = 35; }), "$.commands[0].iommu_page: ");
    EXPECT_EQ(with(kind, [](Command& c) { c.address = UINT64_MAX; }), "");
  }
  EXPECT_EQ(with(CommandKind::kDirectionPermissions, [](Command& c) { c.direction = model::Direction::kNone; }),
            "");
  EXPECT_EQ(with(CommandKind::kUnmapSg, [](Command& c) { c.mapping = 7, c.no_table = true, c.cpu = 3; }), "");
  EXPECT_PREFIX(with(CommandKind::kUnmapSg, [](Command& c) { c.fault = FaultKind::kTce; }),
                "$.commands[0]: sets a");
  EXPECT_PREFIX(with(CommandKind::kCheckGpa, [](Command& c) { c.no_table = true; }), "$.commands[0]: sets a");
  // in_use has no call without a table (targets/target.h).
  EXPECT_PREFIX(with(CommandKind::kInUse, [](Command& c) { c.no_table = true; }), "$.commands[0]: sets a");
  EXPECT_PREFIX(said([](Scenario& s) { s.commands.assign(kMostCommands + 1, Command{}); }),
                "$.commands: 262145");
}

TEST(Scenario, SaysWhenTheDevicesVmHasNoMemory) {
  EXPECT_EQ(said([](Scenario& s) { s.configuration.device_vm = {7}; }),
            "$.commands[0].size: VM 7, which has the device, owns no memory; "
            "add its blocks to $.memory or change $.hypervisor.device_vm");
}

// What validate() says of a buffer is what the model says, which asks block by block.
RC_GTEST_PROP(Scenario, AgreesWithTheLayoutOnBuffers, (unsigned seed)) {
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20; ++round) {
    Scenario scenario;
    model::Configuration& configuration = scenario.configuration;
    configuration.translation = model::Translation::kTwoStage;
    configuration.system_page = {12};
    configuration.granule = 4096;
    for (std::uint64_t granule = 0; granule < 12; ++granule) {
      if (random() % 4 == 0) continue;
      const auto owner = static_cast<std::uint32_t>(random() % 4 == 0);
      configuration.blocks.push_back({{owner}, {granule << 12}, {(granule ^ 5) << 12}, 4096});
    }
    std::shuffle(configuration.blocks.begin(), configuration.blocks.end(), random);
    Command map;
    map.kind = CommandKind::kMapPage;
    map.direction = model::Direction::kToDevice;
    map.address = (random() % 12) << 12;
    map.offset = random() % 3 == 0 ? 0 : random() % 0x2000;
    map.size = random() % 3 == 0 ? (1 + random() % 4) << 12 : 1 + random() % 0x5000;
    scenario.commands = {map};
    const model::Layout layout(configuration.translation, configuration.device_vm, configuration.blocks);
    const bool owned = layout.guest_owns({map.address + map.offset}, map.size);
    const auto checked = validate(scenario);
    if (!checked) RC_ASSERT(checked.error().where == "$.commands[0].size");
    RC_ASSERT(checked.has_value() == owned);
  }
}

// A file may name the greatest numbers of blocks and elements, in the worst order: this took minutes when each
// element was checked for each command and each buffer block by block.
TEST(Scenario, ChecksTheLargestInTime) {
  Scenario scenario;
  model::Configuration& configuration = scenario.configuration;
  for (std::uint64_t i = kMostBlocks; i-- > 0;) {
    configuration.blocks.push_back({{0}, {i << 16}, {i << 16}, 0x10000});
  }
  scenario.elements.assign(kMostElementsPerList, {{0x10}, UINT32_MAX - 0x10});
  Command list;
  list.kind = CommandKind::kMapSg;
  list.element_count = kMostElementsPerList;
  scenario.commands.assign(kMostCommands, list);
  EXPECT_TRUE(validate(scenario));
}

}  // namespace
}  // namespace nospan::props
