// SPDX-License-Identifier: BSD-2-Clause
#include "props/memory_transform.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

namespace nospan::props {
namespace {

using model::Block;
using model::Configuration;

// Moves every address of a buffer from the block that held it to the same place in that block's new version.
// `removed_head[i]` bytes are gone from the start of block i.
void move_buffers(Scenario& scenario, const std::vector<Block>& before,
                  const std::vector<std::uint64_t>& removed_head) {
  const std::vector<Block>& after = scenario.configuration.blocks;
  const auto moved = [&](std::uint64_t address) -> std::uint64_t {
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i].owner != scenario.configuration.device_vm || !before[i].holds(model::GuestAddress{address}))
        continue;
      const std::uint64_t offset = address - before[i].guest.value;
      const std::uint64_t head = removed_head.empty() ? 0 : removed_head[i];
      return after[i].guest.value + (offset >= head ? offset - head : 0);
    }
    return address;
  };
  const std::uint64_t page = scenario.configuration.system_page.bytes();
  for (Command& command : scenario.commands) {
    if (command.kind == CommandKind::kMapPage) {
      const std::uint64_t buffer = moved(command.address + command.offset);
      command.address = buffer & ~(page - 1);
      command.offset = buffer - command.address;
    } else if (command.kind == CommandKind::kAllocCoherent) {
      command.address = moved(command.address) & ~(page - 1);
    }
  }
  for (Element& element : scenario.elements) element.address.value = moved(element.address.value);
}

// The numbers of blocks in the order of their addresses; guest addresses: of the device's VM only.
std::vector<std::size_t> order_by_real(const Configuration& configuration) {
  std::vector<std::size_t> order(configuration.blocks.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return configuration.blocks[a].real < configuration.blocks[b].real;
  });
  return order;
}

std::vector<std::size_t> order_by_guest(const Configuration& configuration, model::VmId owner) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < configuration.blocks.size(); ++i) {
    if (configuration.blocks[i].owner == owner) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return configuration.blocks[a].guest < configuration.blocks[b].guest;
  });
  return order;
}

std::vector<model::VmId> owners(const Configuration& configuration) {
  std::vector<model::VmId> all;
  all.reserve(configuration.blocks.size());
  for (const Block& block : configuration.blocks) all.push_back(block.owner);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

Scenario with_identity_layout(const Scenario& scenario) {
  Scenario result = scenario;
  result.configuration.translation = model::Translation::kIdentity;
  for (Block& block : result.configuration.blocks) block.guest.value = block.real.value;
  move_buffers(result, scenario.configuration.blocks, {});
  return result;
}

Scenario with_few_owners(const Scenario& scenario) {
  Scenario result = scenario;
  for (Block& block : result.configuration.blocks) {
    block.owner.value = block.owner == scenario.configuration.device_vm ? 0 : 1;
  }
  result.configuration.device_vm.value = 0;
  if (result.configuration.translation != model::Translation::kIdentity) {
    // Guest addresses of VMs that are one now must not overlap: theirs do not matter otherwise.
    std::uint64_t guest = 0;
    for (Block& block : result.configuration.blocks) {
      if (block.owner.value == 0) continue;
      block.guest.value = guest;
      guest += block.size;
    }
  }
  return result;
}

Scenario with_gaps_closed(const Scenario& scenario, bool keep_alignment) {
  Scenario result = scenario;
  Configuration& configuration = result.configuration;
  const std::uint64_t unit = keep_alignment ? configuration.window.page.bytes() : 1;
  std::uint64_t end = 0;
  for (const std::size_t i : order_by_real(scenario.configuration)) {
    Block& block = configuration.blocks[i];
    block.real.value -= (block.real.value - end) / unit * unit;
    end = block.real.value + block.size;
  }
  if (configuration.translation == model::Translation::kIdentity) {
    for (Block& block : configuration.blocks) block.guest.value = block.real.value;
  } else {
    for (const model::VmId owner : owners(configuration)) {
      end = 0;
      for (const std::size_t i : order_by_guest(scenario.configuration, owner)) {
        Block& block = configuration.blocks[i];
        block.guest.value -= (block.guest.value - end) / unit * unit;
        end = block.guest.value + block.size;
      }
    }
  }
  move_buffers(result, scenario.configuration.blocks, {});
  return result;
}

Scenario with_block_cut(const Scenario& scenario, std::size_t number, std::uint64_t bytes, Cut cut) {
  Scenario result = scenario;
  Configuration& configuration = result.configuration;
  std::vector<std::uint64_t> removed_head(configuration.blocks.size(), 0);
  const Block cut_block = configuration.blocks[number];
  configuration.blocks[number].size -= bytes;
  if (cut == Cut::kHead) removed_head[number] = bytes;
  if (cut != Cut::kTailInPlace) {
    for (Block& block : configuration.blocks) {
      if (block.real > cut_block.real) block.real.value -= bytes;
      if (configuration.translation == model::Translation::kTwoStage && block.owner == cut_block.owner &&
          block.guest > cut_block.guest) {
        block.guest.value -= bytes;
      }
    }
    if (configuration.translation == model::Translation::kIdentity) {
      for (Block& block : configuration.blocks) block.guest.value = block.real.value;
    }
  }
  move_buffers(result, scenario.configuration.blocks, removed_head);
  return result;
}

Scenario with_iommu_page(const Scenario& scenario, model::IommuPageShift page) {
  Scenario result = scenario;
  result.configuration.window.page = page;
  return result;
}

Scenario with_window_at(const Scenario& scenario, model::TceIndex first) {
  Scenario result = scenario;
  model::Window& window = result.configuration.window;
  const std::uint64_t distance = first - window.first;
  window.first = first;
  if (window.reserved_start < window.reserved_end) {
    window.reserved_start.value += distance;
    window.reserved_end.value += distance;
  }
  for (model::InheritedRange& range : result.configuration.inherited) range.first.value += distance;
  return result;
}

Scenario with_neighbour_at(const Scenario& scenario, model::RealAddress byte) {
  Scenario result = scenario;
  Configuration& configuration = result.configuration;
  Block block;
  block.owner.value = configuration.device_vm.value == 1 ? 0 : 1;
  block.size = configuration.granule;
  block.real.value = byte.value & ~(configuration.granule - 1);
  block.guest.value = block.real.value;
  if (configuration.translation == model::Translation::kTwoStage) {
    block.guest.value = 0;
    for (const Block& other : configuration.blocks) {
      if (other.owner == block.owner)
        block.guest.value = std::max(block.guest.value, other.guest.value + other.size);
    }
  }
  configuration.blocks.push_back(block);
  return result;
}

Scenario with_map_page(const Scenario& scenario, std::size_t number) {
  Scenario result = scenario;
  Command& command = result.commands[number];
  if (command.kind == CommandKind::kMapSg) {
    const Element element = scenario.elements[command.first_element];
    command.address = element.address.value & ~scenario.configuration.system_page.offset_mask();
    command.offset = element.address.value - command.address;
    command.size = element.length;
    command.first_element = command.element_count = 0;
  }
  command.kind = CommandKind::kMapPage;
  if (command.fault == FaultKind::kPages) command.fault = FaultKind::kNone;
  for (Command& other : result.commands) {
    const bool inverse = other.kind == CommandKind::kUnmapSg || other.kind == CommandKind::kFreeCoherent;
    if (inverse && other.mapping == command.mapping) other.kind = CommandKind::kUnmapPage;
  }
  return result;
}

}  // namespace nospan::props
