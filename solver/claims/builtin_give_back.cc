// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_give_back.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>

#include "solver/claims/builtin_bits.h"
#include "solver/claims/builtin_hints.h"
#include "solver/claims/builtin_runs.h"
#include "solver/claims/builtin_space_proof.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/loop_variables.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// Any entries that can be given back, of any space.
struct GiveBackProof {
  std::unique_ptr<SpaceProof> proof;
  Term slot = zero_extend(Term::free_bits(39, "first"), 64);
  Term entries = zero_extend(Term::free_bits(39, "count"), 64);
  Term before;
  Term regions;

  static Expected<GiveBackProof> make(const Setting& setting) {
    auto made = SpaceProof::make(setting);
    if (!made) return tl::unexpected(made.error());
    GiveBackProof result;
    result.proof = std::move(*made);
    const Space& space = result.proof->space;
    add_hints(result.proof->executor, space);
    add_bits(result.proof->executor, space);
    add_count(result.proof->executor, space);
    result.before = space.bits(result.proof->state.memory);
    result.regions = space.regions(result.proof->state.memory);
    return result;
  }
  Term asked() const {
    return asked_of_give_back(proof->space.table, proof->space.table.origin + slot, entries);
  }
  std::vector<Named> inputs() const { return {{"first", slot}, {"count", entries}}; }

  // `free` is the entry that is not marked where the result is false.
  std::vector<SpaceProof::Goal> goals(std::function<Term(const Path&)> free) const {
    const Space& space = proof->space;
    const auto after = [&space](const Path& path) { return space.bits(path.memory); };
    return {
        {"nothing changes where one was not marked",
         [=, &space, this](const Path& path) {
           const Term at = free(path);
           return path.result->bits | ((is_set(before, space.slot) == is_set(after(path), space.slot)) &
                                       in_range(at, slot, entries) & !is_set(before, at));
         }},
        {"all marked before, all free after, and nothing else",
         [=, &space, this](const Path& path) {
           return implies(path.result->bits,
                          implies(in_range(space.slot, slot, entries), is_set(before, space.slot)) &
                              only_range_changed(before, after(path), space.slot, slot, entries, false));
         }},
        {"what cannot be handed out stays marked",
         [=, &space, this](const Path& path) {
           return implies(is_set(before, space.slot) & !space.is_ordinary(space.slot),
                          is_set(after(path), space.slot));
         },
         {},
         {implies(in_range(space.slot, slot, entries), space.is_ordinary(space.slot))}},
        {"what regions remember",
         [=, &space, this](const Path& path) {
           return space.keeps_regions(regions, space.regions(path.memory));
         },
         split_region_shift()},
    };
  }
};

void add_give_back_words(Executor& executor, const Space& space) {
  executor.add(
      "nospan::builtin::EntrySpace::give_back_words",
      [space, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        const Term& slot = call.arguments[1].bits;
        const Term& entries = call.arguments[2].bits;
        state.obligations.push_back({Obligation::Kind::kContract,
                                     asked_of_give_back(space.table, space.table.origin + slot, entries),
                                     "entries that can be given back", call.place, state.conditions.size()});
        const std::string name = fmt::format("give_back_words#{}", count++);
        const Term before = space.bits(state.memory);
        State refused = state;
        const Term free = zero_extend(Term::free_bits(39, "free " + name), 64);
        refused.learn(in_range(free, slot, entries) & !is_set(before, free));
        refused.ghosts["free"] = free;
        const Term regions = space.regions(state.memory);
        const Term bits = Term::free_map("bits " + name);
        space.forget_summaries(state, name);
        space.forget_regions(state, name);
        state.memory.change(space.table.bits).set_words(bits);
        state.learn(space.keeps_regions(regions, space.regions(state.memory)) &
                    implies(in_range(space.slot, slot, entries), is_set(before, space.slot)) &
                    only_range_changed(before, bits, space.slot, slot, entries, false));
        std::vector<Outcome> outcomes;
        outcomes.push_back({std::move(refused), Value::number(Term::boolean(false))});
        outcomes.push_back({std::move(state), Value::number(Term::boolean(true))});
        return outcomes;
      });
}

Expected<Instance> give_back_words(const Setting& setting) {
  auto made = GiveBackProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  const GiveBackProof& give = *made;
  const Space& space = give.proof->space;
  const Term region_shift = zero_extend(space.table.region_shift, 64);
  const Term first_region = truncate(shift_right(shift_right(give.slot, word(6)), region_shift), 32);
  const Term last_region =
      truncate(shift_right(shift_right(give.slot + give.entries - word(1), word(6)), region_shift), 32);
  for (std::size_t index = 0; index < 2; ++index) {
    LoopContract loop;
    loop.function =
        (*(*setting.program.function("nospan::builtin::EntrySpace::give_back_words"))).getName().str();
    loop.loop = index;
    loop.words = "region by region";
    loop.invariant = [=](LoopView& view) -> Expected<Term> {
      auto region = view.find("region");
      // The second loop's variable of that name has a number behind it.
      if (!region && view.carried.size() == 1) region = &view.carried[0];
      if (!region) return tl::unexpected(region.error());
      const Term& at = (*region)->value.bits;
      return less_equal(first_region, at) & less_equal(at, last_region + Term::bits(32, 1));
    };
    loop.measure = [](LoopView& view) -> Expected<Term> {
      return zero_extend(short_of_highest(view.carried[0].value.bits), 64);
    };
    give.proof->executor.add(loop);
  }
  return give.proof->prove(
      {.function = "give_back_words",
       .words =
           "false and nothing changes if one of the entries is not marked; else exactly they are free after",
       .arguments = {Value::number(give.slot), Value::number(give.entries)},
       .asked = {give.asked()},
       .rests_on = {"contract/EntrySpace::all_marked", "contract/EntrySpace::unmark",
                    "contract/EntrySpace::count"},
       .inputs = give.inputs(),
       .obligation_splits = split_region_shift()},
      give.goals([](const Path& path) {
        const auto free = path.ghosts.find("free");
        return free == path.ghosts.end() ? word(0) : free->second;
      }),
      [&](const Path& path) { return path.result->bits & (give.entries == word(100)); });
}

Expected<Instance> give_back(const Setting& setting) {
  auto made = GiveBackProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  const GiveBackProof& give = *made;
  const Space& space = give.proof->space;
  add_give_back_words(give.proof->executor, space);
  return give.proof->prove(
      {.claim = "alloc",
       .function = "give_back",
       .words =
           "false and nothing changes if one of the entries is not marked; else exactly they are free after, "
           "and nothing else",
       .arguments = {Value::number(space.table.origin + give.slot), Value::number(give.entries)},
       .asked = {give.asked()},
       .rests_on = {"contract/EntrySpace::give_back_words", "contract/EntrySpace::update_hints",
                    "contract/low_bits"},
       .inputs = give.inputs()},
      give.goals([&](const Path& path) {
        const auto free = path.ghosts.find("free");
        if (free != path.ghosts.end()) return free->second;
        // All in one word.
        const Term bit = give.slot & word(63);
        const Term mask = shift_left(choose(less(give.entries, word(64)),
                                            shift_left(word(1), give.entries) - word(1), word(~uint64_t{0})),
                                     bit);
        return give.slot - bit + trailing_zeros(mask & ~select(give.before, shift_right(give.slot, word(6))));
      }),
      [&](const Path& path) { return path.result->bits & (give.entries == word(3)); });
}

}  // namespace

Expected<std::vector<Instance>> builtin_give_back(const Setting& setting) {
  std::vector<Instance> instances;
  auto made = give_back(setting);
  if (!made) return tl::unexpected(made.error());
  instances.push_back(std::move(*made));
  return instances;
}

Expected<std::vector<Instance>> builtin_give_back_words(const Setting& setting) {
  std::vector<Instance> instances;
  auto made = give_back_words(setting);
  if (!made) return tl::unexpected(made.error());
  instances.push_back(std::move(*made));
  return instances;
}

}  // namespace nospan::solver
