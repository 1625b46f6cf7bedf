// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_coherent.h"

#include <fmt/format.h>

#include "solver/claims/builtin_calls.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {

using namespace mapper_calls;
using reports::Expected;
using Kind = Event::Kind;

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

}  // namespace nospan::solver
