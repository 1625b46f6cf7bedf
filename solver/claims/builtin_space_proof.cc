// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_space_proof.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>

#include "solver/claims/builtin_runs.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/loop_variables.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// `bytes` of a region at an offset of 6 bits. Put together without sums: a region has 64 bytes.
Term part(const Term& regions, const Term& number, const Term& offset, unsigned bytes) {
  const Term index = concatenate(truncate(number, 61), extract(offset, 5, 3));
  const Term bit = zero_extend(concatenate(extract(offset, 2, 0), Term::bits(3, 0)), 64);
  return truncate(shift_right(select(regions, index), bit), bytes * 8);
}

// Of a pointer that should be to a region of the space.
Term is_region(const Space& space, const Value& pointer) {
  const Term number = shift_right(pointer.bits, word(6));
  return Term::boolean(pointer.object == space.table.regions) & (shift_left(number, word(6)) == pointer.bits) &
         less(number, zero_extend(space.table.region_count, 64));
}

}  // namespace

Expected<RegionLayout> RegionLayout::of(const Program& program) {
  RegionLayout layout;
  auto size = program.size_of("Region");
  if (!size) return tl::unexpected(size.error());
  layout.size = *size;
  for (const auto& [member, to] : {std::pair{"hint", &layout.hint},
                                   {"hint_bit", &layout.hint_bit},
                                   {"long_hint", &layout.long_hint},
                                   {"available", &layout.available}}) {
    auto offset = program.offset_of("Region", member);
    if (!offset) return tl::unexpected(offset.error());
    *to = *offset;
  }
  if (layout.size != 64) {
    return reports::failure("struct Region", fmt::format("has {} bytes instead of 64", layout.size),
                            "solver/claims/builtin_space_proof.cc has to follow");
  }
  return layout;
}

Term Space::slots() const { return shift_left(table.words, word(6)); }

Term Space::begin_of(const Term& number) const {
  return shift_left(number, zero_extend(table.region_shift, 64));
}

Term Space::end_of(const Term& number) const {
  const Term end = begin_of(number) + shift_left(word(1), zero_extend(table.region_shift, 64));
  return choose(less(end, table.words), end, table.words);
}

Term Space::region_holds(const Term& regions, const Term& number, const Term& of_class) const {
  const Term small = truncate(of_class, 6);
  const Term hint = zero_extend(
      part(regions, number, Term::bits(6, layout.hint) + shift_left(small, Term::bits(6, 2)), 4), 64);
  const Term bit = part(regions, number, Term::bits(6, layout.hint_bit) + small, 1);
  const Term begin = begin_of(number);
  return less_equal(begin, hint) & less(hint, end_of(number)) & less(bit, Term::bits(8, 64)) &
         less_equal(shift_left(begin, word(6)), part(regions, number, Term::bits(6, layout.long_hint), 8));
}

Term Space::keeps_regions(const Term& before, const Term& after) const {
  return implies(less(region, zero_extend(table.region_count, 64)) & less(size_class, Term::bits(32, 7)) &
                     region_holds(before, region, size_class),
                 region_holds(after, region, size_class));
}

Term Space::remembers_the_same(const Term& before, const Term& after) const {
  Term same = Term::boolean(true);
  for (uint64_t i = 0; i < layout.available / 8; ++i) {
    const Term index = concatenate(truncate(region, 61), Term::bits(3, i));
    same = same & (select(before, index) == select(after, index));
  }
  return implies(less(region, zero_extend(table.region_count, 64)), same);
}

std::vector<Term> Space::domain() const {
  std::vector<Term> result = {
      less_equal(word(1), table.entries),
      less_equal(table.entries, word(uint64_t{1} << 37)),
      less(table.origin, word(uint64_t{1} << 52)),
      less_equal(table.first_slot, table.reserved_begin_slot),
      less_equal(table.reserved_begin_slot, table.reserved_end_slot),
      // Nothing reserved: both at the end.
      less(table.reserved_begin_slot, table.reserved_end_slot) | (table.reserved_begin_slot == table.end_slot),
      less_equal(table.reserved_end_slot, table.end_slot),
  };
  result.insert(result.end(), table.region_domain.begin(), table.region_domain.end());
  return result;
}

Term Space::is_ordinary(const Term& at) const {
  return less_equal(table.lowest_slot, at) & less(at, table.end_slot) &
         (less(at, table.reserved_begin_slot) | less_equal(table.reserved_end_slot, at));
}

Term Space::is_range(const Term& first, const Term& count) const {
  return less_equal(first, slots()) & less_equal(count, slots() - first);
}

void Space::forget_summaries(State& state, const std::string& name) const {
  state.memory.change(table.word_hints).set_words(Term::free_map("word_hints " + name));
  state.memory.change(table.group_hints).set_words(Term::free_map("group_hints " + name));
}

void Space::forget_regions(State& state, const std::string& name) const {
  state.memory.change(table.regions).set_words(Term::free_map("regions " + name));
}

SpaceProof::SpaceProof(const Setting& the_setting) : setting(the_setting), executor(the_setting.program) {}

Expected<std::unique_ptr<SpaceProof>> SpaceProof::make(const Setting& setting) {
  auto proof = std::make_unique<SpaceProof>(setting);
  auto table = BuiltinTable::make(proof->executor);
  if (!table) return tl::unexpected(table.error());
  auto layout = RegionLayout::of(setting.program);
  if (!layout) return tl::unexpected(layout.error());
  proof->state = table->state;
  proof->space = {
      std::move(*table),
      *layout,
      zero_extend(concatenate(Term::free_bits(33, "slot.word"), Term::free_bits(6, "slot.place")), 64),
      zero_extend(Term::free_bits(6, "start"), 64),
      zero_extend(Term::free_bits(4, "region"), 64),
      Term::free_bits(32, "class")};
  add_runs(proof->executor, proof->space.slot);
  add_regions(proof->executor, proof->space);
  return proof;
}

Expected<Instance> SpaceProof::prove(const Claim& claim, const std::vector<Goal>& goals,
                                     const std::function<Term(const Path&)>& witness) {
  Instance instance;
  instance.claim = claim.claim;
  instance.function = "EntrySpace::" + claim.function;
  instance.target = setting.target;
  instance.words = claim.words;
  instance.rests_on = claim.rests_on;
  instance.assumptions = space.table.assumptions;
  instance.domain = space.domain();
  instance.domain.insert(instance.domain.end(), claim.asked.begin(), claim.asked.end());
  instance.inputs = space.table.inputs;
  instance.inputs.push_back({"slot", space.slot});
  instance.inputs.insert(instance.inputs.end(), claim.inputs.begin(), claim.inputs.end());
  std::vector<Value> arguments = {space.table.space};
  arguments.insert(arguments.end(), claim.arguments.begin(), claim.arguments.end());
  // Branches are decided by what is asked only: the whole domain rules out hardly more, and is slow.
  auto paths =
      executor.run("nospan::builtin::EntrySpace::" + claim.function, state, std::move(arguments), claim.asked);
  if (!paths) return tl::unexpected(paths.error());
  instance.paths = paths->size();
  instance.incomplete = incompleteness(*paths);
  const auto add = [&](Case question, const std::vector<Split>& splits) {
    question.splits = splits;
    if (claim.in_parts) try_with_what_it_speaks_of(question, instance.domain);
    add_case(instance.cases, std::move(question));
  };
  for (const Case& question : claim.in_parts ? obligations_path_by_path(*paths) : all_obligation_cases(*paths))
    add(question, claim.obligation_splits);
  for (const Goal& goal : goals) {
    for (const Term& lemma : goal.lemmas)
      instance.cases.push_back({goal.name + ", lemma", {}, lemma, goal.lemma_splits});
    for (Case& question : claim.in_parts ? each_on_return(goal.name, *paths, goal.holds)
                                         : std::vector<Case>{on_return(goal.name, *paths, goal.holds)}) {
      question.given.insert(question.given.end(), goal.lemmas.begin(), goal.lemmas.end());
      add(std::move(question), goal.splits);
    }
  }
  instance.witnesses = returning(*paths, witness);
  return instance;
}

Value add_cell(State& state, const std::string& name) {
  return Value::pointer(state.memory.add(Object(name, word(8), Object::Initial::kFree)));
}

Term cell(const Path& path, const Value& pointer) {
  return path.memory.at(pointer.object).load(pointer.bits, 8)->bits;
}

std::vector<Split> split_slot_place() {
  std::vector<Split> splits;
  splits.reserve(64);
  for (uint64_t place = 0; place < 64; ++place) {
    splits.push_back({Term::free_bits(6, "slot.place"), Term::bits(6, place)});
  }
  return splits;
}

std::vector<Split> split_region_shift() {
  std::vector<Split> splits;
  splits.reserve(25);
  for (uint64_t shift = 8; shift <= 32; ++shift)
    splits.push_back({Term::free_bits(6, "region_shift"), Term::bits(6, shift)});
  return splits;
}

void add_regions(Executor& executor, const Space& space) {
  for (const char* function : {"lock", "unlock"}) {
    executor.add(fmt::format("nospan::builtin::EntrySpace::{}", function),
                 simple([space](State& state, const Call& call) -> Expected<Value> {
                   state.require(Obligation::Kind::kContract, is_region(space, call.arguments[1]),
                                 "a region of the space", call.place);
                   return Value{};
                 }));
  }
  for (const char* function : {"lock_all", "unlock_all"}) {
    executor.add(fmt::format("nospan::builtin::EntrySpace::{}", function),
                 simple([](State&, const Call&) -> Expected<Value> { return Value{}; }));
  }
  executor.add("nospan::builtin::EntrySpace::words_of",
               simple([space](State& state, const Call& call) -> Expected<Value> {
                 const Term& number = call.arguments[1].bits;
                 state.require(Obligation::Kind::kContract, less(number, space.table.region_count),
                               "a region of the space", call.place);
                 Value result;
                 result.members = {Value::number(space.begin_of(zero_extend(number, 64))),
                                   Value::number(space.end_of(zero_extend(number, 64)))};
                 return result;
               }));
}

void add_count(Executor& executor, const Space& space) {
  executor.add("nospan::builtin::EntrySpace::count",
               simple([space, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
                 state.require(Obligation::Kind::kContract,
                               space.is_range(call.arguments[1].bits, call.arguments[2].bits),
                               "slots of the space", call.place);
                 const Term before = space.regions(state.memory);
                 space.forget_regions(state, fmt::format("count#{}", count++));
                 state.learn(space.remembers_the_same(before, space.regions(state.memory)));
                 return Value{};
               }));
}

namespace {

// lock_all() and unlock_all().
Expected<Instance> all_locks(const Setting& setting, const std::string& function) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  LoopContract loop;
  loop.function = (*(*setting.program.function("nospan::builtin::EntrySpace::" + function))).getName().str();
  loop.words = "region by region";
  loop.invariant = [count = space.table.region_count](LoopView& view) -> Expected<Term> {
    auto region = view.find("region");
    if (!region) return tl::unexpected(region.error());
    return less_equal((*region)->value.bits, count);
  };
  loop.measure = [count = space.table.region_count](LoopView& view) -> Expected<Term> {
    auto region = view.find("region");
    if (!region) return tl::unexpected(region.error());
    return zero_extend(count - (*region)->value.bits, 64);
  };
  (*proof)->executor.add(loop);
  const Term before = space.regions((*proof)->state.memory);
  return (*proof)->prove(
      {.function = function,
       .words = "each region's lock, no other memory",
       .arguments = {},
       .asked = {},
       .rests_on = {},
       .inputs = {}},
      {{"memory stays",
        [&](const Path& path) { return Term::boolean(space.regions(path.memory).same(before)); }}},
      [](const Path&) { return Term::boolean(true); });
}

Expected<Instance> words_of(const Setting& setting) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  const Term number = Term::free_bits(32, "number");
  const Term wide = zero_extend(number, 64);
  return (*proof)->prove({.function = "words_of",
                          .words = "the region's words",
                          .arguments = {Value::number(number)},
                          .asked = {less(number, space.table.region_count)},
                          .rests_on = {},
                          .inputs = {{"number", wide}}},
                         {{"the words",
                           [&](const Path& path) {
                             return (path.result->members[0].bits == space.begin_of(wide)) &
                                    (path.result->members[1].bits == space.end_of(wide));
                           }}},
                         [](const Path&) { return Term::boolean(true); });
}

Expected<Instance> count(const Setting& setting) {
  auto proof = SpaceProof::make(setting);
  if (!proof) return tl::unexpected(proof.error());
  const Space& space = (*proof)->space;
  const Term first = zero_extend(Term::free_bits(39, "first"), 64);
  const Term entries = zero_extend(Term::free_bits(39, "count"), 64);
  const Term before = space.regions((*proof)->state.memory);
  LoopContract loop;
  loop.function = (*(*setting.program.function("nospan::builtin::EntrySpace::count"))).getName().str();
  loop.words = "what regions remember stays";
  loop.havoc = [space](LoopView& view) -> Expected<void> {
    space.forget_regions(view.state, "counted");
    return {};
  };
  loop.invariant = [=](LoopView& view) -> Expected<Term> {
    auto slot = view.find("slot");
    if (!slot) return tl::unexpected(slot.error());
    const Term& at = (*slot)->value.bits;
    return less_equal(first, at) & less_equal(at, first + entries) &
           space.remembers_the_same(before, space.regions(view.state.memory));
  };
  loop.measure = [](LoopView& view) -> Expected<Term> {
    auto slot = view.find("slot");
    if (!slot) return tl::unexpected(slot.error());
    return short_of_highest((*slot)->value.bits);
  };
  (*proof)->executor.add(loop);
  return (*proof)->prove(
      {.function = "count",
       .words = "only how much is available changes",
       .arguments = {Value::number(first), Value::number(entries), Value::number(Term::free_boolean("taken"))},
       .asked = {space.is_range(first, entries)},
       .rests_on = {"contract/EntrySpace::words_of"},
       .inputs = {{"first", first}, {"count", entries}},
       .obligation_splits = split_region_shift()},
      {{"what regions remember",
        [&](const Path& path) { return space.remembers_the_same(before, space.regions(path.memory)); }}},
      [&](const Path&) { return entries != word(0); });
}

}  // namespace

Expected<std::vector<Instance>> builtin_regions(const Setting& setting) {
  std::vector<Instance> instances;
  for (auto& made :
       {all_locks(setting, "lock_all"), all_locks(setting, "unlock_all"), words_of(setting), count(setting)}) {
    if (!made) return tl::unexpected(made.error());
    instances.push_back(*made);
  }
  return instances;
}

}  // namespace nospan::solver
