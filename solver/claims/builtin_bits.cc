// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_bits.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>

#include "solver/claims/builtin_hints.h"
#include "solver/claims/builtin_runs.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/loop_variables.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// The word at hand becomes any one.
Expected<void> any_word(LoopView& view) {
  auto number = view.find("word");
  if (!number) return tl::unexpected(number.error());
  (*number)->value.bits = zero_extend(Term::free_bits(33, "word during"), 64);
  return {};
}

// The range of a call, and the loop over its words.
struct Range {
  Term first =
      zero_extend(concatenate(Term::free_bits(33, "first.word"), Term::free_bits(6, "first.place")), 64);
  Term count = zero_extend(Term::free_bits(39, "count"), 64);

  Term end() const { return first + count; }
  // A slot of the range, below the word.
  Term is_below(const Term& slot, const Term& number) const {
    return less_equal(first, slot) & less(slot, end()) & less(slot, shift_left(number, word(6)));
  }
  std::vector<Term> asked(const Space& space) const {
    return {space.is_range(first, count), less_equal(word(1), count)};
  }
  std::vector<Value> arguments() const { return {Value::number(first), Value::number(count)}; }
  std::vector<Named> inputs() const { return {{"first", first}, {"count", count}}; }

  // Upwards. `behind` says what holds when the words below the one at hand are done.
  LoopContract upwards(const Setting& setting, const std::string& function, const std::string& words,
                       std::function<Term(const State&, const Term& number)> behind) const {
    LoopContract loop;
    loop.function = (*(*setting.program.function("nospan::builtin::EntrySpace::" + function))).getName().str();
    loop.words = words;
    loop.havoc = any_word;
    loop.invariant = [range = *this, behind](LoopView& view) -> Expected<Term> {
      auto number = view.find("word");
      if (!number) return tl::unexpected(number.error());
      const Term& at = (*number)->value.bits;
      return less_equal(shift_right(range.first, word(6)), at) &
             less_equal(at, shift_right(range.end() + word(63), word(6))) & behind(view.state, at);
    };
    loop.measure = [](LoopView& view) -> Expected<Term> {
      auto number = view.find("word");
      if (!number) return tl::unexpected(number.error());
      return short_of_highest((*number)->value.bits);
    };
    return loop;
  }
};

// mark() and unmark().
Expected<Instance> change(const Setting& setting, const std::string& function, bool set) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  add_hints((*proof)->executor, space);
  const Range range;
  const Term before = space.bits((*proof)->state.memory);
  LoopContract loop = range.upwards(
      setting, function, "the bits below the current word are changed, and no other one",
      [=](const State& state, const Term& number) {
        const Term changed = range.is_below(space.slot, number);
        const Term was = is_set(before, space.slot);
        return is_set(space.bits(state.memory), space.slot) == (set ? was | changed : was & !changed);
      });
  loop.havoc = [=](LoopView& view) -> Expected<void> {
    view.state.memory.change(space.table.bits).set_words(Term::free_map("bits during"));
    if (!set) space.forget_summaries(view.state, "during");
    return any_word(view);
  };
  (*proof)->executor.add(loop);
  std::vector<std::string> rests_on = {"contract/bits_between"};
  if (!set) rests_on.push_back("contract/EntrySpace::update_hints");
  return (*proof)->prove(
      {.function = function,
       .words = fmt::format("bits of the range are {} and no other one changes", set ? "set" : "cleared"),
       .arguments = range.arguments(),
       .asked = range.asked(space),
       .rests_on = std::move(rests_on),
       .inputs = range.inputs()},
      {{"exactly the range changes",
        [&](const Path& path) {
          return only_range_changed(before, space.bits(path.memory), space.slot, range.first, range.count, set);
        }}},
      [&](const Path&) { return range.count == word(100); });
}

Expected<Instance> all_marked(const Setting& setting) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  const Range range;
  const Term before = space.bits((*proof)->state.memory);
  (*proof)->executor.add(range.upwards(
      setting, "all_marked", "the bits below the current word are set", [=](const State&, const Term& number) {
        return implies(range.is_below(space.slot, number), is_set(before, space.slot));
      }));
  return (*proof)->prove(
      {.function = "all_marked",
       .words = "true if all bits of the range are set, false if one is not",
       .arguments = range.arguments(),
       .asked = range.asked(space),
       .rests_on = {"contract/bits_between"},
       .inputs = range.inputs()},
      {{"all are set",
        [&](const Path& path) {
          return implies(path.result->bits & in_range(space.slot, range.first, range.count),
                         is_set(before, space.slot));
        }},
       {"one is not set",
        [&](const Path& path) {
          // In the word that was looked at last.
          const auto mask = path.ghosts.find("between.mask");
          if (mask == path.ghosts.end()) return path.result->bits;
          const Term& number = path.ghosts.at("between.word");
          const Term place = trailing_zeros(mask->second & ~select(before, number));
          const Term at = slot_of(number, place);
          const Term promised = between_promises(mask->second, number, path.ghosts.at("between.begin"),
                                                 path.ghosts.at("between.end"), place);
          return path.result->bits |
                 implies(promised, in_range(at, range.first, range.count) & !is_set(before, at));
        }}},
      [&](const Path& path) { return path.result->bits & (range.count == word(100)); });
}

Expected<Instance> last_taken(const Setting& setting) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  const Range range;
  const Term before = space.bits((*proof)->state.memory);
  const Value found = add_cell((*proof)->state, "found");
  LoopContract loop;
  loop.function = (*(*setting.program.function("nospan::builtin::EntrySpace::last_taken"))).getName().str();
  loop.words = "the bits from the current word on are clear";
  loop.havoc = any_word;
  loop.invariant = [=](LoopView& view) -> Expected<Term> {
    auto number = view.find("word");
    if (!number) return tl::unexpected(number.error());
    const Term& at = (*number)->value.bits;
    return less_equal(shift_right(range.first, word(6)), at) &
           less_equal(at, shift_right(range.end() - word(1), word(6)) + word(1)) &
           implies(less_equal(range.first, space.slot) & less(space.slot, range.end()) &
                       less_equal(shift_left(at, word(6)), space.slot),
                   !is_set(before, space.slot));
  };
  loop.measure = [](LoopView& view) -> Expected<Term> {
    auto number = view.find("word");
    if (!number) return tl::unexpected(number.error());
    return (*number)->value.bits;
  };
  (*proof)->executor.add(loop);
  std::vector<Value> arguments = range.arguments();
  arguments.push_back(found);
  return (*proof)->prove(
      {.function = "last_taken",
       .words = "a slot of the range that is taken, or none is",
       .arguments = std::move(arguments),
       .asked = range.asked(space),
       .rests_on = {"contract/bits_between"},
       .inputs = range.inputs()},
      {{"none is taken",
        [&](const Path& path) {
          return implies((!path.result->bits) & in_range(space.slot, range.first, range.count),
                         !is_set(before, space.slot));
        }},
       {"one in the range",
        [&](const Path& path) {
          const auto mask = path.ghosts.find("between.mask");
          if (mask == path.ghosts.end()) return !path.result->bits;
          const Term at = cell(path, found);
          // The word that was looked at last holds it.
          const Term promised =
              between_promises(mask->second, path.ghosts.at("between.word"), path.ghosts.at("between.begin"),
                               path.ghosts.at("between.end"), at & word(63));
          return implies(path.result->bits & promised, in_range(at, range.first, range.count));
        }}},
      [&](const Path& path) { return path.result->bits & (range.count == word(100)); });
}

}  // namespace

void add_bits(Executor& executor, const Space& space) {
  const auto asked = [space](State& state, const Call& call) {
    const Term& count = call.arguments[2].bits;
    state.require(Obligation::Kind::kContract,
                  space.is_range(call.arguments[1].bits, count) & less_equal(word(1), count),
                  "at least one slot of the space", call.place);
  };
  for (const bool set : {true, false}) {
    executor.add(fmt::format("nospan::builtin::EntrySpace::{}", set ? "mark" : "unmark"),
                 simple([=, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
                   asked(state, call);
                   const Term before = space.bits(state.memory);
                   const std::string name = fmt::format("{}#{}", set ? "marked" : "unmarked", count++);
                   const Term after = Term::free_map("bits " + name);
                   state.learn(only_range_changed(before, after, space.slot, call.arguments[1].bits,
                                                  call.arguments[2].bits, set));
                   state.memory.change(space.table.bits).set_words(after);
                   if (!set) space.forget_summaries(state, name);
                   return Value{};
                 }));
  }
  executor.add("nospan::builtin::EntrySpace::all_marked",
               [=, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
                 asked(state, call);
                 const Term before = space.bits(state.memory);
                 const Term& first = call.arguments[1].bits;
                 const Term& length = call.arguments[2].bits;
                 State other = state;
                 state.learn(implies(in_range(space.slot, first, length), is_set(before, space.slot)));
                 const Term free = zero_extend(Term::free_bits(39, fmt::format("free#{}", count++)), 64);
                 other.learn(in_range(free, first, length) & !is_set(before, free));
                 other.ghosts["free"] = free;
                 std::vector<Outcome> outcomes;
                 outcomes.push_back({std::move(state), Value::number(Term::boolean(true))});
                 outcomes.push_back({std::move(other), Value::number(Term::boolean(false))});
                 return outcomes;
               });
  executor.add(
      "nospan::builtin::EntrySpace::last_taken",
      [=, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        asked(state, call);
        const Term& first = call.arguments[1].bits;
        const Term& length = call.arguments[2].bits;
        State other = state;
        state.learn(
            implies(in_range(space.slot, first, length), !is_set(space.bits(state.memory), space.slot)));
        const Term taken = zero_extend(Term::free_bits(39, fmt::format("taken#{}", count++)), 64);
        other.learn(in_range(taken, first, length));
        const Value& to = call.arguments[3];
        if (auto done = other.memory.change(to.object).store(to.bits, 8, Value::number(taken)); !done) {
          return tl::unexpected(done.error());
        }
        std::vector<Outcome> outcomes;
        outcomes.push_back({std::move(state), Value::number(Term::boolean(false))});
        outcomes.push_back({std::move(other), Value::number(Term::boolean(true))});
        return outcomes;
      });
}

Expected<std::vector<Instance>> builtin_bits(const Setting& setting) {
  std::vector<Instance> instances;
  for (auto& made : {change(setting, "mark", true), change(setting, "unmark", false), all_marked(setting),
                     last_taken(setting)}) {
    if (!made) return tl::unexpected(made.error());
    instances.push_back(*made);
  }
  return instances;
}

}  // namespace nospan::solver
