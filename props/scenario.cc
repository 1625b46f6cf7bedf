// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "reports/quantity.h"
#include "targets/target.h"

namespace nospan::props {
namespace {

using model::Block;
using model::GuestAddress;
using reports::Expected;
using reports::failure;

constexpr std::array<std::string_view, kCommandKindCount> kCommandNames{
    "map_page", "unmap_page", "map_sg",    "unmap_sg",      "alloc_coherent",        "free_coherent",
    "in_use",   "check_ioba", "check_gpa", "tce_direction", "direction_permissions",
};

constexpr std::uint64_t kLeastMask = 0xfff;
constexpr std::uint64_t kAllAttributes =
    NOSPAN_ATTRIBUTE_WEAK_ORDERING | NOSPAN_ATTRIBUTE_SKIP_CPU_SYNC | NOSPAN_ATTRIBUTE_NO_WARN;

// Is this 2^n - 1? 0 counts as 2^0 - 1, and all ones as 2^64 - 1.
constexpr bool is_mask(std::uint64_t value) { return (value & (value + 1)) == 0; }

std::string path_of(std::string_view list, std::size_t index, std::string_view key) {
  return fmt::format("$.{}[{}]{}{}", list, index, key.empty() ? "" : ".", key);
}

// What is wrong with a number that has bounds.
std::string out_of_bounds(std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  return fmt::format("is {}, must be from {} to {}", value, least, most);
}

// Guest memory [start, end).
struct GuestRun {
  std::uint64_t start;
  std::uint64_t end;
};

// The memory of the device's VM as the guest sees it: maximal runs in the order of their addresses. Unlike
// Layout::guest_owns(), a question costs a binary search however many blocks the memory is made of.
class GuestMemory {
 public:
  // Preconditions: the blocks have passed check_memory().
  explicit GuestMemory(const model::Configuration& configuration) {
    for (const Block& block : configuration.blocks) {
      if (block.owner != configuration.device_vm) continue;
      runs_.push_back({block.guest.value, block.guest.value + block.size});
    }
    std::sort(runs_.begin(), runs_.end(),
              [](const GuestRun& a, const GuestRun& b) { return a.start < b.start; });
    std::size_t last = 0;
    for (std::size_t i = 1; i < runs_.size(); ++i) {
      if (runs_[i].start == runs_[last].end) {
        runs_[last].end = runs_[i].end;
      } else {
        runs_[++last] = runs_[i];
      }
    }
    if (!runs_.empty()) runs_.resize(last + 1);
  }

  bool empty() const { return runs_.empty(); }

  bool owns(GuestAddress address, std::uint64_t size) const {
    const auto after =
        std::upper_bound(runs_.begin(), runs_.end(), address.value,
                         [](std::uint64_t value, const GuestRun& run) { return value < run.start; });
    if (after == runs_.begin()) return false;
    const GuestRun& run = *(after - 1);
    return address.value < run.end && run.end - address.value >= size;
  }

 private:
  std::vector<GuestRun> runs_;
};

Expected<void> check_window(const model::Configuration& configuration) {
  const unsigned system_shift = configuration.system_page.value;
  if (system_shift != 12 && system_shift != 16) {
    return failure("$.system_page", fmt::format("a page shift of {} is no system page", system_shift),
                   "a system page is 4K or 64K");
  }
  const model::Window& window = configuration.window;
  if (window.page.value < model::kLeastIommuPageShift || window.page.value > model::kGreatestIommuPageShift) {
    return failure("$.window.iommu_page", fmt::format("a page shift of {} is no IOMMU page", window.page.value),
                   "an IOMMU page is a power of two from 4K to 16G");
  }
  if (window.entries < 1 || window.entries > kMostEntries) {
    return failure("$.window.entries", out_of_bounds(window.entries, 1, kMostEntries));
  }
  const std::uint64_t indices = std::uint64_t{1} << (64 - window.page.value);
  if (window.first.value > indices - window.entries) {
    return failure("$.window.first", "the window reaches past the end of the 64-bit bus",
                   fmt::format("the greatest first index for this window is 0x{:x}", indices - window.entries));
  }
  return {};
}

Expected<void> check_device(const model::Configuration& configuration) {
  const model::DeviceLimits& device = configuration.device;
  const auto check_mask = [](std::string_view path, std::uint64_t mask) -> Expected<void> {
    if (is_mask(mask) && mask >= kLeastMask) return {};
    return failure(std::string(path), fmt::format("0x{:x} is no mask of a device", mask),
                   "a mask is 2^n - 1 with n from 12 to 64");
  };
  if (auto checked = check_mask("$.device.dma_mask", device.dma_mask); !checked) return checked;
  if (auto checked = check_mask("$.device.coherent_mask", device.coherent_mask); !checked) return checked;
  if (!is_mask(device.segment_boundary) || device.segment_boundary < kLeastMask) {
    return failure("$.device.segment_boundary", fmt::format("0x{:x} is no boundary", device.segment_boundary),
                   "a boundary is 2^n - 1 with n from 12 to 64");
  }
  if (device.max_segment_size == 0) {
    return failure("$.device.max_segment_size", out_of_bounds(0, 1, UINT32_MAX));
  }
  return {};
}

Expected<void> check_kernel(const model::Configuration& configuration) {
  if (configuration.cpus < 1 || configuration.cpus > kMostCpus) {
    return failure("$.kernel.cpus", out_of_bounds(configuration.cpus, 1, kMostCpus));
  }
  if (!std::has_single_bit(configuration.block_entries)) {
    return failure("$.kernel.block_entries", fmt::format("{} is no power of two", configuration.block_entries));
  }
  if (!configuration.inherited.empty() && !configuration.crash_kernel) {
    return failure("$.inherited", "only a crash kernel inherits TCEs",
                   "set $.kernel.crash_kernel to true or leave out inherited");
  }
  const model::Window& window = configuration.window;
  // Positions in the file, in the order of the ranges' first TCE: the error names the file's position.
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < configuration.inherited.size(); ++i) {
    const model::InheritedRange& range = configuration.inherited[i];
    if (range.count == 0) return failure(path_of("inherited", i, "count"), "is 0, must be at least 1");
    const std::uint64_t entry = range.first - window.first;
    if (entry >= window.entries || window.entries - entry < range.count) {
      return failure(path_of("inherited", i, ""), "does not lie in the window");
    }
    if (i == kMostEntries) return failure("$.inherited", "more ranges than a window has TCEs");
    order.push_back(static_cast<std::uint32_t>(i));
  }
  const auto& inherited = configuration.inherited;
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return inherited[a].first < inherited[b].first; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const model::InheritedRange& before = inherited[order[i - 1]];
    if (inherited[order[i]].first - before.first < before.count) {
      return failure(path_of("inherited", order[i], ""), fmt::format("overlaps inherited[{}]", order[i - 1]));
    }
  }
  return {};
}

// Sorts `order` by `key` and finds the first two neighbours that overlap.
template <class Key>
Expected<void> check_overlap(std::span<const Block> blocks, std::vector<std::uint32_t>& order, Key key,
                             std::string_view space) {
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return key(blocks[a]) < key(blocks[b]); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Block& before = blocks[order[i - 1]];
    const auto [before_owner, before_start] = key(before);
    const auto [owner, start] = key(blocks[order[i]]);
    if (owner == before_owner && start - before_start < before.size) {
      return failure(path_of("memory", order[i], space),
                     fmt::format("overlaps memory[{}] in {} memory", order[i - 1], space));
    }
  }
  return {};
}

Expected<void> check_memory(const model::Configuration& configuration) {
  if (configuration.translation > model::Translation::kTwoStage) {
    return failure("$.hypervisor.translation", "there is no such translation");
  }
  if (configuration.installation > model::Installation::kContained) {
    return failure("$.hypervisor.installation", "there is no such installation");
  }
  const std::uint64_t granule = configuration.granule;
  if (!std::has_single_bit(granule) || granule < configuration.system_page.bytes()) {
    return failure("$.hypervisor.granule", fmt::format("{} is no granule", reports::format_size(granule)),
                   fmt::format("a granule is a power of two and at least a system page ({})",
                               reports::format_size(configuration.system_page.bytes())));
  }
  const std::vector<Block>& blocks = configuration.blocks;
  if (blocks.size() > kMostBlocks) {
    return failure("$.memory", fmt::format("{} blocks, must be at most {}", blocks.size(), kMostBlocks));
  }
  std::vector<std::uint32_t> order;
  order.reserve(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    const auto check_granule = [&](std::string_view key, std::uint64_t value) -> Expected<void> {
      if (value % granule == 0) return {};
      return failure(path_of("memory", i, key), fmt::format("0x{:x} is no multiple of the granule ({})", value,
                                                            reports::format_size(granule)));
    };
    if (block.size == 0) return failure(path_of("memory", i, "size"), "is 0, must be at least 1");
    if (auto checked = check_granule("guest", block.guest.value); !checked) return checked;
    if (auto checked = check_granule("real", block.real.value); !checked) return checked;
    if (auto checked = check_granule("size", block.size); !checked) return checked;
    const std::uint64_t highest = std::max(block.guest.value, block.real.value);
    if (highest >= kMemoryEnd || block.size > kMemoryEnd - highest) {
      return failure(path_of("memory", i, ""),
                     fmt::format("reaches past the end of memory (0x{:x})", kMemoryEnd));
    }
    if (configuration.translation == model::Translation::kIdentity && block.guest.value != block.real.value) {
      return failure(path_of("memory", i, "real"),
                     "guest and real address differ, but the translation is the identity",
                     "set $.hypervisor.translation to \"two_stage\" or make them equal");
    }
    order.push_back(static_cast<std::uint32_t>(i));
  }
  // Real memory has one owner whoever it is; guest memory overlaps only within one VM.
  const auto real_key = [](const Block& block) { return std::pair{0u, block.real.value}; };
  if (auto checked = check_overlap(blocks, order, real_key, "real"); !checked) return checked;
  const auto guest_key = [](const Block& block) { return std::pair{block.owner.value, block.guest.value}; };
  return check_overlap(blocks, order, guest_key, "guest");
}

// Checks commands one by one. Borrows the scenario.
class CommandChecker {
 public:
  explicit CommandChecker(const Scenario& scenario)
      : scenario_(scenario), configuration_(scenario.configuration), memory_(scenario.configuration) {
    // next_bad_[i]: the first element from i on that is no buffer of the device's VM. Lists may share elements,
    // so that a look at each element for each command could take very long.
    const std::size_t count = scenario.elements.size();
    next_bad_.resize(count + 1, count);
    for (std::size_t i = count; i-- > 0;) {
      const Element& element = scenario.elements[i];
      const bool good = element.length == 0 || memory_.owns(element.address, element.length);
      next_bad_[i] = good ? next_bad_[i + 1] : i;
    }
  }

  Expected<void> check(std::size_t index) {
    index_ = index;
    const Command& command = scenario_.commands[index];
    if (static_cast<std::size_t>(command.kind) >= kCommandKindCount)
      return fail("do", "there is no such command");
    if (auto checked = check_fields_in_use(command); !checked) return checked;
    if (command.mapping >= kMostMappings) {
      return fail("mapping", out_of_bounds(command.mapping, 0, kMostMappings - 1));
    }
    if (command.cpu >= configuration_.cpus) {
      return fail("cpu", fmt::format("is {}, but CPU numbers are below {}", command.cpu, configuration_.cpus),
                  "raise $.kernel.cpus");
    }
    if ((command.attributes & ~kAllAttributes) != 0) {
      return fail("attributes", fmt::format("there are unknown ones in 0x{:x}", command.attributes));
    }
    if (command.direction > model::Direction::kNone) return fail("direction", "there is no such direction");
    if (command.fault > FaultKind::kPages) return fail("fault", "there is no such fault");
    switch (command.kind) {
      case CommandKind::kMapPage: return check_map_page(command);
      case CommandKind::kMapSg: return check_map_sg(command);
      case CommandKind::kAllocCoherent: return check_alloc_coherent(command);
      case CommandKind::kCheckIoba:
      case CommandKind::kCheckGpa:
        if (command.page_shift < model::kLeastIommuPageShift ||
            command.page_shift > model::kGreatestIommuPageShift) {
          return fail("iommu_page", fmt::format("a page shift of {} is no IOMMU page", command.page_shift),
                      "an IOMMU page is a power of two from 4K to 16G");
        }
        return {};
      default: return {};
    }
  }

 private:
  Expected<void> fail(std::string_view key, std::string what, std::string mend = {}) const {
    return failure(path_of("commands", index_, key), std::move(what), std::move(mend));
  }

  // Fields that do not count keep their default: a scenario file cannot hold them.
  Expected<void> check_fields_in_use(const Command& command) const {
    Command rest = command;
    const Command fresh;
    rest.kind = fresh.kind;
    const auto forget = [&](auto... fields) { ((rest.*fields = fresh.*fields), ...); };
    switch (command.kind) {
      case CommandKind::kMapPage:
        forget(&Command::mapping, &Command::direction, &Command::no_table, &Command::cpu, &Command::fault);
        forget(&Command::address, &Command::offset, &Command::size, &Command::attributes);
        break;
      case CommandKind::kMapSg:
        forget(&Command::mapping, &Command::direction, &Command::no_table, &Command::cpu, &Command::fault);
        forget(&Command::first_element, &Command::element_count, &Command::attributes);
        break;
      case CommandKind::kAllocCoherent:
        forget(&Command::mapping, &Command::no_table, &Command::cpu, &Command::fault);
        forget(&Command::address, &Command::size);
        break;
      case CommandKind::kUnmapPage:
      case CommandKind::kUnmapSg:
      case CommandKind::kFreeCoherent: forget(&Command::mapping, &Command::no_table, &Command::cpu); break;
      case CommandKind::kInUse: break;
      case CommandKind::kCheckIoba:
        forget(&Command::page_shift, &Command::address);
        forget(&Command::first_index, &Command::entries, &Command::count);
        break;
      case CommandKind::kCheckGpa: forget(&Command::page_shift, &Command::address); break;
      case CommandKind::kTceDirection: forget(&Command::address); break;
      case CommandKind::kDirectionPermissions: forget(&Command::direction); break;
    }
    if (command.fault == FaultKind::kTce) forget(&Command::fault_entry, &Command::fault_partial);
    if (rest == fresh) return {};
    return fail("", fmt::format("sets a field that does not count for {}", command_name(command.kind)),
                "give it its default value");
  }

  Expected<void> check_map_fault_and_direction(const Command& command) const {
    if (command.fault == FaultKind::kPages) {
      return fail("fault", "only alloc_coherent takes pages, so only there can they be missing");
    }
    if (command.direction == model::Direction::kNone) {
      return fail("direction", "a mapping has a direction", "write bidirectional, to_device or from_device");
    }
    return {};
  }

  Expected<void> check_system_page_aligned(std::string_view key, std::uint64_t address) const {
    if ((address & configuration_.system_page.offset_mask()) == 0) return {};
    return fail(key, fmt::format("0x{:x} is not aligned to the system page ({})", address,
                                 reports::format_size(configuration_.system_page.bytes())));
  }

  Expected<void> not_owned(std::string_view key, std::uint64_t address, std::uint64_t size) const {
    const std::uint32_t vm = configuration_.device_vm.value;
    if (memory_.empty()) {
      return fail(key, fmt::format("VM {}, which has the device, owns no memory", vm),
                  "add its blocks to $.memory or change $.hypervisor.device_vm");
    }
    return fail(
        key,
        fmt::format("{} bytes from guest address 0x{:x} on are not all memory of VM {}", size, address, vm),
        "a buffer lies in memory of the VM that has the device");
  }

  Expected<void> check_map_page(const Command& command) const {
    if (auto checked = check_map_fault_and_direction(command); !checked) return checked;
    if (auto checked = check_system_page_aligned("page", command.address); !checked) return checked;
    if (command.size == 0) return fail("size", "is 0, must be at least 1");
    if (command.offset > UINT64_MAX - command.address) return fail("offset", "page + offset wraps");
    const GuestAddress start{command.address + command.offset};
    if (!memory_.owns(start, command.size)) return not_owned("size", start.value, command.size);
    return {};
  }

  Expected<void> check_map_sg(const Command& command) const {
    if (auto checked = check_map_fault_and_direction(command); !checked) return checked;
    if (command.element_count > kMostElementsPerList) {
      return fail("list",
                  fmt::format("{} elements, must be at most {}", command.element_count, kMostElementsPerList));
    }
    const std::uint64_t end = std::uint64_t{command.first_element} + command.element_count;
    if (end > scenario_.elements.size()) {
      return fail("list",
                  fmt::format("names elements up to {}, but there are {}", end, scenario_.elements.size()));
    }
    const std::size_t bad = next_bad_[command.first_element];
    if (bad >= end) return {};
    const Element& element = scenario_.elements[bad];
    return not_owned(fmt::format("list[{}]", bad - command.first_element), element.address.value,
                     element.length);
  }

  // The size may be any, the memory unsuitable: then the page allocator refuses.
  Expected<void> check_alloc_coherent(const Command& command) const {
    if (command.size == 0) return fail("size", "is 0, must be at least 1");
    if (command.address >= kMemoryEnd) {
      return fail("memory",
                  fmt::format("0x{:x} lies past the end of memory (0x{:x})", command.address, kMemoryEnd));
    }
    return check_system_page_aligned("memory", command.address);
  }

  const Scenario& scenario_;
  const model::Configuration& configuration_;
  GuestMemory memory_;
  std::vector<std::size_t> next_bad_;
  std::size_t index_ = 0;
};

}  // namespace

std::string_view command_name(CommandKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kCommandKindCount ? kCommandNames[index] : "?";
}

Expected<void> validate(const Scenario& scenario) {
  const model::Configuration& configuration = scenario.configuration;
  for (const auto check : {check_window, check_device, check_kernel, check_memory}) {
    if (auto checked = check(configuration); !checked) return checked;
  }
  if (scenario.commands.size() > kMostCommands) {
    return failure("$.commands",
                   fmt::format("{} commands, must be at most {}", scenario.commands.size(), kMostCommands));
  }
  CommandChecker checker(scenario);
  for (std::size_t i = 0; i < scenario.commands.size(); ++i) {
    if (auto checked = checker.check(i); !checked) return checked;
  }
  return {};
}

}  // namespace nospan::props
