// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario_generator.h"

#include <algorithm>
#include <array>

#include "props/alignment.h"
#include "targets/target.h"

namespace nospan::props {
namespace {

// Commands that extend() makes at a time.
constexpr std::uint64_t kStep = 4;

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
