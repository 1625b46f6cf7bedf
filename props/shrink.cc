// SPDX-License-Identifier: BSD-2-Clause
#include "props/shrink.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "props/memory_transform.h"
#include "props/scenario_file.h"

namespace nospan::props {
namespace {

using model::Block;
using model::Configuration;

class Shrinker {
 public:
  Shrinker(const Scenario& failing, const Outcome& outcome, const StillFails& still_fails,
           std::chrono::steady_clock::time_point deadline)
      : still_fails_(still_fails), deadline_(deadline) {
    result_.scenario = failing;
    result_.outcome = outcome;
  }

  ShrinkResult run() {
    const auto& commands = result_.scenario.commands;
    // What follows the violation was never run.
    if (result_.outcome.command + 1 < commands.size()) {
      Scenario shorter = result_.scenario;
      shorter.commands.resize(result_.outcome.command + 1);
      attempt(std::move(shorter));
    }
    std::uint64_t before = 0;
    do {
      before = accepted_;
      remove_commands();
      remove_elements();
      plain_configuration();
      memory();
      numbers();
    } while (accepted_ != before && !late());
    number_mappings();
    drop_unused_elements();
    result_.complete = !late_;
    return std::move(result_);
  }

 private:
  const Scenario& now() const { return result_.scenario; }

  bool late() {
    if (!late_ && std::chrono::steady_clock::now() >= deadline_) late_ = true;
    return late_;
  }

  // Takes the candidate if it is valid and still fails.
  bool attempt(Scenario candidate) {
    if (late() || same_scenario(candidate, now()) || !validate(candidate)) return false;
    ++result_.attempts;
    std::optional<Outcome> outcome = still_fails_(candidate);
    if (!outcome) return false;
    result_.scenario = std::move(candidate);
    result_.outcome = std::move(*outcome);
    ++accepted_;
    return true;
  }

  // Changes a copy and tries it.
  template <class Change>
  bool attempt_change(Change change) {
    Scenario candidate = now();
    change(candidate);
    return attempt(std::move(candidate));
  }

  // Sets a field to `value`, if it has another.
  template <class Field, class Value>
  bool attempt_value(Field field, Value value) {
    Scenario candidate = now();
    auto& place = field(candidate);
    if (place == value) return false;
    place = value;
    return attempt(std::move(candidate));
  }

  // Brings a number down to the least that still fails, as far as halving steps find it.
  template <class Field>
  void minimize(Field field, std::uint64_t least) {
    const auto value = [&] { return static_cast<std::uint64_t>(field(result_.scenario)); };
    using Type = std::remove_reference_t<decltype(field(result_.scenario))>;
    if (value() <= least) return;
    if (attempt_value(field, static_cast<Type>(least))) return;
    // An address wants its low bits kept and the rest gone,
    for (std::uint64_t bit = std::bit_floor(value()); bit != 0; bit >>= 1) {
      if ((value() & bit) != 0 && (value() & ~bit) >= least)
        attempt_value(field, static_cast<Type>(value() & ~bit));
    }
    // a size wants to be less.
    for (std::uint64_t step = (value() - least) / 2; step != 0; step /= 2) {
      while (value() - least >= step && !late()) {
        if (!attempt_value(field, static_cast<Type>(value() - step))) break;
      }
    }
  }

  void remove_commands() {
    for (std::size_t chunk = std::max<std::size_t>(1, now().commands.size() / 2);; chunk /= 2) {
      // From the end: later commands depend on earlier ones.
      std::size_t end = now().commands.size();
      while (end != 0 && !late()) {
        const std::size_t start = end > chunk ? end - chunk : 0;
        attempt_change([&](Scenario& candidate) {
          candidate.commands.erase(candidate.commands.begin() + static_cast<std::ptrdiff_t>(start),
                                   candidate.commands.begin() + static_cast<std::ptrdiff_t>(end));
        });
        end = start;
      }
      if (chunk <= 1) break;
    }
    // Pairs that only go together: a map and its inverse.
    for (std::size_t i = 0; i < now().commands.size() && !late(); ++i) {
      for (std::size_t k = i + 1; k < now().commands.size(); ++k) {
        if (now().commands[k].mapping != now().commands[i].mapping) continue;
        const bool removed = attempt_change([&](Scenario& candidate) {
          candidate.commands.erase(candidate.commands.begin() + static_cast<std::ptrdiff_t>(k));
          candidate.commands.erase(candidate.commands.begin() + static_cast<std::ptrdiff_t>(i));
        });
        if (removed) --i;
        break;
      }
    }
  }

  void remove_elements() {
    for (std::size_t i = 0; i < now().commands.size(); ++i) {
      if (now().commands[i].kind != CommandKind::kMapSg) continue;
      for (std::uint32_t chunk = std::max(1u, now().commands[i].element_count / 2);; chunk /= 2) {
        std::uint32_t end = now().commands[i].element_count;
        while (end != 0 && !late()) {
          const std::uint32_t start = end > chunk ? end - chunk : 0;
          attempt_change([&](Scenario& candidate) {
            Command& command = candidate.commands[i];
            // A list of its own at the end of the vector: other lists stay where they are.
            std::vector<Element> list;
            for (std::uint32_t k = 0; k < command.element_count; ++k) {
              if (k < start || k >= end) list.push_back(candidate.elements[command.first_element + k]);
            }
            command.first_element = static_cast<std::uint32_t>(candidate.elements.size());
            command.element_count = static_cast<std::uint32_t>(list.size());
            candidate.elements.insert(candidate.elements.end(), list.begin(), list.end());
            compact_elements(candidate);
          });
          end = start;
        }
        if (chunk <= 1) break;
      }
    }
  }

  static void compact_elements(Scenario& scenario) {
    std::vector<Element> used;
    for (Command& command : scenario.commands) {
      if (command.kind != CommandKind::kMapSg) continue;
      const auto first = static_cast<std::uint32_t>(used.size());
      for (std::uint32_t k = 0; k < command.element_count; ++k) {
        used.push_back(scenario.elements[command.first_element + k]);
      }
      command.first_element = first;
    }
    scenario.elements = std::move(used);
  }
  void drop_unused_elements() { compact_elements(result_.scenario); }

  void plain_configuration() {
    const auto set = [this](auto Configuration::* field, auto value) {
      attempt_value([field](Scenario& s) -> auto& { return s.configuration.*field; }, value);
    };
    attempt_change([](Scenario& s) {
      if (s.configuration.crash_kernel) {
        s.configuration.crash_kernel = false;
        s.configuration.inherited.clear();
      }
    });
    for (std::size_t i = now().configuration.inherited.size(); i-- > 0;) {
      attempt_change([&](Scenario& s) {
        s.configuration.inherited.erase(s.configuration.inherited.begin() + static_cast<std::ptrdiff_t>(i));
      });
    }
    if (now().configuration.translation != model::Translation::kIdentity) {
      attempt(with_identity_layout(now()));
    }
    set(&Configuration::installation, model::Installation::kBlind);
    set(&Configuration::virtual_merge, true);
    set(&Configuration::block_entries, std::uint64_t{16});
    attempt_change([](Scenario& s) {
      s.configuration.cpus = 1;
      for (Command& command : s.commands) command.cpu = 0;
    });
    attempt_change(
        [](Scenario& s) { s.configuration.window.reserved_start = s.configuration.window.reserved_end = {}; });
    attempt_change([](Scenario& s) { s.configuration.device = {}; });
    attempt_change([](Scenario& s) { s.configuration.device.dma_mask = UINT64_MAX; });
    attempt_change([](Scenario& s) { s.configuration.device.coherent_mask = UINT64_MAX; });
    attempt_change([](Scenario& s) { s.configuration.device.segment_boundary = UINT64_MAX; });
    attempt_change([](Scenario& s) { s.configuration.device.max_segment_size = UINT32_MAX; });
    // Both VMs of a small scenario are called 0 and 1.
    attempt(with_few_owners(now()));
  }

  void memory() {
    for (std::size_t i = now().configuration.blocks.size(); i-- > 0 && !late();) {
      attempt_change([&](Scenario& s) {
        s.configuration.blocks.erase(s.configuration.blocks.begin() + static_cast<std::ptrdiff_t>(i));
      });
    }
    // The same, and what lies above moves down: neighbours stay neighbours.
    for (std::size_t i = now().configuration.blocks.size(); i-- > 0 && !late();) {
      Scenario without = with_block_cut(now(), i, now().configuration.blocks[i].size, Cut::kTail);
      without.configuration.blocks.erase(without.configuration.blocks.begin() + static_cast<std::ptrdiff_t>(i));
      attempt(std::move(without));
    }
    smaller_pages();
    for (const bool keep_alignment : {false, true}) {
      Scenario closer = with_gaps_closed(now(), keep_alignment);
      if (closer.configuration.blocks != now().configuration.blocks) attempt(std::move(closer));
    }
    attempt_value([](Scenario& s) -> auto& { return s.configuration.granule; },
                  now().configuration.system_page.bytes());
    minimize_granule();
    for (std::size_t i = 0; i < now().configuration.blocks.size() && !late(); ++i) {
      for (const Cut cut : {Cut::kTail, Cut::kHead, Cut::kTailInPlace}) {
        const std::uint64_t granule = now().configuration.granule;
        // Powers of two: where blocks must stay aligned to the IOMMU page, odd numbers of granules never go.
        for (std::uint64_t step = std::bit_floor(now().configuration.blocks[i].size / granule); step != 0;
             step /= 2) {
          while (now().configuration.blocks[i].size / granule > step && !late()) {
            if (!attempt(with_block_cut(now(), i, step * granule, cut))) break;
          }
        }
      }
    }
  }

  void minimize_granule() {
    for (std::uint64_t granule = now().configuration.system_page.bytes();
         granule < now().configuration.granule && !late(); granule <<= 1) {
      if (attempt_value([](Scenario& s) -> auto& { return s.configuration.granule; }, granule)) return;
    }
  }

  void smaller_pages() {
    const unsigned shift = now().configuration.window.page.value;
    for (unsigned smaller = model::kLeastIommuPageShift; smaller < shift && !late(); ++smaller) {
      if (attempt(with_iommu_page(now(), model::IommuPageShift{smaller}))) return;
    }
  }

  void numbers() {
    // The window: at 0 if it can be, and no larger than it has to be.
    for (const std::uint64_t first : {std::uint64_t{0}, now().configuration.window.entries}) {
      if (first < now().configuration.window.first.value &&
          attempt(with_window_at(now(), model::TceIndex{first})))
        break;
    }
    minimize([](Scenario& s) -> auto& { return s.configuration.window.first.value; }, 0);
    minimize([](Scenario& s) -> auto& { return s.configuration.window.entries; }, 1);
    minimize([](Scenario& s) -> auto& { return s.configuration.window.reserved_start.value; }, 0);
    minimize([](Scenario& s) -> auto& { return s.configuration.window.reserved_end.value; }, 0);
    if (now().configuration.cpus > 1) minimize([](Scenario& s) -> auto& { return s.configuration.cpus; }, 1);
    for (std::size_t i = 0; i < now().configuration.inherited.size(); ++i) {
      minimize([i](Scenario& s) -> auto& { return s.configuration.inherited[i].count; }, 1);
    }
    for (std::size_t i = 0; i < now().commands.size() && !late(); ++i) command_numbers(i);
  }

  void command_numbers(std::size_t i) {
    const Command& map = now().commands[i];
    if (map.kind == CommandKind::kAllocCoherent || (map.kind == CommandKind::kMapSg && map.element_count == 1 &&
                                                    now().elements[map.first_element].length != 0)) {
      attempt(with_map_page(now(), i));
    }
    const auto field = [i](auto Command::* member) {
      return [i, member](Scenario& s) -> auto& { return s.commands[i].*member; };
    };
    const CommandKind kind = now().commands[i].kind;
    attempt_value(field(&Command::attributes), std::uint64_t{0});
    attempt_value(field(&Command::cpu), std::uint16_t{0});
    attempt_value(field(&Command::no_table), false);
    if (kind != CommandKind::kDirectionPermissions) {
      attempt_value(field(&Command::direction), model::Direction::kBidirectional);
    }
    attempt_change([i](Scenario& s) {
      s.commands[i].fault = FaultKind::kNone;
      s.commands[i].fault_entry = 0;
      s.commands[i].fault_partial = false;
    });
    attempt_value(field(&Command::fault_partial), false);
    minimize(field(&Command::fault_entry), 0);
    const std::uint64_t system_page = now().configuration.system_page.bytes();
    switch (kind) {
      case CommandKind::kMapPage: {
        minimize(field(&Command::size), 1);
        // The lowest buffer: first the page, then the offset in it.
        const Command& command = now().commands[i];
        if (command.offset >= system_page) {
          attempt_change([i, system_page](Scenario& s) {
            Command& c = s.commands[i];
            c.address += c.offset / system_page * system_page;
            c.offset %= system_page;
          });
        }
        minimize(field(&Command::offset), 0);
        lower_address(i);
        break;
      }
      case CommandKind::kAllocCoherent:
        minimize(field(&Command::size), 1);
        lower_address(i);
        break;
      case CommandKind::kMapSg: {
        for (std::uint32_t k = 0; k < now().commands[i].element_count && !late(); ++k) {
          const std::size_t element = now().commands[i].first_element + k;
          minimize([element](Scenario& s) -> auto& { return s.elements[element].length; }, 0);
          lower_element(element);
        }
        break;
      }
      case CommandKind::kCheckIoba:
        minimize(field(&Command::page_shift), 12);
        minimize(field(&Command::first_index), 0);
        minimize(field(&Command::entries), 1);
        minimize(field(&Command::count), 0);
        minimize(field(&Command::address), 0);
        break;
      case CommandKind::kCheckGpa:
        minimize(field(&Command::page_shift), 12);
        minimize(field(&Command::address), 0);
        break;
      case CommandKind::kTceDirection: minimize(field(&Command::address), 0); break;
      default: break;
    }
  }

  // To the start of each of the VM's blocks in turn, then down in system pages.
  void lower_address(std::size_t i) {
    const std::uint64_t system_page = now().configuration.system_page.bytes();
    for (const std::uint64_t start : device_block_starts()) {
      if (start >= now().commands[i].address) break;
      if (attempt_value([i](Scenario& s) -> auto& { return s.commands[i].address; }, start)) return;
    }
    for (std::uint64_t step = now().commands[i].address / system_page / 2; step != 0; step /= 2) {
      while (now().commands[i].address >= step * system_page && !late()) {
        if (!attempt_value([i](Scenario& s) -> auto& { return s.commands[i].address; },
                           now().commands[i].address - step * system_page)) {
          break;
        }
      }
    }
  }

  void lower_element(std::size_t element) {
    for (const std::uint64_t start : device_block_starts()) {
      if (start >= now().elements[element].address.value) break;
      if (attempt_value([element](Scenario& s) -> auto& { return s.elements[element].address.value; }, start))
        return;
    }
    minimize([element](Scenario& s) -> auto& { return s.elements[element].address.value; }, 0);
  }

  std::vector<std::uint64_t> device_block_starts() const {
    std::vector<std::uint64_t> starts;
    for (const Block& block : now().configuration.blocks) {
      if (block.owner == now().configuration.device_vm) starts.push_back(block.guest.value);
    }
    std::sort(starts.begin(), starts.end());
    if (starts.size() > 16) starts.resize(16);
    return starts;
  }

  // Mappings are called 0, 1, 2 in the order in which they are made.
  void number_mappings() {
    Scenario candidate = now();
    std::vector<std::pair<std::uint32_t, std::uint32_t>> names;
    for (Command& command : candidate.commands) {
      auto name = std::find_if(names.begin(), names.end(), [&](auto& n) { return n.first == command.mapping; });
      if (name == names.end()) {
        names.emplace_back(command.mapping, static_cast<std::uint32_t>(names.size()));
        name = names.end() - 1;
      }
      command.mapping = name->second;
    }
    attempt(std::move(candidate));
  }

  const StillFails& still_fails_;
  std::chrono::steady_clock::time_point deadline_;
  ShrinkResult result_;
  std::uint64_t accepted_ = 0;
  bool late_ = false;
};

}  // namespace

ShrinkResult shrink(const Scenario& failing, const Outcome& outcome, const StillFails& still_fails,
                    std::chrono::steady_clock::time_point deadline) {
  return Shrinker(failing, outcome, still_fails, deadline).run();
}

std::vector<Scenario> shrink_candidates(const Scenario& scenario) {
  std::vector<Scenario> candidates;
  const StillFails note = [&candidates](const Scenario& candidate) -> std::optional<Outcome> {
    candidates.push_back(candidate);
    return std::nullopt;
  };
  Outcome outcome;
  outcome.command = scenario.commands.size();
  shrink(scenario, outcome, note, std::chrono::steady_clock::time_point::max());
  return candidates;
}

}  // namespace nospan::props
