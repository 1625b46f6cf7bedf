// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_search.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>

#include "solver/claims/builtin_bits.h"
#include "solver/claims/builtin_hints.h"
#include "solver/claims/builtin_runs.h"
#include "solver/claims/builtin_search_promises.h"
#include "solver/claims/filler.h"
#include "solver/claims/linux_bitmap.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// A search of words [begin, end) for `search`: a run in them, or none.
Expected<std::vector<Outcome>> outcomes_of(const Space& space, State state, const Search& search,
                                           const Term& begin, const Term& end, const Value& to,
                                           const std::string& name, bool changes_regions) {
  space.forget_summaries(state, name);
  if (changes_regions) {
    const Term before = space.regions(state.memory);
    space.forget_regions(state, name);
    state.learn(space.keeps_regions(before, space.regions(state.memory)));
  }
  State found = state;
  const Term slot = zero_extend(Term::free_bits(39, "found by " + name), 64);
  if (auto done = found.memory.change(to.object).store(to.bits, 8, Value::number(slot)); !done) {
    return tl::unexpected(done.error());
  }
  found.learn(where_it_is(space, search.run(slot), begin, end) & are_slots(space, search, slot) &
              is_free(space, space.bits(state.memory), slot, search.entries));
  std::vector<Outcome> outcomes;
  outcomes.push_back({std::move(state), Value::number(Term::boolean(false))});
  outcomes.push_back({std::move(found), Value::number(Term::boolean(true))});
  return outcomes;
}

}  // namespace

Term boundary_of(const Term& exponent) {
  return choose(exponent == Term::bits(6, 63), word(0), shift_left(word(1), zero_extend(exponent, 64)));
}

Term where_it_is(const Space& space, const FoundRun& run, const Term& begin, const Term& end) {
  const Term index = space.table.origin + run.slot;
  return less_equal(run.slot, run.last_slot) & less_equal(begin, shift_right(run.slot, word(6))) &
         less_equal(run.slot + run.entries, shift_left(end, word(6))) &
         ((index & (run.alignment - word(1))) == word(0)) & in_one_boundary(index, run.entries, run.boundary);
}

Term is_free(const Space& space, const Term& bits, const Term& slot, const Term& entries) {
  return implies(in_range(space.slot, slot, entries), !is_set(bits, space.slot));
}

void add_search(Executor& executor, const Space& space) {
  const Program& program = executor.program();
  const auto name_of = [](const char* function) {
    return fmt::format("nospan::builtin::EntrySpace::{}", function);
  };
  executor.add(
      name_of("translate"),
      [space, &program, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        auto request = read_request(program, state, call.arguments[1]);
        if (!request) return tl::unexpected(request.error());
        state.require(Obligation::Kind::kContract, asked_of_take(*request), "what take() can be asked for",
                      call.place);
        const unsigned number = count++;
        State made = state;
        Search search{request->entries,
                      zero_extend(Term::free_bits(39, fmt::format("last_slot#{}", number)), 64),
                      shift_left(word(1), zero_extend(request->alignment_shift, 64)),
                      request->boundary,
                      free_word(fmt::format("pattern#{}", number)),
                      free_word(fmt::format("aligned_words_mask#{}", number)),
                      free_word(fmt::format("boundary_words_mask#{}", number))};
        for (const auto& [member, value] : search.members()) {
          auto offset = program.offset_of("Search", member);
          if (!offset) return tl::unexpected(offset.error());
          const Value& to = call.arguments[2];
          auto done = made.memory.change(to.object).store(to.bits + word(*offset), 8, Value::number(*value));
          if (!done) return tl::unexpected(done.error());
        }
        made.learn(is_search(space, search, space.start) &
                   less_equal(space.table.origin + search.last_slot, request->last_start));
        std::vector<Outcome> outcomes;
        outcomes.push_back({std::move(state), Value::number(Term::boolean(false))});
        outcomes.push_back({std::move(made), Value::number(Term::boolean(true))});
        return outcomes;
      });
  executor.add(
      name_of("allowed_starts"),
      simple([space, &program, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
        auto search = Search::read(program, state, call.arguments[1]);
        if (!search) return tl::unexpected(search.error());
        const Term& number = call.arguments[2].bits;
        state.obligations.push_back({Obligation::Kind::kContract,
                                     is_search(space, *search, space.start) & less(number, space.table.words),
                                     "a word of the space", call.place, state.conditions.size()});
        const Term allowed = free_word(fmt::format("allowed#{}", count++));
        state.ghosts["allowed.starts"] = allowed;
        state.ghosts["allowed.word"] = number;
        return Value::number(allowed);
      }));
  executor.add(
      name_of("adjusted"),
      simple([space, &program, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
        auto search = Search::read(program, state, call.arguments[1]);
        if (!search) return tl::unexpected(search.error());
        const Term& from = call.arguments[2].bits;
        state.obligations.push_back({Obligation::Kind::kContract,
                                     is_search(space, *search, space.start) & less(from, space.slots()),
                                     "a slot of the space", call.place, state.conditions.size()});
        const Term slot = free_word(fmt::format("adjusted#{}", count++));
        state.learn(adjusted_promises(space, *search, from, slot));
        return Value::number(slot);
      }));
  for (const char* function : {"search_within_words", "search_junctions", "search_long", "search_exactly"}) {
    executor.add(
        name_of(function),
        [=, &program, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
          auto search = Search::read(program, state, call.arguments[1]);
          if (!search) return tl::unexpected(search.error());
          const std::size_t last = call.arguments.size() - 1;
          const Term& begin = call.arguments[last - 2].bits;
          const Term& end = call.arguments[last - 1].bits;
          Term asked = asked_of_search(space, function, *search, begin, end);
          const Term& second = call.arguments[2].bits;
          if (function == std::string_view("search_within_words")) {
            asked = asked & less(second, Term::bits(32, 7));
          }
          if (function == std::string_view("search_long")) {
            asked = asked & less_equal(begin, shift_right(second, word(6)));
          }
          state.obligations.push_back({Obligation::Kind::kContract, asked, "a search of words of the space",
                                       call.place, state.conditions.size()});
          return outcomes_of(space, std::move(state), *search, begin, end, call.arguments[last],
                             fmt::format("{}#{}", function, count++), false);
        });
  }
  executor.add(
      name_of("search_region"),
      [=, &program, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        auto search = Search::read(program, state, call.arguments[1]);
        if (!search) return tl::unexpected(search.error());
        const Term& number = call.arguments[2].bits;
        state.obligations.push_back(
            {Obligation::Kind::kContract,
             is_search(space, *search, space.start) & less(number, space.table.region_count),
             "a region of the space", call.place, state.conditions.size()});
        const Term wide = zero_extend(number, 64);
        return outcomes_of(space, std::move(state), *search, space.begin_of(wide), space.end_of(wide),
                           call.arguments[3], fmt::format("search_region#{}", count++), true);
      });
}

}  // namespace nospan::solver
