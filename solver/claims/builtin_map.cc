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

const std::vector<std::string> kSpaceClaims = {"alloc/EntrySpace::take", "alloc/EntrySpace::give_back"};

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

// What contracts ask of their callers, as cases of `safe`: without it their answers mean nothing.
void add_contract_cases(Instance& instance, const std::vector<Path>& paths) {
  for (const Path& path : paths) {
    for (const Obligation& obligation : path.obligations) {
      if (obligation.kind != Obligation::Kind::kContract) continue;
      Case question{fmt::format("{} at {}", obligation.what, obligation.place),
                    conditions_before(path, obligation.given),
                    obligation.holds,
                    {}};
      bool known = false;
      for (const Case& other : instance.cases) {
        known = known || (other.name == question.name && other.goal.same(question.goal) &&
                          all_of(other.given).same(all_of(question.given)));
      }
      if (!known) instance.cases.push_back(std::move(question));
    }
  }
}

Term permissions_of(const Term& direction) {
  const Term wide = zero_extend(direction, 64);
  return choose(wide == word(0), word(3),
                choose(wide == word(1), word(1), choose(wide == word(2), word(2), word(0))));
}

// TCE i of each set is what the environment makes of it (target.h, put_tces): tce + (i << page_shift).
Instance tce(const MapCall& call, const Term& permissions) {
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
      instance.witnesses.push_back(path.conditions);
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

// What undoing a mapping of `count` entries from `index` on does.
struct Mapping {
  Term index = free_word("index");
  Term count;

  std::vector<Term> domain(const BuiltinTable& table) const {
    SpaceRequest any{count, index, word(0), Term::bits(32, 0)};
    return {promised_by_take(table, any, index)};
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
              (frees[0]->arguments[0] == mapping.index - table.first_index) &
              (frees[0]->arguments[1] == mapping.count);
      instance.witnesses.push_back(path.conditions);
    }
    instance.cases.push_back(
        {"a path that returns", path.conditions, right, split_page_shift(table.page_shift)});
  }
  return instance;
}

Instance safe_of(Instance base, const std::vector<Path>& paths) {
  Instance instance = std::move(base);
  instance.claim = "safe";
  instance.words = "no undefined behaviour, overflow or access out of bounds, whatever the arguments";
  instance.rests_on = kSpaceClaims;
  add_paths(instance, paths);
  instance.cases = safety_cases(paths);
  add_contract_cases(instance, paths);
  for (const Path& path : paths) {
    if (path.end == Path::End::kReturned && !path.events.empty()) instance.witnesses.push_back(path.conditions);
  }
  return instance;
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
  const Term offset = free_word("offset");
  const Term size = free_word("size");
  const Term direction = Term::free_bits(32, "direction");

  State state = table.state;
  Filler filler(setting.program, state.memory);
  const ObjectId request = filler.add("request", "nospan_map_request");
  filler.set(request, "nospan_map_request", "page", page);
  filler.set(request, "nospan_map_request", "offset", offset);
  filler.set(request, "nospan_map_request", "size", size);
  filler.set(request, "nospan_map_request", "direction", direction);
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
  // The request in terms of the buffer: any page, also behind the buffer.
  add_terms(call.base.domain,
            {offset == buffer.first - page, less_equal(page, buffer.first), size == buffer.size()});
  call.replay = [](ScenarioText& text) {
    text.map_page(0, text.value("first"), text.value("last") - text.value("first") + 1,
                  text.value("direction"));
  };
  auto paths = executor.run(function, state, {table.mapper, Value::pointer(request)}, call.base.domain);
  if (!paths) return tl::unexpected(paths.error());
  call.paths = std::move(*paths);
  add_paths(call.base, call.paths);

  std::vector<Instance> instances = map_claims(call);
  if (Instance* handle = find(instances, "handle")) add_device_limits(*handle, call, table, table.dma_mask);
  instances.push_back(tce(call, permissions_of(direction)));
  // Once more with requests that no buffer has.
  auto all = executor.run(function, state, {table.mapper, Value::pointer(request)}, any_call);
  if (!all) return tl::unexpected(all.error());
  Instance* safe = find(instances, "safe");
  auto scenario = safe->scenario;
  Instance base = call.base;
  base.domain = any_call;
  *safe = safe_of(std::move(base), *all);
  safe->scenario = std::move(scenario);
  return instances;
}

Expected<std::vector<Instance>> builtin_unmap_page(const Setting& setting) {
  auto stage = Stage::make(setting, free_word("pages"));
  if (!stage) return tl::unexpected(stage.error());
  Executor& executor = (*stage)->executor;
  BuiltinTable& table = (*stage)->table;
  const Bytes buffer;
  const Mapping mapping{free_word("index"), pages_touched(buffer.first, buffer.last, table.page_shift)};
  const Term offset = buffer.first & (shift_left(word(1), table.page_shift) - word(1));
  // The claim handle/Mapper::map_page says that this is what map_page returns.
  const Term address = shift_left(mapping.index, table.page_shift) | offset;
  const std::string function = "nospan::builtin::Mapper::unmap_page";

  Instance base = base_of(setting, table, "Mapper::unmap_page");
  base.assumptions.push_back(buffer_assumption());
  base.inputs.insert(base.inputs.end(),
                     {{"first", buffer.first}, {"last", buffer.last}, {"index", mapping.index}});
  const Instance any = base;
  add_terms(base.domain, buffer.domain());
  add_terms(base.domain, mapping.domain(table));
  State state = table.state;
  state.happened(Kind::kTake, {mapping.index - table.first_index, mapping.count}, "the mapping");
  auto paths = executor.run(function, state,
                            {table.mapper, Value::number(address), Value::number(buffer.size())}, base.domain);
  if (!paths) return tl::unexpected(paths.error());
  std::vector<Instance> instances = {inverse(base, *paths, table, mapping)};
  instances.back().rests_on.insert(instances.back().rests_on.end(),
                                   {"exact/Mapper::map_page", "handle/Mapper::map_page"});
  instances.back().scenario = [id = instances.back().id()](const Model& model) {
    ScenarioText text(model, 12, fmt::format("a counterexample of the prover to {}", id));
    text.map_page(0, text.value("first"), text.value("last") - text.value("first") + 1, 0);
    text.command({{"do", "unmap_page"}, {"mapping", 0}});
    return text.text();
  };
  auto all = executor.run(function, table.state,
                          {table.mapper, Value::number(free_word("address")), Value::number(free_word("size"))},
                          any.domain);
  if (!all) return tl::unexpected(all.error());
  instances.push_back(safe_of(any, *all));
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
  instances.push_back(tce(call, word(3)));
  auto all = executor.run(function, state, arguments, any_call);
  if (!all) return tl::unexpected(all.error());
  Instance base = call.base;
  base.domain = any_call;
  Instance* safe = find(instances, "safe");
  auto scenario = safe->scenario;
  *safe = safe_of(base, *all);
  safe->scenario = std::move(scenario);

  // free_coherent() of what allocate_coherent() returned.
  const Mapping mapping{free_word("index"), pages_touched(call.first, call.last, table.page_shift)};
  const Term address = shift_left(mapping.index, table.page_shift) |
                       (call.first & (shift_left(word(1), table.page_shift) - word(1)));
  Instance free_base = call.base;
  free_base.function = "Mapper::free_coherent";
  free_base.inputs.push_back({"index", mapping.index});
  add_terms(free_base.domain, mapping.domain(table));
  State mapped = table.state;
  mapped.happened(Kind::kTake, {mapping.index - table.first_index, mapping.count}, "the mapping");
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
  instances.push_back(safe_of(base, *any_free));
  return instances;
}

}  // namespace nospan::solver
