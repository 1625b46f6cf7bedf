// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_bitmap.h"

#include <fmt/format.h>

#include "solver/claims/contract_examples.h"
#include "solver/claims/linux_table.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// ---- What the functions ask and promise ----

// of __bitmap_set() and __bitmap_clear(): `count` is a signed int there.
Term change_asks(const Object& map, const Term& first, const Term& count) {
  return less(count, word(kMostBits)) & less_equal(first, room(map)) & less_equal(count, room(map) - first);
}

Term find_asks(const Object& map, const Term& size) { return less_equal(size, room(map)); }

// of _find_next_bit() (`set`) and _find_next_zero_bit().
Term find_promises(const Term& words, const Term& bit, const Term& size, const Term& start, const Term& found,
                   bool set) {
  const auto wanted = [&](const Term& at) { return set ? is_set(words, at) : !is_set(words, at); };
  const Term in_front = less_equal(start, bit) & less(bit, found);
  return less_equal(found, size) & implies(less_equal(size, start), found == size) &
         implies(less(found, size), less_equal(start, found) & wanted(found)) & implies(in_front, !wanted(bit));
}

// of bitmap_find_next_zero_area_off().
struct Area {
  Term size;
  Term start;
  Term count;
  Term align_mask;
  Term align_offset;
};

Term area_asks(const Object& map, const Area& area) {
  // The alignment is added to an entry and an offset: it must not wrap.
  return less_equal(area.size, room(map)) & less_equal(area.size, word(kMostBits)) &
         ((area.align_mask & (area.align_mask + word(1))) == word(0)) &
         less(area.align_mask, word(uint64_t{1} << 63)) & (area.align_offset == word(0)) &
         (area.count != word(0));
}

Term is_area(const Term& words, const Term& bit, const Area& area, const Term& found) {
  return less_equal(area.start, found) & less_equal(area.count, area.size) &
         less_equal(found, area.size - area.count) & ((found & area.align_mask) == word(0)) &
         implies(in_range(bit, found, area.count), !is_set(words, bit));
}

Term area_promises(const Term& words, const Term& bit, const Area& area, const Term& found) {
  return less(area.size, found) | is_area(words, bit, area, found);
}

// ---- Contracts for callers ----

void add_find(Executor& executor, const char* function, const Term& bit, bool set) {
  executor.add(function,
               simple([bit, set, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
                 auto map = map_of(state, call);
                 if (!map) return tl::unexpected(map.error());
                 const Term& size = call.arguments[1].bits;
                 const Term& start = call.arguments[2].bits;
                 state.require(Obligation::Kind::kContract, find_asks(**map, size),
                               call.function + "() is asked about bits of the map", call.place);
                 const Term found = free_word(fmt::format("{}#{}", call.function, count++));
                 state.assume(find_promises((*map)->words(), bit, size, start, found, set));
                 return Value::number(found);
               }));
}

// ---- Proofs ----

// A bitmap of any length with any content, and functions that work on it.
struct Proof {
  explicit Proof(const Setting& the_setting) : setting(the_setting), executor(the_setting.program) {
    add_environment(executor);
    object =
        state.memory.add(Object::of_words("map", shift_left(word_count, word(3)), Term::free_map("before")));
    map = Value::pointer(object);
    domain = {less_equal(word(1), word_count), less_equal(word_count, word(kMostBits / 64)),
              less(bit, word(kMostBits))};
  }

  const Object& bitmap() const { return state.memory.at(object); }

  // An instance without cases.
  Instance instance(const std::string& function, std::string words, const Expected<std::vector<Path>>& paths) {
    Instance result;
    result.claim = "alloc";
    result.function = function;
    result.target = setting.target;
    result.words = std::move(words);
    result.assumptions = {
        {"bitmap-size", "a bitmap has at most 2^31 bits", "a window has at most 2^31 entries: window-entries"}};
    result.examples = allocation_examples(setting.system_page_shift);
    result.domain = domain;
    result.inputs = inputs;
    result.inputs.push_back({"bit", bit});
    result.inputs.push_back({"map_words", word_count});
    result.paths = paths->size();
    result.incomplete = incompleteness(*paths);
    result.cases = contract_cases(*paths);
    for (Case& question : safety_cases(*paths)) result.cases.push_back(std::move(question));
    return result;
  }

  const Setting& setting;
  Executor executor;
  State state;
  ObjectId object = ObjectId::kNone;
  Value map;
  Term word_count = free_word("map_words");
  Term before = Term::free_map("before");
  Term bit = arbitrary_bit();
  std::vector<Term> domain;
  std::vector<Named> inputs;
};

Expected<Instance> change_range(const Setting& setting, const std::string& function, bool set) {
  Proof proof(setting);
  const Term first = concatenate(Term::free_bits(26, "first.word"), Term::free_bits(6, "first.place"));
  const Term count = Term::free_bits(32, "count");
  const Term wide_first = zero_extend(first, 64);
  const Term wide_count = zero_extend(count, 64);
  proof.inputs = {{"first", wide_first}, {"count", wide_count}};
  proof.domain.push_back(change_asks(proof.bitmap(), wide_first, wide_count));

  LoopContract loop;
  loop.function = function;
  loop.words = "the bits in front of the current word are changed, and no other one";
  const ObjectId object = proof.object;
  // What it carries: the current word; how many bits are left; how many of them are in the current word, if it
  // is filled up; and which. All follow from the word.
  struct Carried {
    LoopView::Carried* pointer;
    LoopView::Carried* left;
    LoopView::Carried* here;
    LoopView::Carried* mask;
  };
  const auto read = [count](LoopView& view) -> Expected<Carried> {
    auto pointer = carried(view, "pointer", [](const auto& variable) { return variable.is_pointer; });
    auto left = carried(view, "count of bits that are left", [&](const auto& variable) {
      return variable.width == 32 && variable.entry.bits.same(count);
    });
    auto here = carried(view, "count of bits in the word", [&](const auto& variable) {
      return variable.width == 32 && !variable.entry.bits.same(count);
    });
    auto mask = carried(view, "mask",
                        [](const auto& variable) { return variable.width == 64 && !variable.is_pointer; });
    if (!pointer || !left || !here || !mask) {
      return tl::unexpected(!pointer ? pointer.error()
                            : !left  ? left.error()
                            : !here  ? here.error()
                                     : mask.error());
    }
    return Carried{*pointer, *left, *here, *mask};
  };
  struct Expectation {
    Term position;  // the first bit that is not done
    Term left, here, mask;
  };
  const auto at_word = [=](const Term& pointer) {
    const Term at_first = pointer == shift_left(shift_right(wide_first, word(6)), word(3));
    const Term offset = wide_first & word(63);
    const Term ones = word(~uint64_t{0});
    Expectation result;
    result.position = choose(at_first, wide_first, shift_left(pointer, word(3)));
    result.left = truncate(wide_first + wide_count - result.position, 32);
    result.here = truncate(choose(at_first, word(64) - offset, word(64)), 32);
    result.mask = choose(at_first, shift_left(ones, offset), ones);
    return result;
  };
  loop.havoc = [=](LoopView& view) -> Expected<void> {
    auto now = read(view);
    if (!now) return tl::unexpected(now.error());
    const Term pointer = concatenate(Term::free_bits(61, "current.word"), Term::bits(3, 0));
    const Expectation expected = at_word(pointer);
    now->pointer->value.bits = pointer;
    now->left->value.bits = expected.left;
    now->here->value.bits = expected.here;
    now->mask->value.bits = expected.mask;
    view.state.memory.change(object).set_words(Term::free_map("during"));
    return {};
  };
  loop.invariant = [=, bit = proof.bit, before = proof.before](LoopView& view) -> Expected<Term> {
    auto now = read(view);
    if (!now) return tl::unexpected(now.error());
    const Term& pointer = now->pointer->value.bits;
    const Expectation expected = at_word(pointer);
    return less_equal(shift_right(wide_first, word(6)), shift_right(pointer, word(3))) &
           (extract(pointer, 2, 0) == Term::bits(3, 0)) & less_equal(pointer, word(kMostBits)) &
           less_equal(expected.position, wide_first + wide_count) & (now->left->value.bits == expected.left) &
           (now->here->value.bits == expected.here) & (now->mask->value.bits == expected.mask) &
           only_range_changed(before, view.state.memory.at(object).words(), bit, wide_first,
                              expected.position - wide_first, set);
  };
  loop.measure = [read](LoopView& view) -> Expected<Term> {
    auto now = read(view);
    if (!now) return tl::unexpected(now.error());
    return zero_extend(now->left->value.bits, 64);
  };
  proof.executor.add(loop);

  auto paths = proof.executor.run(function, proof.state,
                                  {proof.map, Value::number(first), Value::number(count)}, proof.domain);
  if (!paths) return tl::unexpected(paths.error());
  Instance instance = proof.instance(
      function,
      fmt::format("bits [start, start + len) are {} and no other one changes", set ? "set" : "cleared"), paths);
  const auto goal = [&](const Path& path) {
    return only_range_changed(proof.before, path.memory.at(object).words(), proof.bit, wide_first, wide_count,
                              set);
  };
  instance.cases.push_back(on_return("exactly the range changes", *paths, goal));
  instance.witnesses = returning(*paths, [&](const Path&) { return wide_count == word(100); });
  return instance;
}

Expected<Instance> find_next(const Setting& setting, const std::string& function, bool set) {
  Proof proof(setting);
  const Term size = free_word("size");
  const Term start = concatenate(Term::free_bits(58, "start.word"), Term::free_bits(6, "start.place"));
  proof.inputs = {{"size", size}, {"start", start}};
  proof.domain.push_back(find_asks(proof.bitmap(), size));

  // What it carries: the index of the current word, and its bits that are looked for.
  LoopContract loop;
  loop.function = function;
  loop.words = "no bit in front of the current word is one that is looked for";
  const auto is_index = [start](const LoopView::Carried& variable) {
    return variable.entry.bits.same(shift_right(start, word(6))) ||
           variable.entry.bits.same(unsigned_divide(start, word(64)));
  };
  const ObjectId object = proof.object;
  const auto find_index = [=](LoopView& view) { return carried(view, "index of a word", is_index); };
  const auto find_word = [=](LoopView& view) {
    return carried(view, "word",
                   [&](const auto& variable) { return variable.width == 64 && !is_index(variable); });
  };
  const auto word_at = [=, before = proof.before](const Term& index) {
    const Term content = select(before, index);
    const Term ones = word(~uint64_t{0});
    return (set ? content : ~content) &
           choose(index == shift_right(start, word(6)), shift_left(ones, start & word(63)), ones);
  };
  loop.havoc = [=](LoopView& view) -> Expected<void> {
    auto index = find_index(view);
    auto candidates = find_word(view);
    if (!index || !candidates) return tl::unexpected(index ? candidates.error() : index.error());
    (*index)->value.bits = zero_extend(Term::free_bits(25, "current.word"), 64);
    (*candidates)->value.bits = word_at((*index)->value.bits);
    return {};
  };
  loop.invariant = [=, bit = proof.bit, before = proof.before](LoopView& view) -> Expected<Term> {
    auto found_index = find_index(view);
    auto candidates = find_word(view);
    if (!found_index || !candidates)
      return tl::unexpected(found_index ? candidates.error() : found_index.error());
    const Term& index = (*found_index)->value.bits;
    const Term position = shift_left(index, word(6));
    const Term skipped = less_equal(start, bit) & less(bit, position);
    return Term::boolean(view.state.memory.at(object).words().same(before)) &
           less_equal(shift_right(start, word(6)), index) & less(index, word(kMostBits / 64)) &
           less(position, size) & ((*candidates)->value.bits == word_at(index)) &
           implies(skipped, set ? !is_set(before, bit) : is_set(before, bit));
  };
  loop.measure = [=](LoopView& view) -> Expected<Term> {
    auto index = find_index(view);
    if (!index) return tl::unexpected(index.error());
    return word(kMostBits) - (*index)->value.bits;
  };
  proof.executor.add(loop);

  auto paths = proof.executor.run(function, proof.state, {proof.map, Value::number(size), Value::number(start)},
                                  proof.domain);
  if (!paths) return tl::unexpected(paths.error());
  const char* kind = set ? "set" : "clear";
  Instance instance = proof.instance(
      function,
      fmt::format("the result is the first {} bit from start on, or size if there is none below it", kind),
      paths);
  instance.cases.push_back(
      on_return(fmt::format("the first bit that is {}", kind), *paths, [&](const Path& path) {
        return find_promises(proof.before, proof.bit, size, start, path.result->bits, set);
      }));
  instance.cases.push_back(on_return("the map stays as it is", *paths, [&](const Path& path) {
    return Term::boolean(path.memory.at(object).words().same(proof.before));
  }));
  instance.witnesses = returning(*paths, [&](const Path& path) {
    return less(path.result->bits, size) & less(start + word(100), path.result->bits);
  });
  return instance;
}

Expected<Instance> find_area(const Setting& setting) {
  const std::string function = "bitmap_find_next_zero_area_off";
  Proof proof(setting);
  add_find(proof.executor, "_find_next_bit", proof.bit, true);
  add_find(proof.executor, "_find_next_zero_bit", proof.bit, false);
  const Term count = Term::free_bits(32, "count");
  const Area area{free_word("size"), free_word("start"), zero_extend(count, 64), free_word("align_mask"),
                  word(0)};
  proof.inputs = {
      {"size", area.size}, {"start", area.start}, {"count", area.count}, {"align_mask", area.align_mask}};
  proof.domain.push_back(area_asks(proof.bitmap(), area));

  LoopContract loop;
  loop.function = function;
  loop.words = "the search goes on at or behind where it began";
  const auto position = [area](LoopView& view) {
    return carried(view, "start", [&](const auto& variable) { return variable.entry.bits.same(area.start); });
  };
  const ObjectId object = proof.object;
  loop.invariant = [=, before = proof.before](LoopView& view) -> Expected<Term> {
    auto start = position(view);
    if (!start) return tl::unexpected(start.error());
    return less_equal(area.start, (*start)->value.bits) &
           Term::boolean(view.state.memory.at(object).words().same(before));
  };
  loop.measure = [=](LoopView& view) -> Expected<Term> {
    auto start = position(view);
    if (!start) return tl::unexpected(start.error());
    const Term& at = (*start)->value.bits;
    return choose(less_equal(at, area.size), area.size - at, word(0));
  };
  proof.executor.add(loop);

  auto paths =
      proof.executor.run(function, proof.state,
                         {proof.map, Value::number(area.size), Value::number(area.start), Value::number(count),
                          Value::number(area.align_mask), Value::number(area.align_offset)},
                         proof.domain);
  if (!paths) return tl::unexpected(paths.error());
  Instance instance = proof.instance(function,
                                     "the result is above size, or the first of count clear bits that end "
                                     "below size, aligned, not before start",
                                     paths);
  instance.rests_on = {"alloc/_find_next_bit", "alloc/_find_next_zero_bit"};
  instance.cases.push_back(on_return("an aligned area of clear bits", *paths, [&](const Path& path) {
    return area_promises(proof.before, proof.bit, area, path.result->bits);
  }));
  instance.cases.push_back(on_return("the map stays as it is", *paths, [&](const Path& path) {
    return Term::boolean(path.memory.at(object).words().same(proof.before));
  }));
  instance.witnesses = returning(*paths, [&](const Path& path) {
    return less(path.result->bits, area.size) & (area.count == word(20)) & (area.align_mask == word(15));
  });
  return instance;
}

}  // namespace

Expected<LoopView::Carried*> carried(LoopView& view, const char* what,
                                     const std::function<bool(const LoopView::Carried&)>& begins) {
  for (LoopView::Carried& variable : view.carried) {
    if (begins(variable)) return &variable;
  }
  return reports::failure("loop contract", fmt::format("the loop carries no {}", what),
                          "the tree has changed this loop: its contract in solver/ has to follow");
}

Term arbitrary_bit() {
  // Told as its word and its place in it: solvers need not find out that shifting takes them apart.
  return concatenate(Term::free_bits(58, "bit.word"), Term::free_bits(6, "bit.place"));
}

Term room(const Object& map) { return shift_left(map.size(), word(3)); }

Expected<const Object*> map_of(const State& state, const Call& call) {
  const Value& map = call.arguments[0];
  if (!map.is_pointer() || map.bits.constant() != 0 || !state.memory.at(map.object).has_words()) {
    return reports::failure(call.place,
                            fmt::format("{} gets something that is not a whole bitmap", call.function),
                            "the contract in solver/claims/linux_bitmap.cc has to learn it");
  }
  return &state.memory.at(map.object);
}

Term is_set(const Term& words, const Term& bit) {
  const Term content = select(words, shift_right(bit, word(6)));
  // Not the content shifted: one shift for all maps that are asked about the same bit.
  return (content & shift_left(word(1), bit & word(63))) != word(0);
}

Term in_range(const Term& bit, const Term& first, const Term& count) {
  return less_equal(first, bit) & less(bit - first, count);
}

Term only_range_changed(const Term& before, const Term& after, const Term& bit, const Term& first,
                        const Term& count, bool set) {
  const Term changed = in_range(bit, first, count);
  const Term expected = set ? is_set(before, bit) | changed : is_set(before, bit) & !changed;
  return is_set(after, bit) == expected;
}

void add_bitmap_contracts(Executor& executor, const Term& bit) {
  executor.add("__bitmap_set",
               simple([bit, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
                 auto map = map_of(state, call);
                 if (!map) return tl::unexpected(map.error());
                 const Term first = zero_extend(call.arguments[1].bits, 64);
                 const Term length = zero_extend(call.arguments[2].bits, 64);
                 state.require(Obligation::Kind::kContract, change_asks(**map, first, length),
                               "__bitmap_set() is asked to set bits of the map", call.place);
                 const Term after = Term::free_map(fmt::format("map#{}", count++));
                 state.assume(only_range_changed((*map)->words(), after, bit, first, length, true));
                 state.memory.change(call.arguments[0].object).set_words(after);
                 return Value{};
               }));
  // Two outcomes, as callers take different ways with them: none, told by a number above size, and an area,
  // whose first bit then has as few bits as an index into a bitmap.
  executor.add(
      "bitmap_find_next_zero_area_off",
      [bit, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        auto map = map_of(state, call);
        if (!map) return tl::unexpected(map.error());
        const Area area{call.arguments[1].bits, call.arguments[2].bits, zero_extend(call.arguments[3].bits, 64),
                        call.arguments[4].bits, call.arguments[5].bits};
        state.require(Obligation::Kind::kContract, area_asks(**map, area),
                      "bitmap_find_next_zero_area_off() is asked for at least one bit of the map", call.place);
        const Term words = (*map)->words();
        std::vector<Outcome> outcomes;
        const Term none = free_word(fmt::format("no_area#{}", count));
        outcomes.push_back({state, Value::number(none)});
        outcomes.back().state.assume(less(area.size, none));
        const Term found = zero_extend(Term::free_bits(31, fmt::format("area#{}", count++)), 64);
        state.assume(is_area(words, bit, area, found));
        outcomes.push_back({std::move(state), Value::number(found)});
        return outcomes;
      });
}

Expected<std::vector<Instance>> linux_bitmap(const Setting& setting) {
  std::vector<Instance> result;
  for (auto& made : {change_range(setting, "__bitmap_set", true),
                     change_range(setting, "__bitmap_clear", false), find_next(setting, "_find_next_bit", true),
                     find_next(setting, "_find_next_zero_bit", false), find_area(setting)}) {
    if (!made) return tl::unexpected(made.error());
    result.push_back(*made);
  }
  return result;
}

}  // namespace nospan::solver
