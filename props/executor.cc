// SPDX-License-Identifier: BSD-2-Clause
#include "props/executor.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "model/tce_checks.h"
#include "model/text.h"
#include "props/guarded_memory.h"

namespace nospan::props {
namespace {

using model::Direction;
using model::DmaAddress;
using model::GuestAddress;
using model::Invariant;
using model::TceIndex;

// What a driver's list holds before it is mapped, if it was never mapped: rubbish.
constexpr std::uint64_t kStaleDmaAddress = 0xdeadbeefdead000;
constexpr std::uint32_t kStaleDmaLength = 0x2000;

struct Pages {
  GuestAddress address;
  std::uint32_t order = 0;
};

// Guest memory that the target says it has set to zero.
struct Cleared {
  GuestAddress start;
  std::uint64_t size = 0;  // bytes, at least 1
};

nospan_configuration describe(const model::Configuration& configuration) {
  nospan_configuration result{};
  result.page_shift = configuration.window.page.value;
  result.system_page_shift = configuration.system_page.value;
  result.first_index = configuration.window.first.value;
  result.entries = configuration.window.entries;
  result.reserved_start = configuration.window.reserved_start.value;
  result.reserved_end = configuration.window.reserved_end.value;
  result.block_entries = configuration.block_entries;
  result.cpus = configuration.cpus;
  result.virtual_merge = configuration.virtual_merge ? 1 : 0;
  result.inherited = configuration.crash_kernel ? 1 : 0;
  result.dma_mask = configuration.device.dma_mask;
  result.coherent_mask = configuration.device.coherent_mask;
  result.segment_boundary = configuration.device.segment_boundary;
  result.max_segment_size = configuration.device.max_segment_size;
  return result;
}

}  // namespace

// The environment of target.h, the model, and what lies between them.
struct Executor::State final : model::Observer {
  const nospan_target* target = nullptr;
  FailureHandler on_failure = nullptr;
  nospan_environment environment{};
  nospan_environment bare_environment{};
  model::Reference reference;
  model::Layout layout;
  GuardedMemory memory;
  Tally tally;
  Spectator spectator;

  // Of the current scenario.
  const Scenario* scenario = nullptr;
  const GuardSet* guards = nullptr;
  Progress* progress = nullptr;
  std::uint64_t concerned = 0;  // guards, see GuardSet
  bool may_prevent = false;
  std::size_t next = 0;  // command; the one at which a violation happened stays the next
  void* table = nullptr;
  bool plain_hypervisor = true;  // installs every TCE: identity and blind
  // Of the current command.
  const Command* command = nullptr;
  std::uint64_t tces_asked = 0;
  std::vector<Pages> pages_taken;  // by this command
  std::vector<Pages> pages_given;  // back by this command
  std::vector<Cleared> cleared;    // by this command
  // By mapping.
  std::vector<std::vector<nospan_segment>> lists;
  std::vector<model::ListElement> elements;
  std::vector<model::ListSegment> segments;
  std::vector<std::uint32_t> bound;  // mappings that were bound in this scenario
  std::vector<std::size_t> made_by;  // see GuardContext
  std::vector<nospan_pool> pools_told;
  std::vector<model::Pool> pools_found;

  // model::Observer
  void read_allocation(std::uint64_t first, std::uint64_t count, std::uint64_t* words) override {
    target->read_allocation(table, first, count, words);
  }
  std::span<const model::Pool> pools() override {
    if (pools_told.empty()) pools_told.resize(64);
    std::size_t count = 0;
    // Twice if there are more than ever before.
    while ((count = target->pools(table, pools_told.data(), static_cast<std::uint32_t>(pools_told.size()))) >
           pools_told.size()) {
      pools_told.resize(count);
    }
    pools_found.clear();
    for (std::size_t i = 0; i < count; ++i) pools_found.push_back({pools_told[i].start, pools_told[i].end});
    return pools_found;
  }

  // The environment's functions.
  int put_tces(std::uint64_t index, std::uint64_t count, std::uint64_t tce);
  int put_tces_with_care(std::uint64_t index, std::uint64_t count, std::uint64_t tce);
  bool hypervisor_installs(GuestAddress page) const;
  int allocate_pages(std::uint32_t order, std::uint64_t* address);
  void zero(std::uint64_t address, std::uint64_t size);

  void* create_table();
  void execute(std::size_t index);
  void map_page(const Command& command);
  void map_list(const Command& command);
  void alloc_coherent(const Command& command);
  void undo(std::uint32_t mapping, std::uint16_t cpu);
  void check(const Command& command);
  void clean_up();
  void check_pages_balance(bool granted);
  void check_zeroed(GuestAddress address, std::uint64_t size);
  nospan_segment stale_segment() const;
  bool overlook();
  bool violated() const { return !reference.violations().empty(); }
  GuardContext guard_context(const model::Violation* violation = nullptr) {
    return {*scenario, next, reference, made_by, violation};
  }
  void violate(Invariant invariant, std::string expected, std::string actual) {
    model::Violation violation;
    violation.invariant = invariant;
    violation.expected = std::move(expected);
    violation.actual = std::move(actual);
    reference.add(std::move(violation));
  }
};

// --- environment
// -----------------------------------------------------------------------------------------------

bool Executor::State::hypervisor_installs(GuestAddress page) const {
  const std::uint64_t size = scenario->configuration.window.page.bytes();
  const model::Block* block = layout.device_block(page);
  if (block != nullptr && block->size - (page - block->guest) >= size) return true;
  const auto real = layout.translate(page);
  if (!real) return false;  // nothing to install
  if (scenario->configuration.installation == model::Installation::kBlind) return true;
  // Contained: the VM's own memory, contiguous in both address spaces.
  if (layout.first_foreign_byte(*real, size).has_value()) return false;
  std::uint64_t done = 0;
  while (done < size) {
    const model::Block* piece = layout.device_block(page + done);
    if (piece == nullptr || piece->real + (page + done - piece->guest) != *real + done) return false;
    done = piece->guest + piece->size - page;
  }
  return true;
}

int Executor::State::put_tces(std::uint64_t index, std::uint64_t count, std::uint64_t tce) {
  if (plain_hypervisor && (command == nullptr || command->fault != FaultKind::kTce)) [[likely]] {
    reference.table().put(TceIndex{index}, count, model::Tce{tce}, count, false);
    return 0;
  }
  return put_tces_with_care(index, count, tce);
}

int Executor::State::put_tces_with_care(std::uint64_t index, std::uint64_t count, std::uint64_t tce) {
  std::uint64_t effective = count;
  bool failed = false;
  if (command != nullptr && command->fault == FaultKind::kTce && command->fault_entry - tces_asked < count) {
    failed = true;
    effective = command->fault_partial ? command->fault_entry - tces_asked : 0;
    ++tally.faults_fired;
  }
  tces_asked += count;
  if (!plain_hypervisor) {
    const model::Tce first{tce};
    const std::uint64_t size = scenario->configuration.window.page.bytes();
    // One hypercall after the other: the pages before the refused one are installed.
    for (std::uint64_t i = 0; i < effective; ++i) {
      const model::Block* block = layout.device_block(first.address() + i * size);
      if (block != nullptr) {
        const std::uint64_t inside = (block->size - (first.address() + i * size - block->guest)) / size;
        if (inside != 0) {
          i += inside - 1;
          continue;
        }
      }
      if (hypervisor_installs(first.address() + i * size)) continue;
      failed = true;
      effective = i;
      ++tally.hypervisor_refusals;
    }
  }
  reference.table().put(TceIndex{index}, count, model::Tce{tce}, effective, failed);
  if (!failed) return 0;
  reference.note_refusal();
  return -EBUSY;
}

int Executor::State::allocate_pages(std::uint32_t order, std::uint64_t* address) {
  const model::SystemPageShift page = scenario->configuration.system_page;
  const bool absurd = order >= 60 - page.value;
  const std::uint64_t size = absurd ? 0 : page.bytes() << order;
  if (absurd || command == nullptr || command->fault == FaultKind::kPages ||
      (command->address & (size - 1)) != 0 || !layout.guest_owns(GuestAddress{command->address}, size)) {
    if (command != nullptr && command->fault == FaultKind::kPages) ++tally.faults_fired;
    reference.note_refusal();
    return -ENOMEM;
  }
  *address = command->address;
  pages_taken.push_back({GuestAddress{*address}, order});
  return 0;
}

void Executor::State::zero(std::uint64_t address, std::uint64_t size) {
  if (size == 0) return;
  for (const Pages& pages : pages_taken) {
    const std::uint64_t bytes = scenario->configuration.system_page.bytes() << pages.order;
    const std::uint64_t offset = address - pages.address.value;
    if (offset < bytes && size <= bytes - offset) {
      cleared.push_back({GuestAddress{address}, size});
      return;
    }
  }
  violate(Invariant::kSafe1, "memory is only cleared inside the pages that were allocated for it",
          model::hex(size) + " bytes at guest address " + model::hex(address) + " were cleared");
}

Executor::Executor(const nospan_target& target, FailureHandler on_failure) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.target = &target;
  state.on_failure = on_failure;
  nospan_environment& environment = state.environment;
  environment.abi = NOSPAN_TARGET_ABI;
  environment.context = &state;
  static const auto self = [](void* context) -> State& { return *static_cast<State*>(context); };
  environment.put_tces = [](void* context, std::uint64_t index, std::uint64_t count, std::uint64_t tce) {
    return self(context).put_tces(index, count, tce);
  };
  environment.clear_tces = [](void* context, std::uint64_t index, std::uint64_t count) {
    self(context).reference.table().clear(TceIndex{index}, count);
  };
  environment.get_tce = [](void* context, std::uint64_t index) {
    return self(context).reference.table().at(TceIndex{index}).value;
  };
  environment.flush = [](void* context) { self(context).reference.table().flush(); };
  environment.allocate_pages = [](void* context, std::uint32_t order, std::uint64_t* address) {
    return self(context).allocate_pages(order, address);
  };
  environment.free_pages = [](void* context, std::uint64_t address, std::uint32_t order) {
    self(context).pages_given.push_back({GuestAddress{address}, order});
  };
  environment.zero = [](void* context, std::uint64_t address, std::uint64_t size) {
    self(context).zero(address, size);
  };
  environment.allocate = [](void* context, std::uint64_t size) { return self(context).memory.allocate(size); };
  environment.release = [](void* context, void* memory) {
    if (!self(context).memory.release(memory)) {
      self(context).on_failure(NOSPAN_FAILURE_UNDEFINED, "memory was released that was never allocated");
    }
  };
  environment.warn = [](void* context, const char*) { ++self(context).tally.warnings; };
  environment.fail = [](void* context, std::uint32_t failure, const char* text) {
    self(context).on_failure(failure, text);
  };

  // The bare environment does what decides the target's way, the scenario's faults and what it inherits, and
  // nothing else: TCEs go nowhere.
  state.bare_environment = environment;
  state.bare_environment.put_tces = [](void* context, std::uint64_t, std::uint64_t count, std::uint64_t) {
    State& bare = self(context);
    if (bare.command == nullptr || bare.command->fault != FaultKind::kTce) [[likely]]
      return 0;
    const bool fails = bare.command->fault_entry - bare.tces_asked < count;
    bare.tces_asked += count;
    return fails ? -EBUSY : 0;
  };
  state.bare_environment.get_tce = [](void* context, std::uint64_t index) -> std::uint64_t {
    for (const model::InheritedRange& range : self(context).scenario->configuration.inherited) {
      if (TceIndex{index} - range.first < range.count) return model::Tce::kRead | model::Tce::kWrite;
    }
    return 0;
  };
  state.bare_environment.clear_tces = [](void*, std::uint64_t, std::uint64_t) {};
  state.bare_environment.flush = [](void*) {};
  state.bare_environment.free_pages = [](void*, std::uint64_t, std::uint32_t) {};
  state.bare_environment.zero = [](void*, std::uint64_t, std::uint64_t) {};
  state.bare_environment.warn = [](void*, const char*) {};
  state.bare_environment.allocate_pages = [](void* context, std::uint32_t, std::uint64_t* address) {
    const Command* command = self(context).command;
    if (command == nullptr || command->fault == FaultKind::kPages) return -ENOMEM;
    *address = command->address;
    return 0;
  };
}

Executor::~Executor() = default;

const nospan_target& Executor::target() const { return *state_->target; }
const Tally& Executor::tally() const { return state_->tally; }
bool Executor::owns_memory_at(const void* address) const { return state_->memory.explains(address); }
void Executor::set_spectator(Spectator spectator) { state_->spectator = std::move(spectator); }

// --- commands
// --------------------------------------------------------------------------------------------------

void* Executor::State::create_table() {
  const nospan_configuration configuration = describe(scenario->configuration);
  return target->create(&environment, &configuration);
}

void Executor::State::check_pages_balance(bool granted) {
  const auto same = [](const Pages& a, const Pages& b) { return a.address == b.address && a.order == b.order; };
  if (granted) {
    if (pages_taken.size() == 1 && pages_given.empty()) return;
    violate(Invariant::kFree1, "one allocation of pages for coherent memory",
            std::to_string(pages_taken.size()) + " were taken, " + std::to_string(pages_given.size()) +
                " given back");
    return;
  }
  if (pages_taken.size() == pages_given.size()) {
    bool all = true;
    for (std::size_t i = 0; i < pages_taken.size(); ++i) all = all && same(pages_taken[i], pages_given[i]);
    if (all) return;
  }
  violate(Invariant::kFail1, "a call that fails gives back the pages that it took",
          std::to_string(pages_taken.size()) + " allocations were taken, " +
              std::to_string(pages_given.size()) + " given back");
}

// What its last owner left in memory is none of the device's business.
void Executor::State::check_zeroed(GuestAddress address, std::uint64_t size) {
  // Nearly always one piece.
  std::sort(cleared.begin(), cleared.end(),
            [](const Cleared& a, const Cleared& b) { return a.start < b.start; });
  std::uint64_t done = 0;
  for (const Cleared& piece : cleared) {
    const std::uint64_t from = piece.start - address;
    if (from <= done) done = std::max(done, from + piece.size);
  }
  if (done >= size) return;
  violate(Invariant::kSafe1, "coherent memory is handed out zeroed, " + model::hex(size) + " bytes",
          "the byte at guest address " + model::hex(address + done) + " was not cleared");
}

// What a list that was used before holds: DMA addresses that it had then and that another mapping may have now.
// It is not the list's any more, so nothing may be undone by it.
nospan_segment Executor::State::stale_segment() const {
  nospan_segment stale{0, 0, kStaleDmaLength, kStaleDmaAddress};
  if (reference.live() == 0) return stale;
  const model::IommuPageShift page = scenario->configuration.window.page;
  for (std::size_t i = bound.size(); i-- != 0;) {
    const model::Mapping& mapping = reference.mapping(bound[i]);
    if (mapping.kind == model::MappingKind::kNone) continue;
    if (mapping.kind == model::MappingKind::kList && mapping.list_tces.empty()) continue;
    const model::TceRange tces =
        mapping.kind == model::MappingKind::kList ? mapping.list_tces[0] : mapping.tces;
    stale.dma_address = model::dma_address(tces.first, page).value;
    stale.dma_length =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(tces.count << page.value, UINT32_MAX));
    break;
  }
  return stale;
}

void Executor::State::map_page(const Command& map) {
  const nospan_map_request request{
      map.address, map.offset, map.size, map.attributes, static_cast<std::uint32_t>(map.direction), map.cpu};
  const std::uint64_t dma = target->map_page(map.no_table ? nullptr : table, &request);
  std::optional<DmaAddress> result;
  if (dma != NOSPAN_MAPPING_ERROR) result = DmaAddress{dma};
  if (map.no_table) {
    if (result) violate(Invariant::kFail1, "mapping without a table fails", "it returned " + model::hex(dma));
    reference.unchanged();
    return;
  }
  ++(result ? tally.maps_granted : tally.maps_refused);
  reference.mapped_page(map.mapping, GuestAddress{map.address + map.offset}, map.size, map.direction, result);
}

void Executor::State::map_list(const Command& map) {
  if (map.mapping >= lists.size()) lists.resize(map.mapping + 1);
  std::vector<nospan_segment>& list = lists[map.mapping];
  list.resize(map.element_count);
  elements.clear();
  const nospan_segment stale = stale_segment();
  std::size_t filled = 0;
  for (std::uint32_t i = 0; i < map.element_count; ++i) {
    const Element& element = scenario->elements[map.first_element + i];
    list[i] = {element.address.value, element.length, stale.dma_length, stale.dma_address};
    elements.push_back({element.address, element.length});
    filled += element.length == 0 ? 0 : 1;
  }
  const int count = target->map_sg(map.no_table ? nullptr : table, list.data(), map.element_count,
                                   static_cast<std::uint32_t>(map.direction), map.attributes, map.cpu);
  if (map.no_table || map.element_count == 0) {
    if (count > 0) {
      violate(Invariant::kFail1, "mapping an empty list, or without a table, fails",
              "it returned " + std::to_string(count) + " segments");
    }
    reference.unchanged();
    return;
  }
  std::optional<std::span<const model::ListSegment>> result;
  segments.clear();
  if (count > 0) {
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count) && i < map.element_count; ++i) {
      segments.push_back({DmaAddress{list[i].dma_address}, list[i].dma_length});
    }
    if (static_cast<std::uint32_t>(count) > map.element_count) segments.resize(map.element_count + 1);
    result = segments;
    if (static_cast<std::size_t>(count) < filled) ++tally.lists_merged;
  }
  ++(result ? tally.maps_granted : tally.maps_refused);
  reference.mapped_list(map.mapping, elements, map.direction, result);
}

void Executor::State::alloc_coherent(const Command& map) {
  std::uint64_t address = 0;
  std::uint64_t dma = 0;
  const int error = target->alloc_coherent(map.no_table ? nullptr : table, map.size, map.cpu, &address, &dma);
  check_pages_balance(error == 0);
  if (map.no_table) {
    if (error == 0) violate(Invariant::kFail1, "coherent memory without a table is refused", "it was granted");
    reference.unchanged();
    return;
  }
  std::optional<DmaAddress> result;
  std::uint32_t order = 0;
  if (error == 0) {
    result = DmaAddress{dma};
    if (!pages_taken.empty()) {
      order = pages_taken[0].order;
      if (address != pages_taken[0].address.value ||
          model::coherent_bytes(map.size, scenario->configuration.system_page) >
              scenario->configuration.system_page.bytes() << order) {
        violate(Invariant::kXlat1, "coherent memory lies in the pages allocated for it and fits",
                "memory at " + model::hex(address) + ", pages at " + model::hex(pages_taken[0].address));
        return;
      }
      check_zeroed(GuestAddress{address}, model::coherent_bytes(map.size, scenario->configuration.system_page));
    }
  }
  ++(result ? tally.maps_granted : tally.maps_refused);
  reference.allocated_coherent(map.mapping, map.size, GuestAddress{address}, order, result);
}

void Executor::State::undo(std::uint32_t id, std::uint16_t cpu) {
  const model::Mapping& mapping = reference.mapping(id);
  const auto direction = static_cast<std::uint32_t>(mapping.direction);
  switch (mapping.kind) {
    case model::MappingKind::kNone: return;
    case model::MappingKind::kPage:
      target->unmap_page(table, mapping.dma.value, mapping.size, direction, 0, cpu);
      break;
    case model::MappingKind::kList:
      target->unmap_sg(table, lists[id].data(), static_cast<std::uint32_t>(lists[id].size()), direction, 0,
                       cpu);
      break;
    case model::MappingKind::kCoherent:
      target->free_coherent(table, mapping.size, mapping.address.value, mapping.dma.value, cpu);
      if (pages_given.size() != 1 || pages_given[0].address != mapping.address ||
          pages_given[0].order != mapping.pages_order) {
        violate(Invariant::kFree1,
                "the pages of the coherent memory are given back: " + model::hex(mapping.address) + ", order " +
                    std::to_string(mapping.pages_order),
                pages_given.empty() ? std::string("none were")
                                    : model::hex(pages_given[0].address) + ", order " +
                                          std::to_string(pages_given[0].order) + " were");
      }
      break;
  }
  reference.unmapped(id);
}

void Executor::State::check(const Command& question) {
  const model::IommuPageShift page{question.page_shift};
  const auto judge = [this](Invariant invariant, const std::string& asked, bool expected, bool actual) {
    if (expected == actual) return;
    violate(invariant, asked + (expected ? " is accepted" : " is refused"),
            actual ? "it was accepted" : "it was refused");
  };
  switch (question.kind) {
    case CommandKind::kCheckIoba: {
      if (target->check_ioba == nullptr) return;
      const bool accepted = target->check_ioba(question.page_shift, question.first_index, question.entries,
                                               question.address, question.count) == 0;
      judge(Invariant::kRange1, "DMA address " + model::hex(question.address),
            model::ioba_in_window(page, TceIndex{question.first_index}, question.entries,
                                  DmaAddress{question.address}, question.count),
            accepted);
      return;
    }
    case CommandKind::kCheckGpa: {
      if (target->check_gpa == nullptr) return;
      const bool accepted = target->check_gpa(question.page_shift, question.address) == 0;
      judge(Invariant::kXlat1, "guest address " + model::hex(question.address),
            model::starts_iommu_page(page, GuestAddress{question.address}), accepted);
      return;
    }
    case CommandKind::kTceDirection: {
      if (target->tce_direction == nullptr) return;
      const auto expected = static_cast<std::uint32_t>(model::direction_of(model::Tce{question.address}));
      const std::uint32_t actual = target->tce_direction(question.address);
      if (actual != expected) {
        violate(Invariant::kPerm1,
                "TCE " + model::hex(question.address) + " allows direction " + std::to_string(expected),
                "it is said to allow " + std::to_string(actual));
      }
      return;
    }
    case CommandKind::kDirectionPermissions: {
      if (target->direction_permissions == nullptr) return;
      const std::uint64_t bits = target->direction_permissions(static_cast<std::uint32_t>(question.direction));
      const bool fits = question.direction == Direction::kNone
                            ? bits == 0
                            : model::permissions_fit(model::Tce{bits}, question.direction) && bits <= 3;
      if (!fits) {
        violate(Invariant::kPerm1,
                "the permissions of direction " + std::to_string(static_cast<unsigned>(question.direction)),
                "they are " + model::hex(bits));
      }
      return;
    }
    default: return;
  }
}

void Executor::State::execute(std::size_t index) {
  const Command& current = scenario->commands[index];
  command = &current;
  tces_asked = 0;
  pages_taken.clear();
  pages_given.clear();
  cleared.clear();
  reference.begin_call();
  const model::MappingKind live = reference.mapping(current.mapping).kind;
  const auto idle = [this] { ++tally.idle; };
  ++tally.commands;
  if (current.no_table) ++tally.no_table;
  switch (current.kind) {
    case CommandKind::kMapPage:
    case CommandKind::kMapSg:
    case CommandKind::kAllocCoherent:
      if (live != model::MappingKind::kNone) return idle();
      bound.push_back(current.mapping);
      if (current.mapping >= made_by.size()) made_by.resize(current.mapping + 1, SIZE_MAX);
      made_by[current.mapping] = index;
      if (current.kind == CommandKind::kMapPage) return map_page(current);
      if (current.kind == CommandKind::kMapSg) return map_list(current);
      return alloc_coherent(current);
    case CommandKind::kUnmapPage:
      if (current.no_table) {
        target->unmap_page(nullptr, current.address, 1, static_cast<std::uint32_t>(current.direction), 0,
                           current.cpu);
        return reference.unchanged();
      }
      if (live != model::MappingKind::kPage) return idle();
      return undo(current.mapping, current.cpu);
    case CommandKind::kUnmapSg:
      if (current.no_table) {
        nospan_segment none{};
        target->unmap_sg(nullptr, &none, 1, static_cast<std::uint32_t>(current.direction), 0, current.cpu);
        return reference.unchanged();
      }
      if (live != model::MappingKind::kList) return idle();
      return undo(current.mapping, current.cpu);
    case CommandKind::kFreeCoherent:
      if (current.no_table) {
        target->free_coherent(nullptr, 1, current.address, current.address, current.cpu);
        return reference.unchanged();
      }
      if (live != model::MappingKind::kCoherent) return idle();
      return undo(current.mapping, current.cpu);
    case CommandKind::kInUse: return reference.answered_in_use(target->in_use(table) != 0);
    case CommandKind::kCheckIoba:
    case CommandKind::kCheckGpa:
    case CommandKind::kTceDirection:
    case CommandKind::kDirectionPermissions: return check(current);
  }
}

void Executor::State::clean_up() {
  command = nullptr;
  for (const std::uint32_t id : bound) {
    if (reference.mapping(id).kind == model::MappingKind::kNone) continue;
    tces_asked = 0;
    pages_taken.clear();
    pages_given.clear();
    reference.begin_call();
    undo(id, 0);
    if (violated()) return;
  }
  reference.begin_call();
  reference.answered_in_use(target->in_use(table) != 0);
  if (!violated()) reference.finished();
}

Outcome Executor::run(const Scenario& scenario, const GuardSet& guards, Progress& progress,
                      const MoreCommands& more) {
  const State& state = *state_;
  bool going = begin(scenario, guards, progress);
  while (going && (state.next < scenario.commands.size() || (more && more()))) going = step();
  return end();
}

bool Executor::begin(const Scenario& scenario, const GuardSet& guards, Progress& progress) {
  State& state = *state_;
  const model::Configuration& configuration = scenario.configuration;
  state.scenario = &scenario;
  state.guards = &guards;
  state.progress = &progress;
  state.command = nullptr;
  state.next = 0;
  state.bound.clear();
  state.made_by.assign(state.made_by.size(), SIZE_MAX);
  state.memory.release_all();
  state.layout.assign(configuration.translation, configuration.device_vm, configuration.blocks);
  state.plain_hypervisor = configuration.translation == model::Translation::kIdentity &&
                           configuration.installation == model::Installation::kBlind;
  state.reference.reset(configuration, state.layout, state);
  state.concerned = guards.concerned(configuration);
  state.may_prevent = guards.may_prevent(state.concerned);
  ++state.tally.scenarios;

  progress.command = 0;
  state.table = state.create_table();
  if (state.table == nullptr) {
    state.violate(Invariant::kSafe1, "a table is made when there is memory for it", "create() failed");
    return false;
  }
  state.reference.created();
  return !state.violated();
}

bool Executor::step() {
  State& state = *state_;
  const std::size_t index = state.next;
  state.progress->command = index;
  if (state.may_prevent && state.guards->preventing(state.concerned, state.guard_context()) != nullptr) {
    ++state.tally.skipped;
    ++state.next;
    return true;
  }
  state.execute(index);
  if (state.spectator) state.spectator(index, state.reference);
  if (state.violated() && !state.overlook()) [[unlikely]]
    return false;
  ++state.next;
  return true;
}

// Are all violations known ones after which the scenario can go on?
bool Executor::State::overlook() {
  reference.conclude();
  for (const model::Violation& violation : reference.violations()) {
    const Guard* guard = guards->knowing(concerned, guard_context(&violation));
    if (guard == nullptr || guard->kind != Guard::Kind::kOverlook) return false;
  }
  ++tally.overlooked;
  reference.forgive();
  return true;
}

Outcome Executor::end() {
  State& state = *state_;
  if (!state.violated()) {
    state.progress->command = state.next;
    state.clean_up();
    if (state.spectator) state.spectator(state.next, state.reference);
  }
  Outcome outcome;
  if (state.violated()) {
    outcome.command = state.next;
    state.reference.conclude();
    for (const model::Violation& violation : state.reference.violations()) {
      const Guard* guard = state.guards->knowing(state.concerned, state.guard_context(&violation));
      if (guard == nullptr) {
        outcome.violations.push_back(violation);
      } else {
        outcome.tolerated = guard;
      }
    }
    if (outcome.violations.empty()) ++state.tally.tolerated;
  }
  state.command = nullptr;
  // After a violation the target's state may be corrupt: its memory is taken back, its code is not run again.
  // After a known finding it can be destroyed, and must be: what it took past the environment would be lost a
  // million times.
  if (!outcome.violated() && state.table != nullptr) state.target->destroy(state.table);
  state.table = nullptr;
  return outcome;
}

void Executor::run_bare(const Scenario& scenario) {
  State& state = *state_;
  const nospan_target& target = *state.target;
  state.scenario = &scenario;
  state.command = nullptr;
  state.memory.release_all();
  const nospan_configuration configuration = describe(scenario.configuration);
  void* const table = target.create(&state.bare_environment, &configuration);
  if (table == nullptr) return;
  // What a driver has to remember, and no more.
  struct Handle {
    model::MappingKind kind = model::MappingKind::kNone;
    std::uint32_t direction = 0;
    std::uint64_t dma = 0;
    std::uint64_t size = 0;
    std::uint64_t address = 0;
  };
  static thread_local std::vector<Handle> handles;
  const auto undo = [&](std::uint32_t id, std::uint32_t cpu) {
    Handle& handle = handles[id];
    switch (handle.kind) {
      case model::MappingKind::kNone: return;
      case model::MappingKind::kPage:
        target.unmap_page(table, handle.dma, handle.size, handle.direction, 0, cpu);
        break;
      case model::MappingKind::kList:
        target.unmap_sg(table, state.lists[id].data(), static_cast<std::uint32_t>(state.lists[id].size()),
                        handle.direction, 0, cpu);
        break;
      case model::MappingKind::kCoherent:
        target.free_coherent(table, handle.size, handle.address, handle.dma, cpu);
        break;
    }
    handle.kind = model::MappingKind::kNone;
  };
  for (const Command& command : scenario.commands) {
    state.command = &command;
    state.tces_asked = 0;
    if (command.mapping >= handles.size()) handles.resize(command.mapping + 1);
    Handle& handle = handles[command.mapping];
    const auto direction = static_cast<std::uint32_t>(command.direction);
    switch (command.kind) {
      case CommandKind::kMapPage: {
        if (handle.kind != model::MappingKind::kNone) break;
        const nospan_map_request request{command.address,    command.offset, command.size,
                                         command.attributes, direction,      command.cpu};
        handle = {model::MappingKind::kNone, direction, 0, command.size, command.address};
        handle.dma = target.map_page(command.no_table ? nullptr : table, &request);
        if (handle.dma != NOSPAN_MAPPING_ERROR) handle.kind = model::MappingKind::kPage;
        break;
      }
      case CommandKind::kMapSg: {
        if (handle.kind != model::MappingKind::kNone) break;
        if (command.mapping >= state.lists.size()) state.lists.resize(command.mapping + 1);
        std::vector<nospan_segment>& list = state.lists[command.mapping];
        list.resize(command.element_count);
        for (std::uint32_t i = 0; i < command.element_count; ++i) {
          const Element& element = scenario.elements[command.first_element + i];
          list[i] = {element.address.value, element.length, kStaleDmaLength, kStaleDmaAddress};
        }
        const int count = target.map_sg(command.no_table ? nullptr : table, list.data(), command.element_count,
                                        direction, command.attributes, command.cpu);
        if (count > 0) handle = {model::MappingKind::kList, direction, 0, 0, 0};
        break;
      }
      case CommandKind::kAllocCoherent: {
        if (handle.kind != model::MappingKind::kNone) break;
        handle = {model::MappingKind::kNone, 0, 0, command.size, 0};
        if (target.alloc_coherent(command.no_table ? nullptr : table, command.size, command.cpu,
                                  &handle.address, &handle.dma) == 0) {
          handle.kind = model::MappingKind::kCoherent;
        }
        break;
      }
      case CommandKind::kUnmapPage:
        if (!command.no_table && handle.kind == model::MappingKind::kPage) undo(command.mapping, command.cpu);
        break;
      case CommandKind::kUnmapSg:
        if (!command.no_table && handle.kind == model::MappingKind::kList) undo(command.mapping, command.cpu);
        break;
      case CommandKind::kFreeCoherent:
        if (!command.no_table && handle.kind == model::MappingKind::kCoherent)
          undo(command.mapping, command.cpu);
        break;
      case CommandKind::kInUse: target.in_use(table); break;
      case CommandKind::kCheckIoba:
        if (target.check_ioba != nullptr) {
          target.check_ioba(command.page_shift, command.first_index, command.entries, command.address,
                            command.count);
        }
        break;
      case CommandKind::kCheckGpa:
        if (target.check_gpa != nullptr) target.check_gpa(command.page_shift, command.address);
        break;
      case CommandKind::kTceDirection:
        if (target.tce_direction != nullptr) target.tce_direction(command.address);
        break;
      case CommandKind::kDirectionPermissions:
        if (target.direction_permissions != nullptr) target.direction_permissions(direction);
        break;
    }
  }
  for (std::uint32_t id = 0; id < handles.size(); ++id) undo(id, 0);
  state.command = nullptr;
  target.destroy(table);
}

bool supports(const nospan_target& target, const Scenario& scenario) {
  return (target.system_page_shifts >> scenario.configuration.system_page.value & 1) != 0;
}

}  // namespace nospan::props
