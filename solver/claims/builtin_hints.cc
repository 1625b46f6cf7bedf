// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_hints.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>

#include "solver/claims/linux_bitmap.h"
#include "solver/claims/loop_variables.h"

namespace nospan::solver {
namespace {

using reports::Expected;

Term is_class(const Term& class_) { return less(class_, Term::bits(32, 7)); }

// of next_candidate_in_region(): words of one region.
Term in_one_region(const Space& space, const Term& from, const Term& end) {
  const Term number = shift_right(from, zero_extend(space.table.region_shift, 64));
  return less(from, end) & less_equal(end, space.end_of(number));
}

Term has_free_slot(const Space& space, const Memory& memory, const Term& number, const Term& bit) {
  return less(number, space.table.words) & less(bit, word(64)) &
         ((select(space.bits(memory), number) & shift_left(word(1), bit)) == word(0));
}

std::string linked(const Setting& setting, const std::string& function) {
  return (*(*setting.program.function("nospan::builtin::EntrySpace::" + function))).getName().str();
}

// lower_hints() and raise_hints().
Expected<Instance> change(const Setting& setting, const std::string& function) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  const Term number = zero_extend(Term::free_bits(33, "number"), 64);
  const Term classes = Term::free_bits(32, "classes");
  const bool lower = function == "lower_hints";
  LoopContract loop;
  loop.function = linked(setting, function);
  loop.words = "class by class";
  loop.havoc = [space](LoopView& view) -> Expected<void> {
    space.forget_summaries(view.state, "during");
    return {};
  };
  loop.invariant = [=](LoopView& view) -> Expected<Term> {
    auto class_ = view.find("class_");
    if (!class_) return tl::unexpected(class_.error());
    const Term& at = (*class_)->value.bits;
    return less_equal(lower ? classes : Term::bits(32, 0), at) &
           less_equal(at, lower ? Term::bits(32, 7) : classes);
  };
  loop.measure = [lower](LoopView& view) -> Expected<Term> {
    auto class_ = view.find("class_");
    if (!class_) return tl::unexpected(class_.error());
    const Term& at = (*class_)->value.bits;
    return zero_extend(lower ? Term::bits(32, 7) - at : at, 64);
  };
  (*proof)->executor.add(loop);
  return (*proof)->prove({.function = function,
                          .words = "stays inside the summaries",
                          .arguments = {Value::number(number), Value::number(classes)},
                          .asked = {less(number, space.table.words), less_equal(classes, Term::bits(32, 7))},
                          .rests_on = {"contract/EntrySpace::words_of"},
                          .inputs = {{"number", number}, {"classes", classes}},
                          .obligation_splits = split_region_shift()},
                         {}, [&](const Path&) { return classes == Term::bits(32, 3); });
}

Expected<Instance> update_hints(const Setting& setting) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  add_hints((*proof)->executor, space);
  const Term number = zero_extend(Term::free_bits(33, "number"), 64);
  const Term bit = free_word("bit");
  std::vector<Split> splits;
  splits.reserve(64);
  for (uint64_t place = 0; place < 64; ++place) splits.push_back({bit, word(place)});
  return (*proof)->prove({.function = "update_hints",
                          .words = "stays inside the summaries",
                          .arguments = {Value::number(number), Value::number(bit)},
                          .asked = {has_free_slot(space, (*proof)->state.memory, number, bit)},
                          .rests_on = {"contract/EntrySpace::raise_hints"},
                          .inputs = {{"number", number}, {"bit", bit}},
                          .obligation_splits = std::move(splits)},
                         {}, [&](const Path&) { return bit == word(3); });
}

Expected<Instance> next_candidate_in_region(const Setting& setting) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  const Term class_ = Term::free_bits(32, "of_class");
  const Term from = zero_extend(Term::free_bits(33, "from"), 64);
  const Term end = zero_extend(Term::free_bits(33, "end"), 64);
  LoopContract loop;
  loop.function = linked(setting, "next_candidate_in_region");
  loop.words = "groups behind the one that the search began in";
  const Term region_begin =
      shift_right(space.begin_of(shift_right(from, zero_extend(space.table.region_shift, 64))), word(6));
  loop.invariant = [=](LoopView& view) -> Expected<Term> {
    auto next = view.find("next");
    if (!next) return tl::unexpected(next.error());
    const Term& at = (*next)->value.bits;
    return less_equal(shift_right(from, word(6)) + word(1) - region_begin, at) &
           less(at, word(uint64_t{1} << 33));
  };
  loop.measure = [](LoopView& view) -> Expected<Term> {
    auto next = view.find("next");
    if (!next) return tl::unexpected(next.error());
    return short_of_highest((*next)->value.bits);
  };
  (*proof)->executor.add(loop);
  return (*proof)->prove(
      {.function = "next_candidate_in_region",
       .words = "a word from `from` on, or `end`",
       .arguments = {Value::number(class_), Value::number(from), Value::number(end)},
       .asked = {is_class(class_), in_one_region(space, from, end), less_equal(end, space.table.words)},
       .rests_on = {"contract/EntrySpace::words_of", "contract/low_bits"},
       .inputs = {{"class", class_}, {"from", from}, {"end", end}},
       .obligation_splits = split_region_shift()},
      {{"a word",
        [&](const Path& path) {
          return less_equal(from, path.result->bits) & less_equal(path.result->bits, end);
        },
        split_region_shift()}},
      [&](const Path& path) { return less(from + word(100), path.result->bits); });
}

// What two functions have in common: in words [from, end), they look for the next of a class.
struct WordSearch {
  std::string function;
  std::vector<std::string> rests_on;
  std::vector<Split> obligation_splits;
  bool lowers;  // hints on the way
};

Expected<Instance> word_from_on(const Setting& setting, const WordSearch& search) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  add_hints((*proof)->executor, space);
  const Term class_ = Term::free_bits(32, "of_class");
  const Term from = zero_extend(Term::free_bits(33, "from"), 64);
  const Term end = zero_extend(Term::free_bits(33, "end"), 64);
  LoopContract loop;
  loop.function = linked(setting, search.function);
  loop.words = "words behind the one that the search began in";
  if (search.lowers) {
    loop.havoc = [space](LoopView& view) -> Expected<void> {
      auto at = view.find("from");
      if (!at) return tl::unexpected(at.error());
      (*at)->value.bits = zero_extend(Term::free_bits(33, "from during"), 64);
      space.forget_summaries(view.state, "during");
      return {};
    };
  }
  loop.invariant = [=](LoopView& view) -> Expected<Term> {
    auto at = view.find("from");
    if (!at) return tl::unexpected(at.error());
    return less_equal(from, (*at)->value.bits) & less_equal((*at)->value.bits, end);
  };
  loop.measure = [](LoopView& view) -> Expected<Term> {
    auto at = view.find("from");
    if (!at) return tl::unexpected(at.error());
    return short_of_highest((*at)->value.bits);
  };
  (*proof)->executor.add(loop);
  return (*proof)->prove(
      {.function = search.function,
       .words = "a word from `from` on, or `end`",
       .arguments = {Value::number(class_), Value::number(from), Value::number(end)},
       .asked = {is_class(class_), less_equal(from, end), less_equal(end, space.table.words)},
       .rests_on = search.rests_on,
       .inputs = {{"class", class_}, {"from", from}, {"end", end}},
       .obligation_splits = search.obligation_splits},
      {{"a word",
        [&](const Path& path) {
          return less_equal(from, path.result->bits) & less_equal(path.result->bits, end);
        }}},
      [&](const Path& path) { return less(from, path.result->bits); });
}

Expected<Instance> next_candidate(const Setting& setting) {
  return word_from_on(setting,
                      {"next_candidate",
                       {"contract/EntrySpace::next_candidate_in_region", "contract/EntrySpace::words_of"},
                       split_region_shift(),
                       false});
}

Expected<Instance> next_word(const Setting& setting) {
  return word_from_on(setting, {"next_word",
                                {"contract/EntrySpace::next_candidate", "contract/EntrySpace::lower_hints",
                                 "contract/classes_of"},
                                {},
                                true});
}

}  // namespace

void add_hints(Executor& executor, const Space& space) {
  for (const char* function : {"next_word", "next_candidate", "next_candidate_in_region"}) {
    const bool in_region = function == std::string_view("next_candidate_in_region");
    const bool lowers = function == std::string_view("next_word");
    executor.add(fmt::format("nospan::builtin::EntrySpace::{}", function),
                 simple([=, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
                   const Term& from = call.arguments[2].bits;
                   const Term& end = call.arguments[3].bits;
                   const Term range = in_region ? in_one_region(space, from, end) : less_equal(from, end);
                   state.require(Obligation::Kind::kContract,
                                 is_class(call.arguments[1].bits) & range & less_equal(end, space.table.words),
                                 "words of the space", call.place);
                   const std::string name = fmt::format("{}#{}", function, count++);
                   const Term found = free_word(name);
                   if (lowers) space.forget_summaries(state, name);
                   state.assume(less_equal(from, found) & less_equal(found, end));
                   return Value::number(found);
                 }));
  }
  for (const char* function : {"lower_hints", "raise_hints", "update_hints"}) {
    executor.add(fmt::format("nospan::builtin::EntrySpace::{}", function),
                 simple([=, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
                   const Term& number = call.arguments[1].bits;
                   const Term& second = call.arguments[2].bits;
                   const Term asked = second.width() == 64 ? has_free_slot(space, state.memory, number, second)
                                                           : less(number, space.table.words) &
                                                                 less_equal(second, Term::bits(32, 7));
                   // Nothing behind it depends on it.
                   state.obligations.push_back({Obligation::Kind::kContract, asked, "a word of the space",
                                                call.place, state.conditions.size()});
                   space.forget_summaries(state, fmt::format("{}#{}", function, count++));
                   return Value{};
                 }));
  }
}

Expected<std::vector<Instance>> builtin_hints(const Setting& setting) {
  std::vector<Instance> instances;
  for (auto& made : {change(setting, "lower_hints"), change(setting, "raise_hints"), update_hints(setting),
                     next_candidate_in_region(setting), next_candidate(setting), next_word(setting)}) {
    if (!made) return tl::unexpected(made.error());
    instances.push_back(*made);
  }
  return instances;
}

}  // namespace nospan::solver
