// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_map.h"

#include <fmt/format.h>

#include "solver/claims/builtin_calls.h"
#include "solver/claims/filler.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {

using reports::Expected;

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
  State state = table.state;
  state.happened(Event::Kind::kTake, {mapping.index - table.origin - table.first_slot, mapping.count},
                 "the mapping");
  auto paths =
      executor.run(function, state,
                   {table.mapper, Value::number(mapping.address), Value::number(mapping.size())}, any.domain);
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

}  // namespace nospan::solver
