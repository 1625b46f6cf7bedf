// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_search_proof.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>

#include "solver/claims/builtin_bits.h"
#include "solver/claims/builtin_hints.h"
#include "solver/claims/builtin_runs.h"
#include "solver/claims/builtin_search_promises.h"
#include "solver/claims/filler.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/loop_variables.h"

namespace nospan::solver {
namespace {

using reports::Expected;

std::string linked(const Setting& setting, const std::string& function) {
  return (*(*setting.program.function("nospan::builtin::EntrySpace::" + function))).getName().str();
}

// A search of any words with any request that translate() can make.
struct SearchProof {
  std::unique_ptr<SpaceProof> proof;
  Search search;
  Value pointer;
  Value slot;
  Term exponent = Term::free_bits(6, "alignment_exponent");
  Term boundary_exponent = Term::free_bits(6, "boundary_exponent");
  Term begin = zero_extend(Term::free_bits(33, "begin"), 64);
  Term end = zero_extend(Term::free_bits(33, "end"), 64);

  static Expected<SearchProof> make(const Setting& setting) {
    auto made = SpaceProof::make(setting);
    if (!made) return tl::unexpected(made.error());
    SearchProof result;
    result.proof = std::move(*made);
    const Space& space = result.space();
    add_hints(result.proof->executor, space);
    add_bits(result.proof->executor, space);
    add_search(result.proof->executor, space);
    result.search = {zero_extend(Term::free_bits(39, "entries_wanted"), 64),
                     zero_extend(Term::free_bits(39, "last_slot"), 64),
                     shift_left(word(1), zero_extend(result.exponent, 64)),
                     boundary_of(result.boundary_exponent),
                     free_word("pattern"),
                     free_word("aligned_words_mask"),
                     free_word("boundary_words_mask")};
    Filler filler(setting.program, result.proof->state.memory);
    const ObjectId object = filler.add("search", "Search");
    for (const auto& [member, value] : result.search.members()) filler.set(object, "Search", member, *value);
    if (filler.error()) return tl::unexpected(*filler.error());
    result.pointer = Value::pointer(object);
    result.slot = add_cell(result.proof->state, "slot");
    return result;
  }

  const Space& space() const { return proof->space; }
  std::vector<Named> inputs() const {
    return {{"entries_wanted", search.entries},
            {"last_slot", search.last_slot},
            {"alignment", search.alignment},
            {"boundary", search.boundary},
            {"begin", begin},
            {"end", end}};
  }
  // As far as a place of a word that the code looks at can tell, too.
  std::vector<Term> asked(const std::string& function) const {
    return {asked_of_search(space(), function, search, begin, end)};
  }
  std::vector<Split> boundary_splits() const {
    std::vector<Split> splits;
    splits.reserve(64);
    for (uint64_t value = 0; value < 64; ++value) splits.push_back({boundary_exponent, Term::bits(6, value)});
    return splits;
  }
  std::vector<Split> alignment_splits() const {
    std::vector<Split> splits;
    splits.reserve(64);
    for (uint64_t value = 0; value < 64; ++value) splits.push_back({exponent, Term::bits(6, value)});
    return splits;
  }

  // Goals of a function that searches [from, to).
  std::vector<SpaceProof::Goal> goals(const Term& from, const Term& to) const {
    const Term before = space().bits(proof->state.memory);
    // Any slot, in place of the one that is found.
    const Term found = zero_extend(Term::free_bits(39, "any_found"), 64);
    const auto known = [this](const Path& path) {
      const Term at = cell(path, slot);
      const Term place = at & word(63);
      return path.result->bits & allowed_promised(space(), search, path, place) &
             inside_promised(path, place, space().slot & word(63)) &
             across_promised(path, place, space().slot - (at - place));
    };
    // Where the code asked which starts a word allows, it found one of them: from that the rest follows.
    const auto start = [this](const Path& path) {
      const Term at = cell(path, slot);
      const auto number = path.ghosts.find("allowed.word");
      return number == path.ghosts.end() ? at : slot_of(number->second, at & word(63));
    };
    const auto is_allowed = [this, start](const Path& path) {
      const Term at = cell(path, slot);
      const auto allowed = path.ghosts.find("allowed.starts");
      return allowed == path.ghosts.end() ? Term::boolean(true)
                                          : (at == start(path)) & has_bit(allowed->second, at & word(63));
    };
    return {{"an allowed start", [=](const Path& path) { return implies(known(path), is_allowed(path)); }},
            {"every entry is free",
             [=, this](const Path& path) {
               return implies(known(path), is_free(space(), before, cell(path, slot), search.entries));
             }},
            {"not behind the last slot",
             [=, this](const Path& path) {
               return implies(known(path), less_equal(cell(path, slot), search.last_slot));
             },
             {},
             {implies(less_equal(found, search.last_slot), are_slots(space(), search, found))}},
            {"in the words",
             [=, this](const Path& path) {
               const Term at = cell(path, slot);
               return implies(known(path), less_equal(from, shift_right(at, word(6))) &
                                               less_equal(at + search.entries, shift_left(to, word(6))));
             }},
            {"aligned",
             [=, this](const Path& path) {
               return implies(known(path) & is_allowed(path),
                              ((space().table.origin + start(path)) & (search.alignment - word(1))) == word(0));
             },
             alignment_splits()},
            {"in one boundary",
             [=, this](const Path& path) {
               return implies(
                   known(path) & is_allowed(path),
                   in_one_boundary(space().table.origin + start(path), search.entries, search.boundary));
             },
             boundary_splits()},
            {"bits stay",
             [=, this](const Path& path) { return Term::boolean(space().bits(path.memory).same(before)); }}};
  }
};

LoopContract loop_over_words(const Setting& setting, const SearchProof& proof, const std::string& function) {
  LoopContract loop;
  loop.function = linked(setting, function);
  loop.words = "word by word, upwards";
  const Space& space = proof.space();
  loop.havoc = [space](LoopView& view) -> Expected<void> {
    auto number = view.find("word");
    if (!number) return tl::unexpected(number.error());
    (*number)->value.bits = zero_extend(Term::free_bits(33, "word during"), 64);
    space.forget_summaries(view.state, "during");
    return {};
  };
  loop.invariant = [begin = proof.begin, end = proof.end](LoopView& view) -> Expected<Term> {
    auto number = view.find("word");
    if (!number) return tl::unexpected(number.error());
    const Term& at = (*number)->value.bits;
    return less_equal(begin, at) & (less_equal(at, end) | (at == begin));
  };
  loop.measure = [](LoopView& view) -> Expected<Term> {
    auto number = view.find("word");
    if (!number) return tl::unexpected(number.error());
    return short_of_highest((*number)->value.bits);
  };
  return loop;
}

// search_within_words() and search_junctions().
Expected<Instance> word_search(const Setting& setting, const std::string& function) {
  auto made = SearchProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  SearchProof& search = *made;
  search.proof->executor.add(loop_over_words(setting, search, function));
  const bool within = function == "search_within_words";
  const Term class_ = Term::free_bits(32, "of_class");
  std::vector<Value> arguments = {search.pointer};
  std::vector<Term> asked = search.asked(function);
  if (within) {
    arguments.push_back(Value::number(class_));
    asked.push_back(less(class_, Term::bits(32, 7)));
  }
  arguments.insert(arguments.end(), {Value::number(search.begin), Value::number(search.end), search.slot});
  return search.proof->prove(
      {.function = function,
       .words = "what is found is free, aligned, in one boundary and in the words",
       .arguments = std::move(arguments),
       .asked = std::move(asked),
       .rests_on = {within ? "contract/starts_inside" : "contract/starts_across",
                    "contract/EntrySpace::allowed_starts", "contract/EntrySpace::next_candidate"},
       .inputs = search.inputs()},
      search.goals(search.begin, search.end),
      [&](const Path& path) { return path.result->bits & (search.search.entries == word(3)); });
}

Expected<Instance> search_long(const Setting& setting) {
  auto made = SearchProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  SearchProof& search = *made;
  const Space space = search.space();
  const Term place = free_word("place");
  LoopContract loop;
  loop.function = linked(setting, "search_long");
  loop.words = "place by place, upwards";
  loop.havoc = [space](LoopView& view) -> Expected<void> {
    space.forget_summaries(view.state, "during");
    return {};
  };
  loop.invariant = [place, end = search.end](LoopView& view) -> Expected<Term> {
    auto at = view.find("place");
    auto from = view.find("from");
    if (!at || !from) return tl::unexpected(at ? from.error() : at.error());
    const Term& here = (*at)->value.bits;
    return less_equal(place, here) & (less_equal(here, shift_left(end, word(6))) | (here == place)) &
           less_equal((*from)->value.bits, end);
  };
  loop.measure = [](LoopView& view) -> Expected<Term> {
    auto at = view.find("place");
    if (!at) return tl::unexpected(at.error());
    return short_of_highest((*at)->value.bits);
  };
  search.proof->executor.add(loop);
  std::vector<Term> asked = search.asked("search_long");
  asked.push_back(less_equal(search.begin, shift_right(place, word(6))));
  return search.proof->prove({.function = "search_long",
                              .words = "what is found is free, aligned, in one boundary and in the words",
                              .arguments = {search.pointer, Value::number(place), Value::number(search.begin),
                                            Value::number(search.end), search.slot},
                              .asked = std::move(asked),
                              .rests_on = {"contract/EntrySpace::adjusted", "contract/EntrySpace::last_taken",
                                           "contract/EntrySpace::next_word"},
                              .inputs = search.inputs(),
                              .in_parts = true},
                             search.goals(search.begin, search.end), [&](const Path& path) {
                               return path.result->bits & (search.search.entries == word(100));
                             });
}

Expected<Instance> search_exactly(const Setting& setting) {
  auto made = SearchProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  SearchProof& search = *made;
  return search.proof->prove(
      {.function = "search_exactly",
       .words = "what is found is free, aligned, in one boundary and in the words",
       .arguments = {search.pointer, Value::number(search.begin), Value::number(search.end), search.slot},
       .asked = search.asked("search_exactly"),
       .rests_on = {"contract/EntrySpace::search_within_words", "contract/EntrySpace::search_junctions",
                    "contract/EntrySpace::search_long"},
       .inputs = search.inputs()},
      search.goals(search.begin, search.end),
      [&](const Path& path) { return path.result->bits & (search.search.entries == word(3)); });
}

Expected<Instance> search_region(const Setting& setting) {
  auto made = SearchProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  SearchProof& search = *made;
  const Space& space = search.space();
  const Term number = Term::free_bits(32, "number");
  const Term wide = zero_extend(number, 64);
  const Term before = space.regions(search.proof->state.memory);
  std::vector<SpaceProof::Goal> goals = search.goals(space.begin_of(wide), space.end_of(wide));
  goals.push_back({"what regions remember",
                   [&](const Path& path) { return space.keeps_regions(before, space.regions(path.memory)); },
                   split_region_shift()});
  return search.proof->prove(
      {.function = "search_region",
       .words = "what is found is free, aligned, in one boundary and in the region, whose hint is moved there",
       .arguments = {search.pointer, Value::number(number), search.slot},
       .asked = {is_search(space, search.search, space.start), less(number, space.table.region_count),
                 space.region_holds(before, wide, class_that_fits(search.search.entries)),
                 space.region_holds(before, wide, Term::bits(32, 0))},
       .rests_on = {"contract/EntrySpace::search_within_words", "contract/EntrySpace::search_junctions",
                    "contract/EntrySpace::search_long", "contract/EntrySpace::words_of"},
       .inputs = search.inputs(),
       .in_parts = true},
      goals, [&](const Path& path) { return path.result->bits & (search.search.entries == word(3)); });
}

Expected<Instance> allowed_starts(const Setting& setting) {
  auto made = SearchProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  SearchProof& search = *made;
  const Space& space = search.space();
  const Term number = zero_extend(Term::free_bits(33, "number"), 64);
  return search.proof->prove(
      {.function = "allowed_starts",
       .words = "a start that is allowed is aligned, not too high, and in one boundary if that is below 64",
       .arguments = {search.pointer, Value::number(number)},
       .asked = {is_search(space, search.search, space.start), less(number, space.table.words)},
       .rests_on = {"contract/low_bits"},
       .inputs = search.inputs()},
      {{"a start",
        [&](const Path& path) {
          return allowed_promises(space, search.search, number, path.result->bits, space.start);
        },
        search.alignment_splits()}},
      [&](const Path& path) { return path.result->bits != word(0); });
}

Expected<Instance> adjusted(const Setting& setting) {
  auto made = SearchProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  SearchProof& search = *made;
  const Space& space = search.space();
  const Term from = zero_extend(Term::free_bits(39, "from"), 64);
  // The next multiple of the alignment, whatever the boundary: solvers get each of them as a number in its
  // turn.
  const Term lowest = space.table.origin + from;
  const Term below = search.search.alignment - word(1);
  const Term up = (lowest + below) & ~below;
  const auto index = [&](const Path& path) { return space.table.origin + path.result->bits; };
  const auto goal = [&](const char* name, std::function<Term(const Path&)> holds) {
    return SpaceProof::Goal{name,
                            std::move(holds),
                            search.boundary_splits(),
                            {less_equal(lowest, up), (up & below) == word(0)},
                            search.alignment_splits()};
  };
  // adjusted_promises(), in parts. The code computes an index, and from that the slot: that the slot is not
  // lower if the index is not is shown of any slot.
  const Term any = free_word("any_slot");
  const SpaceProof::Goal of_any_slot = {"a slot is lower if its index is", [&](const Path&) {
                                          return implies(less_equal(lowest, space.table.origin + any),
                                                         less_equal(from, any));
                                        }};
  return search.proof->prove(
      {.function = "adjusted",
       .words = "a slot that is aligned, in one boundary, and not lower",
       .arguments = {search.pointer, Value::number(from)},
       .asked = {is_search(space, search.search, space.start), less(from, space.slots())},
       .rests_on = {},
       .inputs = search.inputs(),
       .in_parts = true},
      {of_any_slot, goal("not lower", [&](const Path& path) { return less_equal(lowest, index(path)); }),
       goal("aligned", [&](const Path& path) { return (index(path) & below) == word(0); }),
       goal("in one boundary",
            [&](const Path& path) {
              return in_one_boundary(index(path), search.search.entries, search.search.boundary);
            })},
      [&](const Path&) { return search.search.alignment == word(16); });
}

Expected<Instance> translate(const Setting& setting) {
  auto made = SearchProof::make(setting);
  if (!made) return tl::unexpected(made.error());
  SearchProof& search = *made;
  const Space& space = search.space();
  Filler filler(setting.program, search.proof->state.memory);
  const ObjectId object = filler.add("request", "SpaceRequest");
  const Term shift = Term::free_bits(6, "alignment_shift");
  filler.set(object, "SpaceRequest", "boundary", search.search.boundary);
  filler.set(object, "SpaceRequest", "alignment_shift", zero_extend(shift, 32));
  if (filler.error()) return tl::unexpected(*filler.error());
  auto request = read_request(setting.program, search.proof->state, Value::pointer(object));
  if (!request) return tl::unexpected(request.error());
  // Exactly: the shift of a boundary, which the pattern is multiplied for, is then a number in each part.
  search.proof->executor.add("std::countr_zero", simple([](State&, const Call& call) -> Expected<Value> {
                               return Value::number(truncate(trailing_zeros(call.arguments[0].bits), 32));
                             }));
  std::vector<Split> alignments;
  alignments.reserve(64);
  for (uint64_t value = 0; value < 64; ++value) alignments.push_back({shift, Term::bits(6, value)});
  const auto made_of = [&](const Path& path) {
    State state;
    state.memory = path.memory;
    // The object was filled in above: it can be read.
    return *Search::read(setting.program, state, search.pointer);
  };
  return search.proof->prove(
      {.function = "translate",
       .words = "patterns and limits are those of the request",
       .arguments = {Value::pointer(object), search.pointer},
       .asked = {asked_of_take(*request)},
       .rests_on = {"contract/countr_zero", "contract/multiples_of", "contract/low_bits"},
       .inputs = {{"entries_wanted", request->entries}, {"boundary", request->boundary}},
       .obligation_splits = search.boundary_splits()},
      {{"limits",
        [&](const Path& path) {
          return implies(path.result->bits,
                         has_limits(space, made_of(path)) & (made_of(path).entries == request->entries) &
                             less_equal(space.table.origin + made_of(path).last_slot, request->last_start));
        }},
       {"alignment",
        [&](const Path& path) {
          return implies(path.result->bits,
                         has_alignment(made_of(path)) &
                             (made_of(path).alignment == shift_left(word(1), zero_extend(shift, 64))));
        },
        alignments},
       {"boundary",
        [&](const Path& path) {
          return implies(path.result->bits,
                         has_boundary(made_of(path)) & (made_of(path).boundary == request->boundary));
        },
        search.boundary_splits()},
       {"the pattern keeps the alignment",
        [&](const Path& path) {
          return implies(path.result->bits, pattern_keeps_alignment(made_of(path), space.start));
        },
        alignments},
       {"the pattern keeps a boundary",
        [&](const Path& path) {
          return implies(path.result->bits, pattern_keeps_boundary(made_of(path), space.start));
        },
        search.boundary_splits()}},
      [&](const Path& path) { return path.result->bits & (request->entries == word(3)); });
}

}  // namespace

Expected<std::vector<Instance>> builtin_search(const Setting& setting) {
  std::vector<Instance> instances;
  for (auto& made : {translate(setting), allowed_starts(setting), word_search(setting, "search_within_words"),
                     search_exactly(setting)}) {
    if (!made) return tl::unexpected(made.error());
    instances.push_back(*made);
  }
  return instances;
}

Expected<std::vector<Instance>> builtin_search_words(const Setting& setting) {
  std::vector<Instance> instances;
  for (auto& made : {adjusted(setting), word_search(setting, "search_junctions"), search_long(setting),
                     search_region(setting)}) {
    if (!made) return tl::unexpected(made.error());
    instances.push_back(*made);
  }
  return instances;
}

}  // namespace nospan::solver
