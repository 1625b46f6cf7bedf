// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_runs.h"

#include <fmt/format.h>

#include "solver/claims/linux_bitmap.h"

namespace nospan::solver {
namespace {

using reports::Expected;

const Term& free_entries() {
  static const Term term = free_word("entries_wanted");
  return term;
}

Term in_one_word(const Term& entries) { return less_equal(word(1), entries) & less_equal(entries, word(64)); }

Term low_bits(const Term& count) {
  return choose(less(count, word(64)), shift_left(word(1), count) - word(1), word(~uint64_t{0}));
}

// A set bit at each multiple of 2^shift.
Term multiples_of(const Term& shift) {
  Term result = word(1);
  for (unsigned s = 0; s < 6; ++s) {
    uint64_t pattern = 0;
    for (unsigned i = 0; i < 64; i += 1u << s) pattern |= uint64_t{1} << i;
    result = choose(shift == Term::bits(32, s), word(pattern), result);
  }
  return result;
}

Term lowest_between(const Term& number, const Term& begin) {
  const Term first = shift_left(number, word(6));
  return choose(less(first, begin), begin - first, word(0));
}

Term asked_of_between(const Term& number, const Term& begin, const Term& end) {
  const Term first = shift_left(number, word(6));
  return less(number, word(uint64_t{1} << 57)) & less(first, end) & less_equal(begin, first + word(63));
}

// Of the standard library's std::countr_zero() and std::bit_width(): which bit they found, 64 bits.
Term lowest_promises(const Term& content, const Term& place) {
  return less_equal(place, word(64)) & choose(content == word(0), place == word(64), has_bit(content, place));
}
Term highest_promises(const Term& content, const Term& width) {
  return less_equal(width, word(64)) & (shift_right(content, width) == word(0)) &
         choose(content == word(0), width == word(0), has_bit(content, width - word(1)));
}

// ---- Proofs ----

struct Question {
  std::string function;
  std::string words;
  std::vector<Term> arguments;
  Term asked;
  std::function<Term(const Term& result)> promised;
  std::vector<Named> inputs;
  std::vector<Split> splits;
  Term witness = Term::boolean(true);
  std::string scope = "nospan::builtin::";
};

Expected<Instance> prove_contract(const Setting& setting, const Question& question) {
  Executor executor(setting.program);
  if (question.function != "low_bits") add_runs(executor, arbitrary_bit());
  Instance instance;
  instance.claim = "contract";
  instance.function = question.function;
  instance.target = setting.target;
  instance.words = question.words;
  instance.domain = {question.asked};
  instance.inputs = question.inputs;
  if (question.function == "bits_between") instance.rests_on = {"contract/low_bits"};
  if (question.function.starts_with("class_that")) instance.rests_on = {"contract/bit_width"};
  std::vector<Value> arguments;
  arguments.reserve(question.arguments.size());
  for (const Term& argument : question.arguments) arguments.push_back(Value::number(argument));
  auto paths = executor.run(question.scope + question.function, State(), std::move(arguments), instance.domain);
  if (!paths) return tl::unexpected(paths.error());
  instance.paths = paths->size();
  instance.incomplete = incompleteness(*paths);
  instance.cases = all_obligation_cases(*paths);
  instance.cases.push_back(
      on_return("the result", *paths, [&](const Path& path) { return question.promised(path.result->bits); }));
  for (Case& each : instance.cases) each.splits = question.splits;
  instance.witnesses = returning(*paths, [&](const Path&) { return question.witness; });
  return instance;
}

std::vector<Split> split_entries() {
  std::vector<Split> splits;
  for (uint64_t entries = 1; entries <= 64; ++entries) splits.push_back({free_entries(), word(entries)});
  return splits;
}

}  // namespace

Term has_bit(const Term& content, const Term& place) {
  return (content & shift_left(word(1), place)) != word(0);
}

Term slot_of(const Term& number, const Term& place) { return shift_left(number, word(6)) + place; }

Term between_promises(const Term& mask, const Term& number, const Term& begin, const Term& end,
                      const Term& place) {
  const Term slot = slot_of(number, place);
  return implies(less(place, word(64)), has_bit(mask, place) == (less_equal(begin, slot) & less(slot, end)));
}

Term inside_promises(const Term& starts, const Term& free, const Term& entries, const Term& start,
                     const Term& place) {
  return implies(
      less(start, word(64)) & has_bit(starts, start),
      less_equal(start + entries, word(64)) & implies(in_range(place, start, entries), has_bit(free, place)));
}

Term across_promises(const Term& starts, const Term& free, const Term& next, const Term& entries,
                     const Term& start, const Term& place) {
  const Term is_free = choose(less(place, word(64)), has_bit(free, place), has_bit(next, place - word(64)));
  return implies(less(start, word(64)) & has_bit(starts, start) & in_range(place, start, entries), is_free);
}

Term class_that_fits(const Term& entries) { return Term::apply("class_that_fits", 32, entries); }

Term inside_promised(const Path& path, const Term& start, const Term& place) {
  if (!path.ghosts.contains("inside.starts")) return Term::boolean(true);
  return inside_promises(path.ghosts.at("inside.starts"), path.ghosts.at("inside.free"),
                         path.ghosts.at("inside.entries"), start, place);
}

Term across_promised(const Path& path, const Term& start, const Term& place) {
  if (!path.ghosts.contains("across.starts")) return Term::boolean(true);
  return across_promises(path.ghosts.at("across.starts"), path.ghosts.at("across.free"),
                         path.ghosts.at("across.next"), path.ghosts.at("across.entries"), start, place);
}

void add_runs(Executor& executor, const Term& slot) {
  const auto add = [&](const char* function, std::function<Expected<Value>(State&, const Call&)> body) {
    executor.add(fmt::format("nospan::builtin::{}", function), simple(std::move(body)));
  };
  add("low_bits", [](State&, const Call& call) -> Expected<Value> {
    return Value::number(low_bits(call.arguments[0].bits));
  });
  executor.add("std::countr_zero",
               simple([count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
                 const Term place = Term::free_bits(7, fmt::format("lowest#{}", count++));
                 state.learn(lowest_promises(call.arguments[0].bits, zero_extend(place, 64)));
                 return Value::number(zero_extend(place, 32));
               }));
  executor.add("std::bit_width",
               simple([count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
                 const Term width = Term::free_bits(7, fmt::format("width#{}", count++));
                 state.learn(highest_promises(call.arguments[0].bits, zero_extend(width, 64)));
                 return Value::number(zero_extend(width, 64));
               }));
  add("multiples_of", [](State& state, const Call& call) -> Expected<Value> {
    const Term& shift = call.arguments[0].bits;
    state.require(Obligation::Kind::kContract, less_equal(shift, Term::bits(32, 6)), "multiples of at most 64",
                  call.place);
    return Value::number(multiples_of(shift));
  });
  add("bits_between", [slot, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
    const Term& number = call.arguments[0].bits;
    const Term& begin = call.arguments[1].bits;
    const Term& end = call.arguments[2].bits;
    state.require(Obligation::Kind::kContract, asked_of_between(number, begin, end),
                  "a run that reaches into the word", call.place);
    const Term mask = free_word(fmt::format("between#{}", count++));
    state.learn(between_promises(mask, number, begin, end, slot & word(63)) &
                between_promises(mask, number, begin, end, lowest_between(number, begin)));
    state.ghosts["between.mask"] = mask;
    state.ghosts["between.word"] = number;
    state.ghosts["between.begin"] = begin;
    state.ghosts["between.end"] = end;
    return Value::number(mask);
  });
  add("classes_of", [count = 0u](State& state, const Call&) mutable -> Expected<Value> {
    const Term classes = Term::free_bits(32, fmt::format("classes#{}", count++));
    state.assume(less_equal(classes, Term::bits(32, 7)));
    return Value::number(classes);
  });
  for (const bool fits : {true, false}) {
    add(fits ? "class_that_fits" : "class_that_holds",
        [fits, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
          const Term& entries = call.arguments[0].bits;
          state.require(Obligation::Kind::kContract, in_one_word(entries), "a run inside a word", call.place);
          const Term result = fits ? class_that_fits(entries)
                                   : Term::free_bits(32, fmt::format("class_that_holds#{}", count++));
          state.assume(less_equal(result, Term::bits(32, 6)));
          return Value::number(result);
        });
  }
  add("starts_inside", [count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
    state.require(Obligation::Kind::kContract, in_one_word(call.arguments[1].bits), "a run inside a word",
                  call.place);
    const Term starts = free_word(fmt::format("starts_inside#{}", count++));
    state.ghosts["inside.starts"] = starts;
    state.ghosts["inside.free"] = call.arguments[0].bits;
    state.ghosts["inside.entries"] = call.arguments[1].bits;
    return Value::number(starts);
  });
  add("starts_across", [count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
    state.require(Obligation::Kind::kContract, in_one_word(call.arguments[2].bits), "a run inside a word",
                  call.place);
    const Term starts = free_word(fmt::format("starts_across#{}", count++));
    state.ghosts["across.starts"] = starts;
    state.ghosts["across.free"] = call.arguments[0].bits;
    state.ghosts["across.next"] = call.arguments[1].bits;
    state.ghosts["across.entries"] = call.arguments[2].bits;
    return Value::number(starts);
  });
}

Expected<std::vector<Instance>> builtin_runs(const Setting& setting) {
  const Term count = free_word("count");
  const Term shift = Term::free_bits(32, "shift");
  const Term free = free_word("free");
  const Term next = free_word("next");
  const Term number = free_word("number");
  const Term begin = free_word("begin");
  const Term end = free_word("end");
  const Term& entries = free_entries();
  const Term start = free_word("start");
  const Term place = free_word("place");
  const auto at_most = [](unsigned most) {
    return [most](const Term& result) { return less_equal(result, Term::bits(32, most)); };
  };
  const std::vector<Question> questions = {
      {"countr_zero",
       "the place of the lowest set bit, or 64",
       {free},
       Term::boolean(true),
       [=](const Term& result) {
         const Term found = zero_extend(result, 64);
         return (found == trailing_zeros(free)) & lowest_promises(free, found);
       },
       {{"free", free}},
       {},
       Term::boolean(true),
       "std::"},
      {"bit_width",
       "one more than the place of the highest set bit, or 0",
       {free},
       Term::boolean(true),
       [=](const Term& result) { return highest_promises(free, result); },
       {{"free", free}},
       {},
       Term::boolean(true),
       "std::"},
      {"low_bits",
       "so many set bits from bit 0 on",
       {count},
       Term::boolean(true),
       [=](const Term& result) { return result == low_bits(count); },
       {{"count", count}},
       {}},
      {"multiples_of",
       "a set bit at each multiple of 2^shift",
       {shift},
       less_equal(shift, Term::bits(32, 6)),
       [=](const Term& result) { return result == multiples_of(shift); },
       {{"shift", shift}},
       {}},
      {"bits_between",
       "exactly the word's slots in [begin, end)",
       {number, begin, end},
       asked_of_between(number, begin, end) & less(place, word(64)),
       [=](const Term& result) { return between_promises(result, number, begin, end, place); },
       {{"number", number}, {"begin", begin}, {"end", end}, {"place", place}},
       {},
       less(begin, end)},
      {"classes_of", "at most 7", {free}, Term::boolean(true), at_most(7), {{"free", free}}, {}},
      {"class_that_fits", "at most 6", {entries}, in_one_word(entries), at_most(6), {{"entries", entries}}, {}},
      {"class_that_holds",
       "at most 6",
       {entries},
       in_one_word(entries),
       at_most(6),
       {{"entries", entries}},
       {}},
      {"starts_inside",
       "where a run is said to start, it lies in the word, and each entry of it is free",
       {free, entries},
       in_one_word(entries) & less(place, word(64)),
       [=](const Term& result) { return inside_promises(result, free, entries, start, place); },
       {{"free", free}, {"entries", entries}, {"start", start}, {"place", place}},
       split_entries()},
      {"starts_across",
       "where a run is said to start, each entry of it in the two words is free",
       {free, next, entries},
       in_one_word(entries) & less(place, word(128)),
       [=](const Term& result) { return across_promises(result, free, next, entries, start, place); },
       {{"free", free}, {"next", next}, {"entries", entries}, {"start", start}, {"place", place}},
       split_entries()},
  };
  std::vector<Instance> instances;
  for (const Question& question : questions) {
    auto instance = prove_contract(setting, question);
    if (!instance) return tl::unexpected(instance.error());
    instances.push_back(std::move(*instance));
  }
  return instances;
}

}  // namespace nospan::solver
