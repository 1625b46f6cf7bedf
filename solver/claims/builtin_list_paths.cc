// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_list_paths.h"

#include <fmt/format.h>

#include "solver/claims/builtin_calls.h"
#include "solver/executor.h"
#include "solver/term_form.h"

namespace nospan::solver {

using reports::Expected;

namespace {

constexpr const char* kOnce = "nospan::builtin::Mapper::map_list_once";

// map_list_once() as `loops`, `exact` and `fail-atomic` show it to be: an event with its permissions and
// result.
Contract once_contract(const std::shared_ptr<const BuiltinList>& list) {
  return [list, number = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
    const Term& permissions = call.arguments[3].bits;
    state.require(Obligation::Kind::kContract,
                  Term::boolean(call.arguments[1].object == list->object) &
                      (call.arguments[2].bits == truncate(list->count, 32)) & less(permissions, word(4)),
                  "the list is mapped", call.place);
    const Term result = Term::free_bits(32, fmt::format("result#{}", number++));
    State failed = state;
    failed.assume(ListPaths::is_error(result));
    failed.happened(Event::Kind::kOther, {permissions, result}, call.place, "failed");
    const Term segments = zero_extend(result, 64);
    state.assume(less_equal(word(1), segments) & less_equal(segments, list->count));
    state.happened(Event::Kind::kOther, {permissions, result}, call.place, "mapped");
    std::vector<Outcome> outcomes;
    outcomes.push_back({std::move(failed), Value::number(result)});
    outcomes.push_back({std::move(state), Value::number(result)});
    return outcomes;
  };
}

Expected<std::vector<Path>> execute_map_list(const Setting& setting) {
  Executor executor(setting.program);
  auto list = BuiltinList::make(executor);
  if (!list) return tl::unexpected(list.error());
  add_place(executor, (*list)->table);
  executor.add(kOnce, once_contract(*list));
  return executor.run(
      "nospan::builtin::Mapper::map_list", (*list)->table.state,
      {(*list)->table.mapper, Value::pointer((*list)->object), Value::number(truncate((*list)->count, 32)),
       Value::number(Term::free_bits(32, "direction")), Value::number((*list)->cpu)},
      (*list)->table.domain);
}

}  // namespace

Term ListPaths::is_error(const Term& result) {
  return (result == Term::bits(32, kInvalidError)) | (result == Term::bits(32, kNoMemoryError)) |
         (result == Term::bits(32, kIoError));
}

bool ListPaths::has_succeeded(const Path& path) const {
  const Term segments = simplified(truncate(loops.segments, 32));
  return path.end == Path::End::kReturned && path.result && simplified(path.result->bits).same(segments);
}

bool ListPaths::is_iteration(const Path& path) {
  return path.end == Path::End::kLoopClosed && !all_of_kind(path, Event::Kind::kSet).empty();
}

Expected<ListPaths> ListPaths::execute(const Setting& setting) {
  Executor executor(setting.program);
  auto list = BuiltinList::make(executor);
  if (!list) return tl::unexpected(list.error());
  auto loops = add_list_loops(executor, *list);
  if (!loops) return tl::unexpected(loops.error());
  ListPaths result{*list, *loops, {}, {}, {}};
  const BuiltinTable& table = (*list)->table;
  const Value object = Value::pointer((*list)->object);
  const Value count = Value::number(truncate((*list)->count, 32));
  auto once = executor.run(kOnce, table.state,
                           {table.mapper, object, count, Value::number((*list)->permissions),
                            Value::number((*list)->cpu), Value::number(Term::free_boolean("compact"))},
                           table.domain);
  if (!once) return tl::unexpected(once.error());
  result.once = std::move(*once);
  for (const Path& path : result.once) {
    if (!result.has_succeeded(path)) continue;
    State state;
    state.memory = path.memory;
    state.conditions = path.conditions;
    state.ghosts = path.ghosts;
    auto unmapped = executor.run("nospan::builtin::Mapper::unmap_list", std::move(state),
                                 {table.mapper, object, count}, table.domain);
    if (!unmapped) return tl::unexpected(unmapped.error());
    result.unmapped.insert(result.unmapped.end(), unmapped->begin(), unmapped->end());
  }
  auto mapped = execute_map_list(setting);
  if (!mapped) return tl::unexpected(mapped.error());
  result.mapped = std::move(*mapped);
  return result;
}

}  // namespace nospan::solver
