// SPDX-License-Identifier: BSD-2-Clause
#include "props/executor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "model/text.h"
#include "props/question.h"
#include "props/target_environment.h"

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
constexpr std::uint32_t kMostPools = 1024;
// A scenario that has had so many of its commands prevented, and no map at all, is not made longer.
constexpr std::uint32_t kMostPrevented = 8;

}  // namespace

// The target, its environment, the model, and what lies between them.
struct Executor::State final : model::Observer {
  explicit State(FailureHandler on_failure) : environment(reference, tally, on_failure) {}

  const nospan_target* target = nullptr;
  model::Reference reference;
  Tally tally;
  TargetEnvironment environment;
  Spectator spectator;

  // Of the current scenario.
  const Scenario* scenario = nullptr;
  const GuardSet* guards = nullptr;
  Progress* progress = nullptr;
  std::uint64_t concerned = 0;  // guards, see GuardSet
  bool may_prevent = false;
  std::uint32_t prevented = 0;  // commands, by guards
  std::size_t next = 0;         // command; the one at which a violation happened stays the next
  void* table = nullptr;
  // By mapping.
  std::vector<std::vector<nospan_segment>> lists;
  std::vector<model::ListElement> elements;
  std::vector<model::ListSegment> segments;
  std::vector<std::uint32_t> bound;  // mappings that were bound in this scenario
  std::vector<std::size_t> made_by;  // see GuardContext
  std::vector<nospan_pool> pools_told = std::vector<nospan_pool>(kMostPools);
  std::vector<model::Pool> pools_found;

  // model::Observer
  void read_allocation(std::uint64_t first, std::uint64_t count, std::uint64_t* words) override {
    target->read_allocation(table, first, count, words);
  }
  std::span<const model::Pool> pools() override {
    const std::uint32_t count = target->pools(table, pools_told.data(), kMostPools);
    pools_found.clear();
    if (count > kMostPools) return {};  // more than there is room for: nothing is claimed
    const bool large = (target->flags & NOSPAN_TARGET_LARGE_POOL) != 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      pools_found.push_back({pools_told[i].start, pools_told[i].end, large && i == count - 1});
    }
    return pools_found;
  }

  void* create_table();
  unsigned iommu_page_shift(const Command& command) const;
  void execute(std::size_t index);
  void map_page(const Command& command);
  void map_list(const Command& command);
  void alloc_coherent(const Command& command);
  void undo(std::uint32_t mapping, std::uint16_t cpu);
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

Executor::Executor(const nospan_target& target, FailureHandler on_failure)
    : state_(std::make_unique<State>(on_failure)) {
  state_->target = &target;
}

Executor::~Executor() = default;

const nospan_target& Executor::target() const { return *state_->target; }
const Tally& Executor::tally() const { return state_->tally; }
bool Executor::owns_memory_at(const void* address) const {
  return state_->environment.memory().explains(address);
}
void Executor::set_spectator(Spectator spectator) { state_->spectator = std::move(spectator); }

void* Executor::State::create_table() {
  const nospan_configuration configuration = describe(scenario->configuration);
  return target->create(environment.get(), &configuration);
}

void Executor::State::check_pages_balance(bool granted) {
  const std::vector<Pages>& pages_taken = environment.pages_taken();
  const std::vector<Pages>& pages_given = environment.pages_given();
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
  const std::uint64_t zeroed = environment.first_not_zeroed(address, size);
  if (zeroed == size) return;
  violate(Invariant::kSafe1, "coherent memory is handed out zeroed, " + model::hex(size) + " bytes",
          "the byte at guest address " + model::hex(address + zeroed) + " was not cleared");
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
    // Not where a page begins: then even an empty segment would touch one.
    stale.dma_address = model::dma_address(tces.first, page).value + 1;
    stale.dma_length =
        static_cast<std::uint32_t>(std::min<std::uint64_t>((tces.count << page.value) - 1, UINT32_MAX));
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
  // Other numbers are taken for a bug by who calls it (kernel/dma/mapping.c, __dma_map_sg_attrs()).
  constexpr std::array kListErrors = {-EINVAL, -ENOMEM, -EIO, -EREMOTEIO};
  if (count <= 0 && std::find(kListErrors.begin(), kListErrors.end(), count) == kListErrors.end()) {
    violate(Invariant::kFail1,
            "a list that cannot be mapped is refused with -EINVAL, -ENOMEM, -EIO or -EREMOTEIO",
            "it returned " + std::to_string(count));
  }
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
    const std::vector<Pages>& pages_taken = environment.pages_taken();
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
  const std::vector<Pages>& pages_given = environment.pages_given();
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

// Of the window, or of the question to a check. Valid scenarios have no other shifts than the model's.
unsigned Executor::State::iommu_page_shift(const Command& command) const {
  const bool names_its_own = command.kind == CommandKind::kCheckIoba || command.kind == CommandKind::kCheckGpa;
  return names_its_own ? command.page_shift : scenario->configuration.window.page.value;
}

void Executor::State::execute(std::size_t index) {
  const Command& current = scenario->commands[index];
  environment.begin_call(&current);
  reference.begin_call();
  const model::MappingKind live = reference.mapping(current.mapping).kind;
  std::uint64_t& exercised = tally.exercised[iommu_page_shift(current) - model::kLeastIommuPageShift]
                                            [static_cast<std::size_t>(current.kind)];
  const auto idle = [&] {
    ++tally.idle;
    if (!current.no_table) --exercised;
  };
  ++tally.commands;
  ++(current.no_table ? tally.no_table : exercised);
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
    case CommandKind::kDirectionPermissions:
      if (auto violation = ask(*target, current)) reference.add(std::move(*violation));
      return;
  }
}

void Executor::State::clean_up() {
  for (const std::uint32_t id : bound) {
    if (reference.mapping(id).kind == model::MappingKind::kNone) continue;
    environment.begin_call(nullptr);
    reference.begin_call();
    undo(id, 0);
    if (violated()) return;
  }
  environment.begin_call(nullptr);
  reference.begin_call();
  reference.answered_in_use(target->in_use(table) != 0);
  if (!violated()) reference.finished();
}

Outcome Executor::run(const Scenario& scenario, const GuardSet& guards, Progress& progress,
                      const MoreCommands& more) {
  const State& state = *state_;
  bool going = begin(scenario, guards, progress);
  // Where a guard prevents every map, nothing happens: no use in asking for more of it.
  const auto fruitless = [&state] { return state.prevented >= kMostPrevented && state.bound.empty(); };
  while (going && (state.next < scenario.commands.size() || (more && !fruitless() && more()))) going = step();
  return end();
}

bool Executor::begin(const Scenario& scenario, const GuardSet& guards, Progress& progress) {
  State& state = *state_;
  const model::Configuration& configuration = scenario.configuration;
  state.scenario = &scenario;
  state.guards = &guards;
  state.progress = &progress;
  state.next = 0;
  state.bound.clear();
  state.made_by.assign(state.made_by.size(), SIZE_MAX);
  state.environment.begin_scenario(scenario);
  state.reference.reset(configuration, state.environment.layout(), state);
  state.concerned = guards.concerned(configuration);
  state.may_prevent = guards.may_prevent(state.concerned);
  state.prevented = 0;
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
    ++state.prevented;
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
  state.environment.begin_call(nullptr);
  // After a violation the target's state may be corrupt: its memory is taken back, its code is not run again.
  // After a known finding it can be destroyed, and must be: what it took past the environment would be lost a
  // million times.
  if (!outcome.violated() && state.table != nullptr) state.target->destroy(state.table);
  state.table = nullptr;
  return outcome;
}

bool supports(const nospan_target& target, const Scenario& scenario) {
  return (target.system_page_shifts >> scenario.configuration.system_page.value & 1) != 0;
}

}  // namespace nospan::props
