// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario_generator.h"

#include <algorithm>
#include <array>
#include <bit>

#include "targets/target.h"

namespace nospan::props {
namespace {

// Commands that extend() makes at a time.
constexpr std::uint64_t kStep = 4;

// The IOMMU page shifts that LoPAR defines.
constexpr std::array<unsigned, 9> kDefinedShifts{12, 16, 21, 24, 25, 26, 27, 28, 34};

constexpr std::uint64_t low_bits(unsigned count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t alignment) {
  return value & ~(alignment - 1);
}
constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace

void ScenarioGenerator::begin(std::uint64_t seed, int size, Scenario& scenario) {
  random_ = Random(mix(seed));
  scenario_ = &scenario;
  scenario.note.clear();
  scenario.commands.clear();
  scenario.elements.clear();
  model::Configuration& configuration = scenario.configuration;
  configuration.blocks.clear();
  configuration.inherited.clear();
  configuration.system_page = options_.system_page;
  recent_offset_ = recent_address_ = 0;
  recent_size_ = 1;

  window();
  device();
  kernel();
  Assumption assumption = options_.assumption;
  if (assumption == Assumption::kMission) {
    assumption = random_.chance(50) ? Assumption::kGranule : Assumption::kBlocks;
  }
  const std::uint64_t system_page = options_.system_page.bytes();
  const std::uint64_t iommu_page = configuration.window.page.bytes();
  configuration.granule = system_page << (random_.chance(50) ? 0 : random_.below(6));
  if (assumption == Assumption::kGranule) configuration.granule = std::max(configuration.granule, iommu_page);
  memory(assumption == Assumption::kBlocks);
  inherited();
  profile(size);
}

bool ScenarioGenerator::extend() {
  if (to_come_ == 0) return false;
  const std::uint64_t now = std::min(to_come_, kStep);
  to_come_ -= now;
  std::vector<Command>& commands = scenario_->commands;
  // Copied, as the compiler would clear each with a string instruction, which is slow for so few bytes.
  static constexpr Command kBlank{};
  for (std::uint64_t i = 0; i < now; ++i) {
    commands.push_back(kBlank);
    command(commands.back());
  }
  return true;
}

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
  } else {
    boundary_bits = static_cast<unsigned>(random_.between(page, 64));
  }
  device.segment_boundary = low_bits(std::min(64u, std::max(boundary_bits, page)));
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

const ScenarioGenerator::Run& ScenarioGenerator::any_run() {
  return runs_.size() == 1 ? runs_[0] : runs_[random_.below(runs_.size())];
}

// A byte of the run: uniform, near a boundary, or near an earlier one.
std::uint64_t ScenarioGenerator::address_in(const Run& run) {
  // All candidates are made and one is taken: a jump that nobody can predict costs more than that.
  const std::uint64_t bits = random_.next();
  const std::uint64_t system_page = options_.system_page.bytes();
  const std::uint64_t page = scenario_->configuration.window.page.bytes();
  const std::uint64_t uniform = random_.below(run.size);
  const std::uint64_t whole = align_down(uniform, system_page);
  const std::array<std::uint64_t, 7> candidates{
      uniform,
      whole + ((bits >> 56 & 7) == 0 ? 1 : 0),  // or not quite where it begins
      0,
      run.size - 1 - (bits >> 4 & 15),                                          // near the end
      align_down(run.start + uniform, page) + (bits >> 4 & 7) - 3 - run.start,  // of an IOMMU page
      whole + (recent_offset_ & (system_page - 1)),                             // as in another page
      recent_address_ - run.start,                                              // after the last buffer
  };
  // Half of them uniform: what only happens at one offset of a page must be met within seconds.
  static constexpr std::array<std::uint8_t, 16> kWhich{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 4, 5, 6};
  std::uint64_t offset = candidates[kWhich[bits & 15]];
  if (offset >= run.size) offset = uniform;
  recent_offset_ = run.start + offset;
  return run.start + offset;
}

// Bytes to ask for, at least 1, at most `most` (at least 1).
std::uint64_t ScenarioGenerator::request_size(std::uint64_t most) {
  const std::uint64_t page = scenario_->configuration.window.page.bytes();
  const std::uint64_t system_page = options_.system_page.bytes();
  const std::uint64_t bits = random_.next();
  std::uint64_t size = 1;
  if ((bits & 127) < profile_.small_percent) {
    const std::uint64_t uniform = 1 + random_.below(page * 4);
    const std::array<std::uint64_t, 8> candidates{
        1 + (bits >> 10 & 15),
        system_page - ((bits >> 56 & 3) == 0 ? 1 : 0),  // or not quite a whole one
        page,
        page * (1 + (bits >> 10 & 3)) + (bits >> 12 & 3) - 1,
        recent_size_,
        1 + (bits >> 10 & 0xffff),
        uniform,
        uniform,
    };
    size = candidates[bits >> 7 & 7];
  } else {
    switch ((bits >> 7) & 7) {
      case 0: size = random_.log_uniform(most); break;
      case 1: size = page * (15 + ((bits >> 10) & 3)); break;  // around Linux's "large" request
      case 2: size = system_page << ((bits >> 10) & 7); break;
      case 3: {  // as large as the table and around
        const std::uint64_t entries = scenario_->configuration.window.entries;
        size = (entries / (1 + ((bits >> 10) & 3)) + ((bits >> 12) & 3)) * page;
        break;
      }
      case 4: {  // a request whose count of IOMMU pages does not fit 32 bits
        const unsigned shift = scenario_->configuration.window.page.value;
        size = shift <= 30 ? (page << 32) + ((bits >> 10) & 0x3ffff) : most;
        break;
      }
      default: size = 1 + random_.below(page * 40); break;
    }
  }
  if (size == 0) size = 1;
  if (size > most) size = (bits >> 40 & 3) == 0 ? most : 1 + size % most;
  recent_size_ = size;
  return size;
}

void ScenarioGenerator::map_page(Command& command) {
  const Run& run = any_run();
  const std::uint64_t address = address_in(run);
  const std::uint64_t system_page = options_.system_page.bytes();
  command.kind = CommandKind::kMapPage;
  command.size = request_size(run.start + run.size - address);
  command.address = align_down(address, system_page);
  command.offset = address - command.address;
  // An offset beyond the page: struct page names the start of a compound page.
  if ((recent_offset_ & 63) == 0 && command.address - run.start >= 4 * system_page) {
    command.address -= 3 * system_page;
    command.offset += 3 * system_page;
  }
  recent_address_ = address + command.size;
}

void ScenarioGenerator::map_list(Command& command) {
  command.kind = CommandKind::kMapSg;
  command.first_element = static_cast<std::uint32_t>(scenario_->elements.size());
  // Few elements: what goes wrong with the third goes wrong with the seventh, too. Now and then a long list.
  const std::uint64_t kind = random_.below(256);
  std::uint64_t count = 1 + std::min(kind & 7, kind >> 3 & 7);
  if (kind == 255) count = random_.between(8, 128);
  if (kind >= 251 && kind < 255) count = 0;
  const std::uint64_t system_page = options_.system_page.bytes();
  const std::uint64_t page = scenario_->configuration.window.page.bytes();
  std::uint64_t next = 0;  // where the last element ended, if the run goes on
  std::uint64_t rest = 0;
  const std::uint64_t style = random_.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t bits = random_.next();
    if ((bits & 31) == 0) {
      scenario_->elements.push_back({model::GuestAddress{runs_[0].start}, 0});
      continue;
    }
    std::uint64_t address = next;
    if (rest == 0 || (bits & 0x60) == 0 || style == 0) {
      const Run& run = any_run();
      address = address_in(run);
      if (style >= 2) address = std::max(run.start, align_down(address, std::max(system_page, page)));
      rest = run.start + run.size - address;
    }
    std::uint64_t length = request_size(rest);
    // Whole pages end to end: what block layers send, and what can be merged.
    if (style >= 2 && rest >= page) length = std::min(align_up(length, page), align_down(rest, page));
    if (length > UINT32_MAX) length = (bits >> 32 & 1) != 0 ? UINT32_MAX : align_down(UINT32_MAX, system_page);
    scenario_->elements.push_back({model::GuestAddress{address}, static_cast<std::uint32_t>(length)});
    next = address + length;
    rest -= length;
  }
  command.element_count = static_cast<std::uint32_t>(count);
}

void ScenarioGenerator::alloc_coherent(Command& command) {
  command.kind = CommandKind::kAllocCoherent;
  const Run& run = any_run();
  const std::uint64_t system_page = options_.system_page.bytes();
  command.size = request_size(run.size);
  // Most coherent memory is small: descriptor rings.
  if (random_.chance(50)) command.size = std::min(command.size, random_.log_uniform(system_page * 64));
  const std::uint64_t alignment = model::coherent_alignment(command.size, options_.system_page);
  std::uint64_t address = alignment == 0 ? run.start : align_up(address_in(run), alignment);
  if (alignment == 0 || address + alignment > run.start + run.size) {
    address = alignment == 0 ? run.start : align_up(run.start, alignment);
  }
  if (address >= kMemoryEnd) address = run.start;
  command.address = address;
}

void ScenarioGenerator::question(Command& command) {
  const model::Window& window = scenario_->configuration.window;
  switch (random_.below(6)) {
    case 0: command.kind = CommandKind::kInUse; return;
    case 1:
      command.kind = CommandKind::kCheckGpa;
      command.page_shift = static_cast<std::uint8_t>(random_.between(12, 34));
      command.address = random_.chance(50) ? random_.next() << random_.below(36) : address_in(any_run());
      return;
    case 2:
      command.kind = CommandKind::kTceDirection;
      command.address = random_.next() << random_.below(16);
      if (random_.chance(50)) command.address = align_down(command.address, 4) | random_.below(4);
      return;
    case 3:
      command.kind = CommandKind::kDirectionPermissions;
      command.direction = static_cast<model::Direction>(random_.below(4));
      return;
    default: break;
  }
  command.kind = CommandKind::kCheckIoba;
  command.page_shift = static_cast<std::uint8_t>(window.page.value);
  command.first_index = window.first.value;
  command.entries = window.entries;
  const std::uint64_t where = random_.below(8);
  std::uint64_t index = window.first.value + random_.below(window.entries);
  if (where == 0) index = window.first.value + window.entries - 1 + random_.below(3);
  if (where == 1) index = window.first.value - 1;
  if (where == 2) index = random_.next();
  command.address = (index << command.page_shift) | (random_.chance(10) ? random_.below(1 << 12) : 0);
  command.count =
      random_.chance(70) ? random_.log_uniform(window.entries + 2) : UINT64_MAX - random_.below(1 << 20);
  if (random_.chance(5)) command.count = 0;
}

void ScenarioGenerator::fault(Command& command) {
  const std::uint64_t bits = random_.next();
  if (command.kind == CommandKind::kAllocCoherent && (bits & 1) != 0) {
    command.fault = FaultKind::kPages;
    return;
  }
  command.fault = FaultKind::kTce;
  command.fault_partial = (bits & 2) != 0;
  command.fault_entry = (bits & 4) != 0 ? 0 : random_.log_uniform(64) - 1;
}

void ScenarioGenerator::profile(int size) {
  profile_ = {};
  const std::uint64_t bits = random_.next();
  static constexpr std::array<unsigned, 4> kUnmapPercents{47, 40, 25, 10};
  profile_.unmap_percent = kUnmapPercents[bits & 3];
  profile_.list_percent = (bits >> 2 & 3) == 0 ? 60 : (bits >> 2 & 3) == 1 ? 0 : 20;
  profile_.coherent_percent = (bits >> 4 & 3) == 0 ? 50 : (bits >> 4 & 3) == 1 ? 0 : 10;
  profile_.question_percent = (bits >> 6 & 7) == 0 ? 20 : (bits >> 6 & 1) == 0 ? 0 : 2;
  profile_.fault_percent = (bits >> 9 & 3) == 0 ? 15 : 0;
  profile_.no_table_percent = (bits >> 11 & 7) == 0 ? 4 : 0;
  profile_.small_percent = (bits >> 14 & 3) == 0 ? 60 : 118;  // of 128

  const std::uint64_t most = 4 + static_cast<std::uint64_t>(size) * 6;
  to_come_ = random_.between(1 + most / 8, most);
  const std::uint64_t ids = random_.chance(70) ? 64 : random_.between(1, 8);
  free_.clear();
  live_.clear();
  for (std::uint64_t id = ids; id != 0; --id) free_.push_back(static_cast<std::uint32_t>(id - 1));
  kind_of_.assign(ids, CommandKind::kInUse);
}

void ScenarioGenerator::command(Command& command) {
  // One draw decides what the command is.
  const std::uint64_t draw = random_.next();
  const std::uint32_t cpus = scenario_->configuration.cpus;
  command.cpu = static_cast<std::uint16_t>((draw >> 48) * cpus >> 16);
  const auto percent = [draw](unsigned position) {
    return static_cast<unsigned>((draw >> position) & 127) * 100 / 128;
  };
  if (profile_.question_percent != 0 && percent(0) < profile_.question_percent) {
    command.cpu = 0;
    question(command);
    return;
  }
  if (!live_.empty() && (free_.empty() || percent(7) < profile_.unmap_percent)) {
    const std::size_t position = (draw >> 14 & 1) != 0 ? live_.size() - 1 : (draw >> 32) * live_.size() >> 32;
    const std::uint32_t id = live_[position];
    const CommandKind map = kind_of_[id];
    command.kind = map == CommandKind::kMapPage ? CommandKind::kUnmapPage
                   : map == CommandKind::kMapSg ? CommandKind::kUnmapSg
                                                : CommandKind::kFreeCoherent;
    if (profile_.no_table_percent != 0 && percent(28) < profile_.no_table_percent) {
      command.no_table = true;
      return;  // nothing is undone: the mapping stays live
    }
    command.mapping = id;
    live_[position] = live_.back();
    live_.pop_back();
    free_.push_back(id);
    return;
  }
  const std::uint32_t id = free_.back();
  command.mapping = id;
  command.direction = static_cast<model::Direction>((draw >> 35) % 3);
  if ((draw >> 37 & 15) == 0) command.attributes = NOSPAN_ATTRIBUTE_NO_WARN;
  if ((draw >> 41 & 31) == 0) command.attributes |= NOSPAN_ATTRIBUTE_WEAK_ORDERING;
  const unsigned what = percent(14);
  if (what < profile_.list_percent) {
    map_list(command);
  } else if (what < profile_.list_percent + profile_.coherent_percent) {
    alloc_coherent(command);
    command.direction = model::Direction::kBidirectional;
    command.attributes = 0;
  } else {
    map_page(command);
  }
  if (profile_.no_table_percent != 0 && percent(28) < profile_.no_table_percent) {
    command.no_table = true;
    return;
  }
  if (profile_.fault_percent != 0 && percent(21) < profile_.fault_percent) fault(command);
  kind_of_[id] = command.kind;
  free_.pop_back();
  live_.push_back(id);
}

}  // namespace nospan::props
