// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_map.h"

#include <fmt/format.h>

#include "solver/claims/builtin_table.h"
#include "solver/claims/filler.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {
namespace {

using reports::Expected;
using Kind = Event::Kind;

constexpr uint64_t kMappingError = ~uint64_t{0};  // NOSPAN_MAPPING_ERROR, targets/target.h
constexpr uint64_t kMemoryEnd = uint64_t{1} << 56;

const std::vector<std::string> kSpaceClaims = {"contract/Mapper::place", "contract/Mapper::preferred_shift",
                                               "contract/direction_permissions", "alloc/EntrySpace::give_back"};

// An executor with contracts for all that surrounds the mapper, and a table.
struct Stage {
  explicit Stage(const Program& program) : executor(program) {}
  Executor executor;
  BuiltinTable table;

  static Expected<std::unique_ptr<Stage>> make(const Setting& setting, const Term& pages) {
    auto stage = std::make_unique<Stage>(setting.program);
    auto table = BuiltinTable::make(stage->executor);
    if (!table) return tl::unexpected(table.error());
    stage->table = std::move(*table);
    add_environment(stage->executor, stage->table, pages);
    add_space(stage->executor, stage->table);
    add_place(stage->executor, stage->table);
    return stage;
  }
};

Instance base_of(const Setting& setting, const BuiltinTable& table, std::string function) {
  Instance base;
  base.function = std::move(function);
  base.target = setting.target;
  base.assumptions = table.assumptions;
  base.domain = table.domain;
  base.inputs = table.inputs;
  base.preferences = {table.first_index == word(0),
                      table.entries == word(64),
                      less_equal(table.entries, word(4194304)),
                      table.segment_boundary == word(~uint64_t{0}),
                      table.reserved_begin_slot == table.end_slot,
                      table.max_segment_size == Term::bits(32, 65536),
                      table.system_page_shift == word(setting.system_page_shift)};
  return base;
}

void add_paths(Instance& instance, const std::vector<Path>& paths) {
  instance.paths = paths.size();
  instance.incomplete = incompleteness(paths);
}

Assumption buffer_assumption() {
  return {"buffer", "the buffer has at least one byte and lies in the first 2^56 bytes of memory",
          "design section 6: what a scenario can tell"};
}

// A buffer from `first` to `last`.
struct Bytes {
  Term first = free_word("first");
  Term last = free_word("last");

  Term size() const { return last - first + word(1); }
  std::vector<Term> domain() const { return {less_equal(first, last), less(last, word(kMemoryEnd))}; }
};

void add_terms(std::vector<Term>& to, const std::vector<Term>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

std::vector<Term> conditions_before(const Path& path, std::size_t given) {
  return {path.conditions.begin(), path.conditions.begin() + static_cast<std::ptrdiff_t>(given)};
}

// Numbers that any table can have, to find a witness in: it is enough that there is one.
void add_witness(Instance& instance, const BuiltinTable& table, std::vector<Term> witness) {
  add_terms(witness, {table.page_shift == word(16), table.system_page_shift == word(16),
                      table.origin == word(64), table.first_slot == word(0), table.entries == word(64),
                      table.segment_boundary == word(~uint64_t{0}), table.dma_mask == word(~uint64_t{0}),
                      table.coherent_mask == word(~uint64_t{0}), table.reserved_begin_slot == table.end_slot});
  instance.witnesses.push_back(std::move(witness));
}

// TCE i of each set is what the environment makes of it (target.h, put_tces): tce + (i << page_shift).
Instance tce(const MapCall& call, const BuiltinTable& table, const Term& permissions) {
  Instance instance = call.base;
  instance.claim = "tce";
  instance.words = "every TCE carries its page of the buffer and the permissions of the direction";
  const Term i = free_word("i");
  const Term first_page = shift_right(call.first, call.page_shift);
  for (const Path& path : call.paths) {
    for (const Event& event : path.events) {
      if (event.kind != Kind::kSet) continue;
      std::vector<Term> given = conditions_before(path, event.given);
      given.push_back(less(i, event.arguments[1]));
      const Term page = first_page + i;
      const Term right =
          (event.arguments[3] == permissions) &
          ((event.arguments[2] + shift_left(i, call.page_shift)) == shift_left(page, call.page_shift)) &
          less_equal(page, shift_right(call.last, call.page_shift));
      instance.cases.push_back({fmt::format("TCE i set at {}", event.place), std::move(given), right,
                                split_page_shift(call.page_shift)});
    }
    if (path.end == Path::End::kReturned && !path.events.empty()) {
      add_witness(instance, table, path.conditions);
    }
  }
  instance.rests_on = call.exact_rests_on;
  return instance;
}

// Adds to `handle` what the device asks of a DMA address.
void add_device_limits(Instance& handle, const MapCall& call, const BuiltinTable& table, const Term& mask) {
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    std::vector<Term> given = path.conditions;
    const Term address = call.handle(path);
    given.push_back(address != call.failure);
    const Term last = address + (call.last - call.first);
    const Term outside = ~table.segment_boundary;
    handle.cases.push_back({"the DMA address within the mask", given,
                            less_equal(address, last) & less_equal(last, mask),
                            split_page_shift(call.page_shift)});
    handle.cases.push_back({"the DMA addresses in one segment", given, (address & outside) == (last & outside),
                            split_page_shift(call.page_shift)});
  }
  handle.words += ", and keeps the device's mask and segment boundary";
}

// A mapping that map returned, in terms of its DMA addresses: as buffer and DMA address have the same offset in
// the IOMMU page, both touch equally many of them.
struct Mapping {
  Term address;  // the first DMA address
  Term last;     // the last
  Term index;
  Term count;

  Mapping(const BuiltinTable& table, const Term& first_address, const Term& last_address)
      : address(first_address),
        last(last_address),
        index(shift_right(address, table.page_shift)),
        count(pages_touched(address, last, table.page_shift)) {}

  std::vector<Term> domain(const BuiltinTable& table) const {
    const SpaceRequest any{count, index, word(0), Term::bits(32, 0)};
    return {less_equal(address, last), less_equal(table.origin, index),
            promised_by_take(table, any, index - table.origin)};
  }
};

std::vector<const Event*> all_of_kind(const Path& path, Kind kind, std::size_t from = 0) {
  std::vector<const Event*> result;
  for (std::size_t i = from; i < path.events.size(); ++i) {
    if (path.events[i].kind == kind) result.push_back(&path.events[i]);
  }
  return result;
}

// One clear and one give-back of exactly the mapping's entries, and between them a flush; no other event that
// changes anything. The first event of the paths is the mapping's own.
Instance inverse(Instance base, const std::vector<Path>& paths, const BuiltinTable& table,
                 const Mapping& mapping) {
  Instance instance = std::move(base);
  instance.claim = "inverse";
  instance.words =
      "given what map returned: clears exactly what was set, then frees exactly what was allocated";
  instance.rests_on = {"alloc/EntrySpace::give_back"};
  add_paths(instance, paths);
  for (const Path& path : paths) {
    if (path.end != Path::End::kReturned) continue;
    const auto clears = all_of_kind(path, Kind::kClear);
    const auto frees = all_of_kind(path, Kind::kGiveBack);
    Term right = Term::boolean(false);
    if (clears.size() == 1 && frees.size() == 1 && all_of_kind(path, Kind::kSet).empty() &&
        all_of_kind(path, Kind::kTake, 1).empty()) {
      bool seen = false;
      for (const Event* event = clears[0]; event < frees[0]; ++event)
        seen = seen || event->kind == Kind::kFlush;
      right = Term::boolean(seen) & (clears[0]->arguments[0] == mapping.index) &
              (clears[0]->arguments[1] == mapping.count) &
              (frees[0]->arguments[0] == mapping.index - table.origin - table.first_slot) &
              (frees[0]->arguments[1] == mapping.count);
      add_witness(instance, table, path.conditions);
    }
    instance.cases.push_back(
        {"a path that returns", path.conditions, right, split_page_shift(table.page_shift)});
  }
  return instance;
}

Instance safe_of(Instance base, const std::vector<Path>& paths, const BuiltinTable& table) {
  Instance instance = std::move(base);
  instance.claim = "safe";
  instance.words = "no undefined behaviour, overflow or access out of bounds, whatever the arguments";
  instance.rests_on = kSpaceClaims;
  add_paths(instance, paths);
  instance.cases = all_obligation_cases(paths);
  for (const Path& path : paths) {
    if (path.end == Path::End::kReturned && !path.events.empty()) add_witness(instance, table, path.conditions);
  }
  return instance;
}

// The same for witnesses that are there.
void add_numbers(std::vector<Instance>& instances, const BuiltinTable& table) {
  for (Instance& instance : instances) {
    std::vector<std::vector<Term>> witnesses;
    std::swap(witnesses, instance.witnesses);
    for (std::vector<Term>& witness : witnesses) add_witness(instance, table, std::move(witness));
  }
}

Instance* find(std::vector<Instance>& instances, std::string_view claim) {
  for (Instance& instance : instances) {
    if (instance.claim == claim) return &instance;
  }
  return nullptr;
}

}  // namespace

Expected<std::vector<Instance>> builtin_map_page(const Setting& setting) {
  auto stage = Stage::make(setting, free_word("pages"));
  if (!stage) return tl::unexpected(stage.error());
  Executor& executor = (*stage)->executor;
  BuiltinTable& table = (*stage)->table;
  const Bytes buffer;
  const Term page = free_word("page");
  const Term direction = Term::free_bits(32, "direction");
  Filler filler(setting.program, table.state.memory);
  const auto request_of = [&](const char* name, const Term& offset, const Term& size) {
    const ObjectId request = filler.add(name, "nospan_map_request");
    filler.set(request, "nospan_map_request", "page", page);
    filler.set(request, "nospan_map_request", "offset", offset);
    filler.set(request, "nospan_map_request", "size", size);
    filler.set(request, "nospan_map_request", "direction", direction);
    return Value::pointer(request);
  };
  // Of the buffer: any page, also behind it. Of any call: whatever 64 bits can say.
  const Value request = request_of("request", buffer.first - page, buffer.size());
  const Value any_request = request_of("any_request", free_word("offset"), free_word("size"));
  if (filler.error()) return tl::unexpected(*filler.error());
  const std::string function = "nospan::builtin::Mapper::map_page";

  MapCall call;
  call.page_shift = table.page_shift;
  call.first = buffer.first;
  call.last = buffer.last;
  call.address_bits = word(0);
  call.first_index = table.first_index;
  call.failure = word(kMappingError);
  call.handle = [](const Path& path) { return path.result->bits; };
  call.exact_rests_on = kSpaceClaims;
  // The smallest system page: a granule holds whole ones.
  call.system_page_shift = 12;
  call.base = base_of(setting, table, "Mapper::map_page");
  call.base.assumptions.push_back(buffer_assumption());
  call.base.inputs.insert(
      call.base.inputs.end(),
      {{"first", buffer.first}, {"last", buffer.last}, {"direction", direction}, {"dma_mask", table.dma_mask}});
  add_terms(call.base.preferences, {table.dma_mask == word(~uint64_t{0}), direction == Term::bits(32, 0),
                                    buffer.first == buffer.last, less(buffer.last, word(uint64_t{1} << 36))});
  const std::vector<Term> any_call = table.domain;
  add_terms(call.base.domain, buffer.domain());
  call.base.domain.push_back(less_equal(page, buffer.first));
  call.replay = [](ScenarioText& text) {
    text.map_page(0, text.value("first"), text.value("last") - text.value("first") + 1,
                  text.value("direction"));
  };
  auto paths = executor.run(function, table.state, {table.mapper, request}, call.base.domain);
  if (!paths) return tl::unexpected(paths.error());
  call.paths = std::move(*paths);
  add_paths(call.base, call.paths);

  std::vector<Instance> instances = map_claims(call);
  add_numbers(instances, table);
  if (Instance* handle = find(instances, "handle")) add_device_limits(*handle, call, table, table.dma_mask);
  instances.push_back(tce(call, table, permissions_of(direction)));
  // Once more with requests that no buffer has.
  auto all = executor.run(function, table.state, {table.mapper, any_request}, any_call);
  if (!all) return tl::unexpected(all.error());
  Instance* safe = find(instances, "safe");
  auto scenario = safe->scenario;
  Instance base = call.base;
  base.domain = any_call;
  *safe = safe_of(std::move(base), *all, table);
  safe->scenario = std::move(scenario);
  return instances;
}

Expected<std::vector<Instance>> builtin_unmap_page(const Setting& setting) {
  auto stage = Stage::make(setting, free_word("pages"));
  if (!stage) return tl::unexpected(stage.error());
  Executor& executor = (*stage)->executor;
  BuiltinTable& table = (*stage)->table;
  const Mapping mapping(table, free_word("address"), free_word("last_address"));
  const std::string function = "nospan::builtin::Mapper::unmap_page";

  Instance base = base_of(setting, table, "Mapper::unmap_page");
  base.inputs.insert(base.inputs.end(), {{"address", mapping.address}, {"last_address", mapping.last}});
  const Instance any = base;
  add_terms(base.domain, mapping.domain(table));
  State state = table.state;
  state.happened(Kind::kTake, {mapping.index - table.origin - table.first_slot, mapping.count}, "the mapping");
  const Term size = mapping.last - mapping.address + word(1);
  auto paths = executor.run(function, state,
                            {table.mapper, Value::number(mapping.address), Value::number(size)}, base.domain);
  if (!paths) return tl::unexpected(paths.error());
  std::vector<Instance> instances = {inverse(base, *paths, table, mapping)};
  instances.back().rests_on.insert(instances.back().rests_on.end(),
                                   {"exact/Mapper::map_page", "handle/Mapper::map_page"});
  instances.back().scenario = [id = instances.back().id()](const Model& model) {
    ScenarioText text(model, 12, fmt::format("a counterexample of the prover to {}", id));
    const uint64_t offset = text.value("address") % (uint64_t{1} << text.value("page_shift", 16));
    text.map_page(0, offset, text.value("last_address") - text.value("address") + 1, 0);
    text.command({{"do", "unmap_page"}, {"mapping", 0}});
    return text.text();
  };
  auto all = executor.run(function, table.state,
                          {table.mapper, Value::number(free_word("address")), Value::number(free_word("size"))},
                          any.domain);
  if (!all) return tl::unexpected(all.error());
  instances.push_back(safe_of(any, *all, table));
  return instances;
}

Expected<std::vector<Instance>> builtin_coherent(const Setting& setting) {
  const Term pages = free_word("first");
  auto stage = Stage::make(setting, pages);
  if (!stage) return tl::unexpected(stage.error());
  Executor& executor = (*stage)->executor;
  BuiltinTable& table = (*stage)->table;
  const Term size = free_word("size");
  const Term system_page = shift_left(word(1), table.system_page_shift);
  const Term bytes = (size + (system_page - word(1))) & ~(system_page - word(1));
  // The order of the memory that is allocated: the smallest that holds the bytes.
  const auto is_order = [&](const Term& order) {
    return less_equal(bytes, shift_left(system_page, order)) &
           ((order == word(0)) | less(shift_left(system_page, order - word(1)), bytes));
  };

  State state = table.state;
  const ObjectId guest = state.memory.add(Object("guest_address", word(8), Object::Initial::kFree));
  const ObjectId dma = state.memory.add(Object("dma", word(8), Object::Initial::kFree));
  const auto cell = [](const Path& path, ObjectId object) {
    Memory memory = path.memory;
    return memory.change(object).load(word(0), 8)->bits;
  };
  const auto succeeded = [](const Path& path) { return path.result->bits == Term::bits(32, 0); };
  const std::string function = "nospan::builtin::Mapper::allocate_coherent";

  MapCall call;
  call.page_shift = table.page_shift;
  call.first = pages;
  call.last = pages + bytes - word(1);
  call.address_bits = word(0);
  call.first_index = table.first_index;
  call.failure = word(kMappingError);
  call.handle = [=](const Path& path) { return choose(succeeded(path), cell(path, dma), word(kMappingError)); };
  call.exact_rests_on = kSpaceClaims;
  call.system_page_shift = 12;
  call.base = base_of(setting, table, "Mapper::allocate_coherent");
  call.base.assumptions.push_back(buffer_assumption());
  call.base.assumptions.push_back({"page-allocator", "pages are aligned to their size and lie in memory",
                                   "targets/target.h, allocate_pages"});
  call.base.inputs.insert(call.base.inputs.end(),
                          {{"first", pages}, {"size", size}, {"coherent_mask", table.coherent_mask}});
  add_terms(call.base.preferences,
            {table.coherent_mask == word(~uint64_t{0}), size == word(1), less(pages, word(uint64_t{1} << 36))});
  call.replay = [](ScenarioText& text) {
    text.command({{"do", "alloc_coherent"},
                  {"mapping", 0},
                  {"size", fmt::format("{:#x}", text.value("size"))},
                  {"memory", fmt::format("{:#x}", text.value("first"))}});
  };
  const std::vector<Term> any_call = table.domain;
  add_terms(call.base.domain,
            {size != word(0), less_equal(size, word(kMemoryEnd)), less(pages, word(kMemoryEnd)),
             less(call.last, word(kMemoryEnd)), (pages & (system_page - word(1))) == word(0)});
  const std::vector<Value> arguments = {table.mapper, Value::number(size),
                                        Value::number(Term::free_bits(32, "cpu")), Value::pointer(guest),
                                        Value::pointer(dma)};
  auto paths = executor.run(function, state, arguments, call.base.domain);
  if (!paths) return tl::unexpected(paths.error());
  call.paths = std::move(*paths);
  add_paths(call.base, call.paths);
  std::vector<Instance> instances = map_claims(call);
  add_numbers(instances, table);

  Instance* handle = find(instances, "handle");
  add_device_limits(*handle, call, table, table.coherent_mask);
  handle->words += "; it is aligned to the memory's order, and the guest address is that of the memory";
  Instance* exact = find(instances, "exact");
  exact->words += "; memory is zeroed before";
  Instance* fail_atomic = find(instances, "fail-atomic");
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    const auto allocated = all_of_kind(path, Kind::kAllocatePages);
    const auto freed = all_of_kind(path, Kind::kFreePages);
    if (allocated.empty()) continue;
    const Event& memory = *allocated[0];
    std::vector<Term> success = path.conditions;
    success.push_back(succeeded(path));
    const Term low_bits = shift_left(system_page, memory.arguments[0]) - word(1);
    handle->cases.push_back({"the memory's order", path.conditions, is_order(memory.arguments[0]), {}});
    handle->cases.push_back({"alignment of the DMA address", success, (cell(path, dma) & low_bits) == word(0),
                             split_page_shift(call.page_shift)});
    handle->cases.push_back(
        {"the guest address", success, (cell(path, guest) == pages) & Term::boolean(freed.empty()), {}});
    std::vector<Term> failure = path.conditions;
    failure.push_back(!succeeded(path));
    const Term undone = freed.size() == 1 ? (freed[0]->arguments[0] == memory.arguments[0]) &
                                                (freed[0]->arguments[1] == memory.arguments[1])
                                          : Term::boolean(false);
    fail_atomic->cases.push_back({"memory on a path that returns failure", failure, undone, {}});
    for (const Event* set : all_of_kind(path, Kind::kSet)) {
      Term zeroed = Term::boolean(false);
      for (const Event* zero : all_of_kind(path, Kind::kZero)) {
        if (zero < set) zeroed = zeroed | ((zero->arguments[0] == pages) & (zero->arguments[1] == bytes));
      }
      exact->cases.push_back({"zeroed before the set", conditions_before(path, set->given), zeroed, {}});
    }
  }
  instances.push_back(tce(call, table, word(3)));
  auto all = executor.run(function, state, arguments, any_call);
  if (!all) return tl::unexpected(all.error());
  Instance base = call.base;
  base.domain = any_call;
  Instance* safe = find(instances, "safe");
  auto scenario = safe->scenario;
  *safe = safe_of(base, *all, table);
  safe->scenario = std::move(scenario);

  // free_coherent() of what allocate_coherent() returned.
  const Term address = free_word("address");
  const Mapping mapping(table, address, address + bytes - word(1));
  Instance free_base = call.base;
  free_base.function = "Mapper::free_coherent";
  free_base.inputs.push_back({"address", address});
  add_terms(free_base.domain, mapping.domain(table));
  State mapped = table.state;
  mapped.happened(Kind::kTake, {mapping.index - table.origin - table.first_slot, mapping.count}, "the mapping");
  auto freeing = executor.run("nospan::builtin::Mapper::free_coherent", mapped,
                              {table.mapper, Value::number(size), Value::number(pages), Value::number(address)},
                              free_base.domain);
  if (!freeing) return tl::unexpected(freeing.error());
  Instance undo = inverse(free_base, *freeing, table, mapping);
  undo.words += ", and the memory";
  undo.rests_on.insert(undo.rests_on.end(),
                       {"exact/Mapper::allocate_coherent", "handle/Mapper::allocate_coherent"});
  for (const Path& path : *freeing) {
    if (path.end != Path::End::kReturned) continue;
    const auto freed = all_of_kind(path, Kind::kFreePages);
    const Term right = freed.size() == 1 ? is_order(freed[0]->arguments[0]) & (freed[0]->arguments[1] == pages)
                                         : Term::boolean(false);
    undo.cases.push_back({"the memory", path.conditions, right, {}});
  }
  undo.scenario = [id = undo.id(), replay = call.replay](const Model& model) {
    ScenarioText text(model, 12, fmt::format("a counterexample of the prover to {}", id));
    replay(text);
    text.command({{"do", "free_coherent"}, {"mapping", 0}});
    return text.text();
  };
  instances.push_back(std::move(undo));
  auto any_free = executor.run(
      "nospan::builtin::Mapper::free_coherent", table.state,
      {table.mapper, Value::number(size), Value::number(pages), Value::number(free_word("address"))}, any_call);
  if (!any_free) return tl::unexpected(any_free.error());
  base.function = "Mapper::free_coherent";
  instances.push_back(safe_of(base, *any_free, table));
  return instances;
}

Expected<std::vector<Instance>> builtin_place(const Setting& setting) {
  Executor executor(setting.program);
  auto made = BuiltinTable::make(executor);
  if (!made) return tl::unexpected(made.error());
  BuiltinTable& table = *made;
  add_space(executor, table);
  std::vector<Instance> instances;

  // Mapper::place(), with any buffer and placement that it can be asked for.
  Filler filler(setting.program, table.state.memory);
  const ObjectId buffer = filler.add("buffer", "Buffer");
  const ObjectId placement = filler.add("placement", "Placement");
  if (filler.error()) return tl::unexpected(*filler.error());
  const ObjectId start = table.state.memory.add(Object("start", word(8), Object::Initial::kFree));
  const std::vector<Value> arguments = {table.mapper, Value::pointer(buffer), Value::pointer(placement),
                                        Value::pointer(start)};
  auto request = read_place_request(setting.program, table.state, Call{"", arguments, "", 0, false});
  if (!request) return tl::unexpected(request.error());
  Instance place = base_of(setting, table, "Mapper::place");
  place.claim = "contract";
  place.words = "a place that is found lies in the window, under the mask, in one segment, and is aligned";
  place.rests_on = {"alloc/EntrySpace::take"};
  place.domain.push_back(asked_of_place(table, *request));
  place.inputs.insert(
      place.inputs.end(),
      {{"offset", request->offset}, {"last_offset", request->last_offset}, {"mask", request->mask}});
  auto paths = executor.run("nospan::builtin::Mapper::place", table.state, arguments, place.domain);
  if (!paths) return tl::unexpected(paths.error());
  add_paths(place, *paths);
  place.cases = all_obligation_cases(*paths);
  for (const Path& path : *paths) {
    if (path.end != Path::End::kReturned) continue;
    const auto taken = all_of_kind(path, Kind::kTake);
    std::vector<Term> given = path.conditions;
    if (taken.empty()) {
      place.cases.push_back({"nothing found", given, !path.result->bits, {}});
      continue;
    }
    Memory memory = path.memory;
    const Term slot = taken[0]->arguments[0] + table.first_slot;
    add_witness(place, table, given);
    place.cases.push_back({"where it is",
                           given,
                           path.result->bits & (taken[0]->arguments[1] == request->entries) &
                               Term::boolean(taken.size() == 1) &
                               (memory.change(start).load(word(0), 8)->bits == table.origin + slot),
                           {}});
    place.cases.push_back({"what was found", given, promised_by_place(table, *request, slot),
                           split_page_shift(table.page_shift)});
  }
  instances.push_back(std::move(place));

  const Term direction = Term::free_bits(32, "direction");
  Instance permissions = base_of(setting, table, "direction_permissions");
  permissions.claim = "contract";
  permissions.words = "to the device: read; from the device: write; both: both; anything else: none";
  auto choices =
      executor.run("nospan::builtin::direction_permissions", table.state, {Value::number(direction)});
  if (!choices) return tl::unexpected(choices.error());
  add_paths(permissions, *choices);
  for (const Path& path : *choices) {
    if (path.end != Path::End::kReturned) continue;
    permissions.cases.push_back(
        {"a direction", path.conditions, path.result->bits == permissions_of(direction), {}});
    add_witness(permissions, table, path.conditions);
  }
  instances.push_back(std::move(permissions));

  Instance preferred = base_of(setting, table, "Mapper::preferred_shift");
  preferred.claim = "contract";
  preferred.words = "a shift of at most 63 bits, without undefined behaviour";
  auto shifts = executor.run(
      "nospan::builtin::Mapper::preferred_shift", table.state,
      {table.mapper, Value::number(free_word("address")), Value::number(free_word("size"))}, table.domain);
  if (!shifts) return tl::unexpected(shifts.error());
  add_paths(preferred, *shifts);
  preferred.cases = safety_cases(*shifts);
  for (const Path& path : *shifts) {
    if (path.end != Path::End::kReturned) continue;
    preferred.cases.push_back(
        {"a path that returns", path.conditions, less(path.result->bits, Term::bits(32, 64)), {}});
    add_witness(preferred, table, path.conditions);
  }
  instances.push_back(std::move(preferred));
  return instances;
}

}  // namespace nospan::solver
