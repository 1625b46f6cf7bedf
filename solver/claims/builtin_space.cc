// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_space.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>

#include "solver/claims/builtin_bits.h"
#include "solver/claims/builtin_hints.h"
#include "solver/claims/builtin_runs.h"
#include "solver/claims/builtin_search.h"
#include "solver/claims/builtin_space_proof.h"
#include "solver/claims/filler.h"
#include "solver/claims/linux_bitmap.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// ---- take() ----

Term taken_in_space(const Space& space, const SpaceRequest& request, const Term& slot) {
  return less_equal(word(1), request.entries) & space.is_range(slot, request.entries);
}

Term is_aligned(const Space& space, const SpaceRequest& request, const Term& slot) {
  const Term low_bits = shift_left(word(1), zero_extend(request.alignment_shift, 64)) - word(1);
  return ((space.table.origin + slot) & low_bits) == word(0);
}

// Where a run is that was taken, but for the window.
Term taken_where(const Space& space, const SpaceRequest& request, const Term& slot) {
  return taken_in_space(space, request, slot) & less_equal(space.table.origin + slot, request.last_start) &
         is_aligned(space, request, slot);
}

// What happened to the space's arbitrary slot.
Term taken_bits(const Space& space, const SpaceRequest& request, const Term& slot, const Term& before,
                const Term& after) {
  return is_free(space, before, slot, request.entries) &
         only_range_changed(before, after, space.slot, slot, request.entries, true);
}

Term took(const Space& space, const SpaceRequest& request, const Term& slot, const Term& before,
          const Term& after) {
  return taken_where(space, request, slot) &
         in_one_boundary(space.table.origin + slot, request.entries, request.boundary) &
         taken_bits(space, request, slot, before, after);
}

// Contracts for take_at_hint() and take_by_search().
void add_ways_to_take(Executor& executor, const Space& space) {
  const Program& program = executor.program();
  for (const char* function : {"take_at_hint", "take_by_search"}) {
    executor.add(
        fmt::format("nospan::builtin::EntrySpace::{}", function),
        [=, &program, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
          auto request = read_request(program, state, call.arguments[1]);
          if (!request) return tl::unexpected(request.error());
          state.obligations.push_back(
              {Obligation::Kind::kContract,
               asked_of_take(*request) & less(call.arguments[2].bits, space.table.region_count),
               "what can be asked for, in a region", call.place, state.conditions.size()});
          const std::string name = fmt::format("{}#{}", function, count++);
          const Term before = space.bits(state.memory);
          const Term regions = space.regions(state.memory);
          space.forget_summaries(state, name);
          space.forget_regions(state, name);
          state.learn(space.keeps_regions(regions, space.regions(state.memory)));
          std::vector<Outcome> outcomes;
          for (const bool found : {false, true}) {
            State after = state;
            const Term slot =
                found ? zero_extend(Term::free_bits(39, "slot " + name), 64) : free_word("nowhere " + name);
            const Value& start = call.arguments[3];
            if (auto done = after.memory.change(start.object)
                                .store(start.bits, 8, Value::number(space.table.origin + slot));
                !done) {
              return tl::unexpected(done.error());
            }
            if (found) {
              const Term bits = Term::free_map("bits " + name);
              after.memory.change(space.table.bits).set_words(bits);
              after.learn(took(space, *request, slot, before, bits));
            }
            outcomes.push_back({std::move(after), Value::number(Term::boolean(found))});
          }
          return outcomes;
        });
  }
}

// One of the three, with any request.
struct TakeProof {
  std::unique_ptr<SpaceProof> proof;
  SpaceRequest request;
  Value pointer;
  Value start;
  Term number = Term::free_bits(32, "number");  // of the region, or the CPU
  Term boundary_exponent = Term::free_bits(6, "boundary_exponent");
  Term alignment_shift = Term::free_bits(6, "alignment_shift");
  Term before;
  Term regions;

  static Expected<TakeProof> make(const Setting& setting) {
    auto made = SpaceProof::make(setting);
    if (!made) return tl::unexpected(made.error());
    TakeProof result;
    result.proof = std::move(*made);
    const Space& space = result.space();
    add_hints(result.proof->executor, space);
    add_bits(result.proof->executor, space);
    add_search(result.proof->executor, space);
    add_count(result.proof->executor, space);
    add_ways_to_take(result.proof->executor, space);
    Filler filler(setting.program, result.proof->state.memory);
    const ObjectId object = filler.add("request", "SpaceRequest");
    filler.set(object, "SpaceRequest", "boundary", boundary_of(result.boundary_exponent));
    filler.set(object, "SpaceRequest", "alignment_shift", zero_extend(result.alignment_shift, 32));
    filler.set(object, "SpaceRequest", "lowest", zero_extend(Term::free_boolean("lowest"), 8));
    if (filler.error()) return tl::unexpected(*filler.error());
    result.pointer = Value::pointer(object);
    result.start = add_cell(result.proof->state, "start");
    auto request = read_request(setting.program, result.proof->state, result.pointer);
    if (!request) return tl::unexpected(request.error());
    result.request = *request;
    result.before = space.bits(result.proof->state.memory);
    result.regions = space.regions(result.proof->state.memory);
    return result;
  }

  const Space& space() const { return proof->space; }
  std::vector<Value> arguments() const { return {pointer, Value::number(number), start}; }
  std::vector<Named> inputs() const {
    return {{"entries_wanted", request.entries},
            {"last_start", request.last_start},
            {"boundary", request.boundary},
            {"alignment_shift", request.alignment_shift}};
  }
  Term slot(const Path& path) const { return cell(path, start) - space().table.origin; }

  std::vector<SpaceProof::Goal> goals() const {
    std::vector<Split> boundaries;
    std::vector<Split> alignments;
    for (uint64_t value = 0; value < 64; ++value) {
      boundaries.push_back({boundary_exponent, Term::bits(6, value)});
      alignments.push_back({alignment_shift, Term::bits(6, value)});
    }
    // With the promise of starts_inside(), of which only take_at_hint() makes use.
    const auto found = [this](const Path& path) {
      return path.result->bits & inside_promised(path, slot(path) & word(63), space().slot & word(63));
    };
    return {
        {"nothing changes where nothing is found",
         [=, this](const Path& path) {
           return path.result->bits |
                  (is_set(before, space().slot) == is_set(space().bits(path.memory), space().slot));
         }},
        {"all free before, all marked after, and nothing else",
         [=, this](const Path& path) {
           return implies(found(path),
                          taken_bits(space(), request, slot(path), before, space().bits(path.memory)));
         },
         split_slot_place()},
        {"in the space",
         [=, this](const Path& path) {
           return implies(found(path), taken_in_space(space(), request, slot(path)));
         }},
        {"below the last start",
         [=, this](const Path& path) {
           return implies(found(path), less_equal(space().table.origin + slot(path), request.last_start));
         }},
        {"aligned",
         [=, this](const Path& path) { return implies(found(path), is_aligned(space(), request, slot(path))); },
         alignments},
        {"in one boundary",
         [=, this](const Path& path) {
           return implies(found(path), in_one_boundary(space().table.origin + slot(path), request.entries,
                                                       request.boundary));
         },
         boundaries},
        {"what regions remember",
         [=, this](const Path& path) { return space().keeps_regions(regions, space().regions(path.memory)); },
         split_region_shift()},
    };
  }
  Term witness(const Path& path) const { return path.result->bits & (request.entries == word(3)); }
};

Expected<Instance> take_at_hint(const Setting& setting) {
  auto made = TakeProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  const TakeProof& take = *made;
  const Space& space = take.space();
  return take.proof->prove(
      {.function = "take_at_hint",
       .words = "the run is free before and marked after, and nothing else changes; aligned, in one boundary",
       .arguments = take.arguments(),
       .asked = {asked_of_take(take.request), less(take.number, space.table.region_count),
                 space.region_holds(take.regions, zero_extend(take.number, 64),
                                    class_that_fits(take.request.entries))},
       .rests_on = {"contract/starts_inside", "contract/multiples_of", "contract/low_bits"},
       .inputs = take.inputs()},
      take.goals(), [&](const Path& path) { return take.witness(path); });
}

Expected<Instance> take_by_search(const Setting& setting) {
  auto made = TakeProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  const TakeProof& take = *made;
  const Space& space = take.space();
  LoopContract loop;
  loop.function = (*(*setting.program.function("nospan::builtin::EntrySpace::take_by_search"))).getName().str();
  loop.words = "region after region, once around";
  loop.havoc = [space](LoopView& view) -> Expected<void> {
    auto number = view.find("number");
    if (!number) return tl::unexpected(number.error());
    (*number)->value.bits = zero_extend(Term::free_bits(4, "number during"), 32);
    space.forget_summaries(view.state, "during");
    space.forget_regions(view.state, "during");
    return {};
  };
  const Term count = space.table.region_count;
  loop.invariant = [space, count, before = take.regions](LoopView& view) -> Expected<Term> {
    auto number = view.find("number");
    if (!number) return tl::unexpected(number.error());
    return less((*number)->value.bits, count) & space.keeps_regions(before, space.regions(view.state.memory));
  };
  loop.measure = [count, home = take.number](LoopView& view) -> Expected<Term> {
    auto number = view.find("number");
    if (!number) return tl::unexpected(number.error());
    const Term& at = (*number)->value.bits;
    return zero_extend(choose(at == home, count, choose(less(at, home), home - at, home + count - at)), 64);
  };
  take.proof->executor.add(loop);
  return take.proof->prove(
      {.function = "take_by_search",
       .words = "the run is free before and marked after, and nothing else changes; aligned, in one boundary",
       .arguments = take.arguments(),
       .asked = {asked_of_take(take.request), less(take.number, space.table.region_count)},
       .rests_on = {"contract/EntrySpace::translate", "contract/EntrySpace::search_region",
                    "contract/EntrySpace::search_exactly", "contract/EntrySpace::mark",
                    "contract/EntrySpace::count", "contract/EntrySpace::lock_all",
                    "contract/EntrySpace::unlock_all"},
       .inputs = take.inputs()},
      take.goals(), [&](const Path& path) { return take.witness(path); });
}

Expected<Instance> take(const Setting& setting) {
  auto made = TakeProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  const TakeProof& take = *made;
  const Space& space = take.space();
  auto instance = take.proof->prove(
      {.claim = "alloc",
       .function = "take",
       .words =
           "the result is false and nothing changes, or entries of the window that can be handed out, below "
           "the last start, aligned, in one boundary, all free before, all marked after and nothing else",
       .arguments = take.arguments(),
       .asked = {asked_of_take(take.request)},
       .rests_on = {"contract/EntrySpace::take_at_hint", "contract/EntrySpace::take_by_search"},
       .inputs = take.inputs()},
      take.goals(), [&](const Path& path) { return take.witness(path); });
  if (!instance) return instance;
  // What is no entry that can be handed out is marked (space-as-created), and what was taken was free: so every
  // slot of the run can be handed out. Of a run of such slots, its ends and where it would meet what is
  // reserved.
  const Term slot = zero_extend(Term::free_bits(39, "taken"), 64);
  const Term entries = zero_extend(Term::free_bits(39, "entries_taken"), 64);
  const SpaceRequest anything{entries, space.table.origin + slot, word(0), Term::bits(32, 0)};
  const Term first_reserved =
      choose(less(slot, space.table.reserved_begin_slot), space.table.reserved_begin_slot, slot);
  std::vector<Term> given = {less_equal(word(1), entries), space.is_range(slot, entries)};
  for (const Term& each : {slot, slot + entries - word(1), first_reserved}) {
    given.push_back(implies(in_range(each, slot, entries), !is_set(take.before, each)));
    given.push_back(space.is_ordinary(each) | is_set(take.before, each));
  }
  instance->cases.push_back(
      {"a run of entries that can be handed out lies in the window, outside what is reserved",
       std::move(given),
       promised_by_take(space.table, anything, slot),
       {}});
  return instance;
}

}  // namespace

Expected<std::vector<Instance>> builtin_space(const Setting& setting) {
  std::vector<Instance> instances;
  auto made = take(setting);
  if (!made) return tl::unexpected(made.error());
  instances.push_back(std::move(*made));
  return instances;
}

Expected<std::vector<Instance>> builtin_ways_to_take(const Setting& setting) {
  std::vector<Instance> instances;
  for (auto& made : {take_at_hint(setting), take_by_search(setting)}) {
    if (!made) return tl::unexpected(made.error());
    instances.push_back(*made);
  }
  return instances;
}

}  // namespace nospan::solver
