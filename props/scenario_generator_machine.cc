// SPDX-License-Identifier: BSD-2-Clause
// What a scenario's commands find: window, device, kernel, memory, and mappings that a crash kernel inherits.
#include <algorithm>
#include <array>
#include <bit>

#include "props/alignment.h"
#include "props/scenario_generator.h"
#include "targets/target.h"

namespace nospan::props {
namespace {

// The IOMMU page shifts that LoPAR defines.
constexpr std::array<unsigned, 9> kDefinedShifts{12, 16, 21, 24, 25, 26, 27, 28, 34};

constexpr std::uint64_t low_bits(unsigned count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

void ScenarioGenerator::window() {
  model::Window& window = scenario_->configuration.window;
  window.page.value =
      random_.chance(70)
          ? kDefinedShifts[random_.below(kDefinedShifts.size())]
          : static_cast<unsigned>(random_.between(model::kLeastIommuPageShift, model::kGreatestIommuPageShift));
  const std::uint64_t kind = random_.below(100);
  if (kind < 25) {
    window.entries = random_.between(1, 32);
  } else if (kind < 75) {
    window.entries = random_.between(16, 2048);
  } else if (kind < 97) {
    window.entries = random_.log_uniform(1 << 14);
  } else {
    // Up to 2^20, every doubling as likely as every other: a large table costs up to a thousand small
    // scenarios.
    const std::uint64_t low = std::uint64_t{1} << random_.between(14, 19);
    window.entries = random_.between(low, low * 2);
  }
  // Powers of two and their neighbours: what platforms use, and where counts go wrong.
  if (random_.chance(40)) {
    const std::uint64_t power = std::bit_floor(window.entries);
    window.entries = std::max<std::uint64_t>(1, power + random_.below(3) - 1);
  }

  // Indices below `end` are on the 64-bit bus.
  const std::uint64_t end = (UINT64_MAX >> window.page.value) + 1;
  const std::uint64_t room = end - window.entries;
  const std::uint64_t place = random_.below(100);
  if (place < 35) {
    window.first.value = 0;
  } else if (place < 50) {
    window.first.value = std::min(room, random_.log_uniform(1 << 20));
  } else if (place < 65) {
    // A dynamic window: at a large power of two (Linux: 0x800000000000000 >> shift on PowerVM).
    window.first.value = std::min(room, std::uint64_t{1} << random_.below(64 - window.page.value));
  } else if (place < 75) {
    window.first.value = room;
  } else if (place < 85) {
    window.first.value = align_down(random_.below(room + 1), std::bit_ceil(window.entries));
  } else {
    window.first.value = random_.log_uniform(room + 1) - 1;
  }

  window.reserved_start = window.reserved_end = {};
  if (random_.chance(25)) {
    const std::uint64_t first = window.first.value;
    const std::uint64_t start = random_.below(window.entries);
    // In a large table every order of magnitude as likely as every other: a kernel may reserve entry by entry.
    const bool uniform = window.entries < 1 << 14 && random_.chance(50);
    const std::uint64_t count = uniform ? random_.below(window.entries) : random_.log_uniform(window.entries);
    switch (random_.below(8)) {
      case 0:  // the beginning
        window.reserved_start.value = first;
        window.reserved_end.value = first + count;
        break;
      case 1:  // the end
        window.reserved_start.value = first + window.entries - count;
        window.reserved_end.value = first + window.entries;
        break;
      case 2:  // over the beginning
        window.reserved_start.value = first - std::min(first, random_.log_uniform(64));
        window.reserved_end.value = first + count;
        break;
      case 3:  // over the end
        window.reserved_start.value = first + window.entries - count;
        window.reserved_end.value = first + window.entries + random_.below(64);
        break;
      case 4:  // outside
        window.reserved_start.value = first + window.entries + random_.below(64);
        window.reserved_end.value = window.reserved_start.value + count;
        break;
      case 5:  // upside down
        window.reserved_start.value = first + start;
        window.reserved_end.value = first + start / 2;
        break;
      default:  // the middle
        window.reserved_start.value = first + start;
        window.reserved_end.value = first + std::min(window.entries, start + count);
        break;
    }
  }
}

void ScenarioGenerator::device() {
  model::DeviceLimits& device = scenario_->configuration.device;
  const model::Window& window = scenario_->configuration.window;
  const unsigned page = window.page.value;
  const auto mask = [&]() -> std::uint64_t {
    const std::uint64_t kind = random_.below(100);
    const std::uint64_t first = window.first.value << page;
    if (kind < 55) return UINT64_MAX;
    if (kind < 70) {
      // Ends inside the window if a mask of the usual form can.
      const std::uint64_t inside = (window.first.value + random_.below(window.entries)) << page;
      return low_bits(static_cast<unsigned>(std::max<int>(24, static_cast<int>(std::bit_width(inside)))));
    }
    if (kind < 75) return low_bits(static_cast<unsigned>(random_.between(24, 64)));
    // A device must reach the window's start, or its driver would have been refused (dma_iommu_dma_supported).
    const unsigned least = static_cast<unsigned>(
        std::max<int>(24, static_cast<int>(std::bit_width(first | window.page.offset_mask()))));
    return low_bits(static_cast<unsigned>(random_.between(least, 64)));
  };
  device.dma_mask = mask();
  device.coherent_mask = random_.chance(60) ? device.dma_mask : mask();
  const std::uint64_t boundary = random_.below(100);
  unsigned boundary_bits = 64;
  if (boundary < 35) {
    boundary_bits = 64;
  } else if (boundary < 55) {
    boundary_bits = 32;  // the default of dma_get_seg_boundary
  } else if (boundary < 85) {
    boundary_bits =
        page + static_cast<unsigned>(random_.below(static_cast<unsigned>(std::bit_width(window.entries)) + 1));
  } else if (boundary < 95) {
    boundary_bits = static_cast<unsigned>(random_.between(page, 64));
  } else {
    // Disks' 64 KiB with the huge IOMMU pages of a dynamic DMA window: within a page.
    boundary_bits = static_cast<unsigned>(random_.between(12, std::max(12u, page - 1)));
  }
  device.segment_boundary = low_bits(std::min(64u, boundary_bits));
  const std::uint64_t segment = random_.below(100);
  if (segment < 30) {
    device.max_segment_size = 65536;  // the default of dma_get_max_seg_size
  } else if (segment < 60) {
    device.max_segment_size = UINT32_MAX;
  } else {
    device.max_segment_size = static_cast<std::uint32_t>(random_.log_uniform(UINT32_MAX));
  }
}

void ScenarioGenerator::kernel() {
  model::Configuration& configuration = scenario_->configuration;
  configuration.block_entries = random_.chance(60) ? 16 : std::uint64_t{1} << random_.below(8);
  configuration.cpus = random_.chance(50) ? 1 : static_cast<std::uint32_t>(random_.between(2, 16));
  configuration.virtual_merge = !random_.chance(15);
  // A crash kernel looks at every entry: in a large table that costs as much as thousands of commands. What it
  // gives back when it finds too few free entries are the last 2048.
  configuration.crash_kernel = random_.chance(configuration.window.entries <= 1 << 12 ? 8 : 1);
  configuration.translation =
      random_.chance(60) ? model::Translation::kIdentity : model::Translation::kTwoStage;
  configuration.installation =
      random_.chance(75) ? model::Installation::kBlind : model::Installation::kContained;
}

void ScenarioGenerator::memory(bool blocks_hypothesis) {
  model::Configuration& configuration = scenario_->configuration;
  const std::uint64_t granule = configuration.granule;
  const std::uint64_t iommu_page = configuration.window.page.bytes();
  const std::uint64_t unit = blocks_hypothesis ? std::max(granule, iommu_page) : granule;
  const bool identity = configuration.translation == model::Translation::kIdentity;
  const std::uint64_t vms = random_.chance(85) ? random_.between(1, 4) : random_.log_uniform(64);
  const std::uint64_t count = vms + random_.below(vms < 4 ? 5 : 1 + vms / 2);
  configuration.device_vm.value = static_cast<std::uint32_t>(random_.below(vms));

  std::uint64_t real = random_.chance(50) ? 0 : unit * random_.below(64);
  if (random_.chance(10)) real = align_down(random_.below(std::uint64_t{1} << 50), unit);
  // One guest cursor per VM would need an array: the device's VM has its own, the others share one far above.
  std::uint64_t guest = random_.chance(60) ? 0 : unit * random_.below(16);
  std::uint64_t other_guest = 0;
  const unsigned adjacent_percent = random_.chance(50) ? 90 : 40;
  // A block of a few IOMMU pages lets a mapping touch its ends; a large one lets a table fill up.
  const unsigned large_percent = random_.chance(50) ? 10 : 60;
  for (std::uint64_t i = 0; i < count; ++i) {
    model::Block block;
    block.owner.value =
        i < vms ? static_cast<std::uint32_t>(i) : static_cast<std::uint32_t>(random_.below(vms));
    std::uint64_t units = random_.log_uniform(random_.chance(large_percent) ? 4096 : 16);
    if (unit >= std::uint64_t{1} << 30) units = std::min<std::uint64_t>(units, 64);
    block.size = unit * units;
    if (!random_.chance(adjacent_percent)) real += unit * random_.log_uniform(64);
    block.real.value = real;
    real += block.size;
    if (identity) {
      block.guest.value = block.real.value;
    } else if (block.owner == configuration.device_vm) {
      if (!random_.chance(adjacent_percent)) guest += unit * random_.log_uniform(16);
      block.guest.value = guest;
      guest += block.size;
    } else {
      block.guest.value = other_guest;
      other_guest += block.size;
    }
    configuration.blocks.push_back(block);
  }
  // Real memory in another order than guest memory.
  if (!identity && random_.chance(50)) {
    for (std::size_t i = configuration.blocks.size() - 1; i > 0; --i) {
      model::Block& a = configuration.blocks[i];
      model::Block& b = configuration.blocks[random_.below(i + 1)];
      if (a.size == b.size) std::swap(a.real, b.real);
    }
  }
  // A VM with terabytes: requests of more pages than 32 bits count.
  if (random_.chance(4)) {
    model::Block block;
    block.owner = configuration.device_vm;
    block.real.value = align_up(real, std::max(unit, std::uint64_t{1} << 46));
    block.guest.value = identity ? block.real.value : align_up(guest, std::max(unit, std::uint64_t{1} << 46));
    block.size = align_up(std::uint64_t{1} << 46, unit);
    configuration.blocks.push_back(block);
  }

  runs_.clear();
  for (const model::Block& block : configuration.blocks) {
    if (block.owner == configuration.device_vm) runs_.push_back({block.guest.value, block.size});
  }
  std::sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) { return a.start < b.start; });
  // Adjacent blocks are one run for the guest.
  std::size_t last = 0;
  for (std::size_t i = 1; i < runs_.size(); ++i) {
    if (runs_[last].start + runs_[last].size == runs_[i].start) {
      runs_[last].size += runs_[i].size;
    } else {
      runs_[++last] = runs_[i];
    }
  }
  runs_.resize(last + 1);
}

void ScenarioGenerator::inherited() {
  model::Configuration& configuration = scenario_->configuration;
  const model::Window& window = configuration.window;
  if (!configuration.crash_kernel) return;
  if (random_.chance(30)) {
    // Nearly full: the crash kernel has to take entries back.
    configuration.inherited.push_back(
        {window.first, window.entries - random_.below(std::min<std::uint64_t>(window.entries, 16))});
    return;
  }
  std::uint64_t entry = random_.below(window.entries);
  for (std::uint64_t i = random_.below(6); i != 0 && entry < window.entries; --i) {
    const std::uint64_t count = std::min(random_.log_uniform(64), window.entries - entry);
    configuration.inherited.push_back({window.first + entry, count});
    entry += count + random_.below(window.entries / 4 + 1);
  }
}

}  // namespace nospan::props
