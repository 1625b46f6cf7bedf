// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_coherent.h"

#include <fmt/format.h>

#include "solver/claims/builtin_buffer.h"
#include "solver/claims/builtin_calls.h"
#include "solver/claims/scenario_text.h"
#include "solver/claims/steps.h"

namespace nospan::solver {

using reports::Expected;

namespace {

// What coherent memory of `size` bytes takes.
struct CoherentSize {
  Term size = free_word("size");
  Term bytes = free_word("bytes");
  Term order = zero_extend(Term::free_bits(6, "order"), 32);
  Term system_page_shift;

  Term is_possible() const { return (size != word(0)) & less_equal(size, word(uint64_t{1} << 63)); }
  // Whole system pages, at least one.
  Term is_rounded() const {
    const Term low_bits = shift_left(word(1), system_page_shift) - word(1);
    return (bytes == ((size + low_bits) & ~low_bits)) & (bytes != word(0)) & less_equal(size, bytes);
  }
  // The smallest order of system pages that holds the bytes.
  Term is_order(const Term& number) const {
    const Term shift = number + system_page_shift;
    return less(shift, word(64)) & less_equal(bytes, shift_left(word(1), shift)) &
           ((number == word(0)) | less(shift_left(word(1), shift - word(1)), bytes));
  }
  Term promises() const { return is_rounded() & is_order(zero_extend(order, 64)); }
};

// Contract for coherent_size() of that size, proved by the claim contract/Mapper::coherent_size.
void add_coherent_size(Executor& executor, const CoherentSize& of) {
  executor.add("nospan::builtin::Mapper::coherent_size",
               [of](State state, const Call& call) -> Expected<std::vector<Outcome>> {
                 if (!call.arguments[1].bits.same(of.size)) {
                   return reports::failure(call.place, "coherent_size() of another size", "");
                 }
                 std::vector<Outcome> outcomes;
                 State refused = state;
                 refused.assume(!of.is_possible());
                 if (!refused.impossible())
                   outcomes.push_back({std::move(refused), Value::number(Term::boolean(false))});
                 state.assume(of.is_possible());
                 for (const auto& [to, value] :
                      {std::pair{call.arguments[2], of.bytes}, {call.arguments[3], of.order}}) {
                   auto done =
                       state.memory.change(to.object).store(to.bits, value.width() / 8, Value::number(value));
                   if (!done) return tl::unexpected(done.error());
                 }
                 state.learn(of.promises());
                 outcomes.push_back({std::move(state), Value::number(Term::boolean(true))});
                 return outcomes;
               });
}

Expected<Instance> coherent_size(const Setting& setting) {
  Executor executor(setting.program);
  auto table = BuiltinTable::make(executor);
  if (!table) return tl::unexpected(table.error());
  CoherentSize of;
  of.system_page_shift = table->system_page_shift;
  const ObjectId bytes = table->state.memory.add(Object("bytes", word(8), Object::Initial::kFree));
  const ObjectId order = table->state.memory.add(Object("order", word(4), Object::Initial::kFree));
  Instance instance = base_of(setting, *table, "Mapper::coherent_size");
  instance.claim = "contract";
  instance.words = "whole system pages, and the smallest order that holds them; false if none is so large";
  instance.inputs.push_back({"size", of.size});
  auto paths = executor.run(
      "nospan::builtin::Mapper::coherent_size", table->state,
      {table->mapper, Value::number(of.size), Value::pointer(bytes), Value::pointer(order)}, table->domain);
  if (!paths) return tl::unexpected(paths.error());
  add_paths(instance, *paths);
  instance.cases = all_obligation_cases(*paths);
  const std::vector<Split> splits = {{table->system_page_shift, word(12)},
                                     {table->system_page_shift, word(16)}};
  for (const Path& path : *paths) {
    if (path.end != Path::End::kReturned) continue;
    instance.cases.push_back(
        {"true if it is possible", path.conditions, path.result->bits == of.is_possible(), {}});
    if (path.result->bits.is_false()) continue;
    CoherentSize found = of;
    found.bytes = path.memory.at(bytes).load(word(0), 8)->bits;
    found.order = path.memory.at(order).load(word(0), 4)->bits;
    instance.cases.push_back({"bytes", path.conditions, found.is_rounded(), splits});
    instance.cases.push_back({"order", path.conditions, found.is_order(zero_extend(found.order, 64)), splits});
    add_witness(instance, *table, path.conditions);
  }
  return instance;
}

}  // namespace

Expected<std::vector<Instance>> builtin_coherent(const Setting& setting) {
  const Term pages = free_word("first");
  auto stage = Stage::make(setting, pages);
  if (!stage) return tl::unexpected(stage.error());
  Executor& executor = (*stage)->executor;
  BuiltinTable& table = (*stage)->table;
  CoherentSize of;
  of.system_page_shift = table.system_page_shift;
  // Told by the last byte, as buffers of other calls are: the questions about isolation are then the same.
  const Bytes buffer;
  of.bytes = buffer.size();
  add_coherent_size(executor, of);
  const Term& size = of.size;
  const Term& bytes = of.bytes;

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
  call.last = buffer.last;
  call.address_bits = word(0);
  call.first_index = table.first_index;
  call.failure = word(kMappingError);
  call.handle = [=](const Path& path) { return choose(succeeded(path), cell(path, dma), word(kMappingError)); };
  call.exact_rests_on = kSpaceClaims;
  call.exact_rests_on.push_back("contract/Mapper::coherent_size");
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
  add_terms(call.base.domain, buffer.domain());
  call.buffer_domain = {size != word(0), less_equal(size, word(kMemoryEnd)), of.promises()};
  std::vector<Term> mapped_domain = call.base.domain;
  add_terms(mapped_domain, call.buffer_domain);
  const std::vector<Value> arguments = {table.mapper, Value::number(size),
                                        Value::number(Term::free_bits(32, "cpu")), Value::pointer(guest),
                                        Value::pointer(dma)};
  auto paths = executor.run(function, state, arguments, mapped_domain);
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
    const auto allocated = all_of_kind(path, Event::Kind::kAllocatePages);
    const auto freed = all_of_kind(path, Event::Kind::kFreePages);
    if (allocated.empty()) continue;
    const Event& memory = *allocated[0];
    std::vector<Term> success = path.conditions;
    success.push_back(succeeded(path));
    const Term low_bits = shift_left(word(1), memory.arguments[0] + table.system_page_shift) - word(1);
    handle->cases.push_back({"the memory's order", path.conditions, of.is_order(memory.arguments[0]), {}});
    if (!succeeded(path).is_false()) {
      // What it depends on is the place of the entries, and that of the memory.
      Steps steps(handle->cases, success);
      const BufferTerms found = BufferTerms::of_call(0);
      steps.show("alignment of the DMA address", (cell(path, dma) & low_bits) == word(0),
                 steps.without({table.segment_boundary, table.coherent_mask, table.entries, found.last_offset,
                                found.entries, buffer.last}),
                 split_page_shift(call.page_shift));
    }
    handle->cases.push_back(
        {"the guest address", success, (cell(path, guest) == pages) & Term::boolean(freed.empty()), {}});
    std::vector<Term> failure = path.conditions;
    failure.push_back(!succeeded(path));
    const Term undone = freed.size() == 1 ? (freed[0]->arguments[0] == memory.arguments[0]) &
                                                (freed[0]->arguments[1] == memory.arguments[1])
                                          : Term::boolean(false);
    fail_atomic->cases.push_back({"memory on a path that returns failure", failure, undone, {}});
    for (const Event* set : all_of_kind(path, Event::Kind::kSet)) {
      Term zeroed = Term::boolean(false);
      for (const Event* zero : all_of_kind(path, Event::Kind::kZero)) {
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
  free_base.domain = mapped_domain;
  free_base.inputs.push_back({"address", address});
  State mapped = table.state;
  mapped.happened(Event::Kind::kTake, {mapping.index - table.origin - table.first_slot, mapping.count},
                  "the mapping");
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
    const auto freed = all_of_kind(path, Event::Kind::kFreePages);
    const Term right = freed.size() == 1
                           ? of.is_order(freed[0]->arguments[0]) & (freed[0]->arguments[1] == pages)
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
  for (Instance& instance : instances) {
    if (instance.claim == "safe" || instance.claim == "inverse")
      instance.rests_on.push_back("contract/Mapper::coherent_size");
  }
  auto size_claim = coherent_size(setting);
  if (!size_claim) return tl::unexpected(size_claim.error());
  instances.push_back(std::move(*size_claim));
  return instances;
}

}  // namespace nospan::solver
