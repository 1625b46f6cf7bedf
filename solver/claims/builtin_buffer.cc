// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_buffer.h"

#include <fmt/format.h>

#include "solver/claims/builtin_calls.h"
#include "solver/claims/filler.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/steps.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// There are bytes, and they end at or below the highest address.
Term has_bytes(const Term& address, const Term& size) {
  return (size != word(0)) & less_equal(size - word(1), word(~uint64_t{0}) - address);
}

struct Member {
  const char* name;
  Term BufferTerms::* term;
};
constexpr Member kMembers[] = {{"base", &BufferTerms::base},
                               {"offset", &BufferTerms::offset},
                               {"last_offset", &BufferTerms::last_offset},
                               {"entries", &BufferTerms::entries}};

Expected<Instance> from(const Setting& setting) {
  Executor executor(setting.program);
  auto table = BuiltinTable::make(executor);
  if (!table) return tl::unexpected(table.error());
  const Term address = free_word("address");
  // Any size, told by how far the last byte lies behind the start of the first one's IOMMU page: so solvers see
  // at once that the carry of their sum is none of the pages' numbers.
  const Term last_offset = free_word("last_offset");
  const Term size = last_offset - (address - page_start(address, table->page_shift)) + word(1);
  Filler filler(setting.program, table->state.memory);
  const ObjectId object = filler.add("buffer", "Buffer");
  if (filler.error()) return tl::unexpected(*filler.error());
  Instance instance = base_of(setting, *table, "Buffer::from");
  instance.claim = "contract";
  instance.words = "the IOMMU pages that the bytes touch, and where in them the bytes lie; false without bytes";
  instance.inputs.insert(instance.inputs.end(), {{"address", address}, {"size", size}});
  auto paths = executor.run("nospan::builtin::Buffer::from", table->state,
                            {Value::number(address), Value::number(size),
                             Value::number(truncate(table->page_shift, 32)), Value::pointer(object)},
                            table->domain);
  if (!paths) return tl::unexpected(paths.error());
  add_paths(instance, *paths);
  instance.cases = all_obligation_cases(*paths);
  for (const Path& path : *paths) {
    if (path.end != Path::End::kReturned) continue;
    instance.cases.push_back(
        {"true if there are bytes", path.conditions, path.result->bits == has_bytes(address, size), {}});
    if (path.result->bits.is_false()) continue;
    State end;
    end.memory = path.memory;
    BufferTerms buffer;
    for (const Member& member : kMembers) {
      auto value = read_member(setting.program, end, Value::pointer(object), "Buffer", member.name);
      if (!value) return tl::unexpected(value.error());
      buffer.*member.term = *value;
    }
    for (const Term& promise : conjuncts(buffer_promises(buffer, address, size, table->page_shift))) {
      instance.cases.push_back(
          {"what is in it", path.conditions, promise, split_page_shift(table->page_shift)});
    }
    add_witness(instance, *table, path.conditions);
  }
  return instance;
}

Expected<Instance> is_ordinary(const Setting& setting) {
  Executor executor(setting.program, Limits{.join_paths = true});
  auto table = BuiltinTable::make(executor);
  if (!table) return tl::unexpected(table.error());
  const Term index = free_word("index");
  const Term count = free_word("count");
  Instance instance = base_of(setting, *table, "EntrySpace::is_ordinary");
  instance.claim = "contract";
  instance.words = "true if all entries lie in the window and can be handed out";
  instance.inputs.insert(instance.inputs.end(), {{"index", index}, {"count", count}});
  auto paths = executor.run("nospan::builtin::EntrySpace::is_ordinary", table->state,
                            {table->space, Value::number(index), Value::number(count)}, table->domain);
  if (!paths) return tl::unexpected(paths.error());
  add_paths(instance, *paths);
  instance.cases = all_obligation_cases(*paths);
  for (const Path& path : *paths) {
    if (path.end != Path::End::kReturned) continue;
    instance.cases.push_back({"a path that returns",
                              path.conditions,
                              path.result->bits == asked_of_give_back(*table, index, count),
                              {}});
    std::vector<Term> witness = path.conditions;
    witness.push_back(path.result->bits);
    add_witness(instance, *table, std::move(witness));
  }
  return instance;
}

}  // namespace

BufferTerms BufferTerms::of_call(unsigned number) {
  BufferTerms result;
  for (const Member& member : kMembers) {
    result.*member.term = free_word(fmt::format("buffer#{}.{}", number, member.name));
  }
  return result;
}

Term buffer_promises(const BufferTerms& buffer, const Term& address, const Term& size, const Term& page_shift) {
  const Term last = address + (size - word(1));
  return (size != word(0)) & less_equal(address, last) & (buffer.base == page_start(address, page_shift)) &
         (address == buffer.base + buffer.offset) & (last == buffer.base + buffer.last_offset) &
         less_equal(buffer.offset, buffer.last_offset) & (shift_right(buffer.offset, page_shift) == word(0)) &
         (buffer.entries == pages_touched(address, last, page_shift)) &
         (buffer.entries == shift_right(buffer.last_offset, page_shift) + word(1)) &
         (buffer.last_offset == buffer.offset + (size - word(1)));
}

void add_buffer(Executor& executor, const BuiltinTable& table) {
  const Program& program = executor.program();
  executor.add(
      "nospan::builtin::Buffer::from",
      [table, &program, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        const Term& address = call.arguments[0].bits;
        const Term& size = call.arguments[1].bits;
        state.require(Obligation::Kind::kContract, call.arguments[2].bits == truncate(table.page_shift, 32),
                      "the table's IOMMU page shift", call.place);
        std::vector<Outcome> outcomes;
        State refused = state;
        refused.assume(!has_bytes(address, size));
        if (!refused.impossible())
          outcomes.push_back({std::move(refused), Value::number(Term::boolean(false))});
        const BufferTerms buffer = BufferTerms::of_call(count++);
        for (const Member& member : kMembers) {
          const Term& value = buffer.*member.term;
          auto offset = program.offset_of("Buffer", member.name);
          if (!offset) return tl::unexpected(offset.error());
          const Value& to = call.arguments[3];
          auto done = state.memory.change(to.object).store(to.bits + word(*offset), 8, Value::number(value));
          if (!done) return tl::unexpected(done.error());
        }
        state.assume(has_bytes(address, size));
        state.learn(buffer_promises(buffer, address, size, table.page_shift));
        outcomes.push_back({std::move(state), Value::number(Term::boolean(true))});
        return outcomes;
      });
  executor.add(
      "nospan::builtin::EntrySpace::is_ordinary", simple([table](State&, const Call& call) -> Expected<Value> {
        return Value::number(asked_of_give_back(table, call.arguments[1].bits, call.arguments[2].bits));
      }));
}

Expected<std::vector<Instance>> builtin_buffer(const Setting& setting) {
  std::vector<Instance> instances;
  for (auto& made : {from(setting), is_ordinary(setting)}) {
    if (!made) return tl::unexpected(made.error());
    instances.push_back(*made);
  }
  return instances;
}

}  // namespace nospan::solver
