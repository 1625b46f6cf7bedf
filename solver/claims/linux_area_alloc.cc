// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_area_alloc.h"

#include <fmt/format.h>

#include "solver/claims/contract_examples.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_table.h"

namespace nospan::solver {
namespace {

using reports::Expected;

struct AreaRequest {
  Term size;
  Term start;
  Term count;
  Term shift;
  Term boundary;  // entries
  Term align_mask;
};

std::vector<Named> area_alloc_asks(const Object& map, const AreaRequest& request) {
  const Term most = word(uint64_t{1} << 52);  // entries of 4 KiB in 64 bits of DMA address
  // An empty area would have 2^64 - 1 bits once its last one is taken off. A request that fits between no two
  // boundaries is looked for forever, unless there are too few entries anyway.
  return {
      {"where there is an entry", request.size != word(0)},
      {"inside the map", less_equal(request.size, word(kMostBits)) & less_equal(request.size, room(map))},
      {"for an entry", request.count != word(0)},
      {"with a boundary that is a power of two",
       power_of_two(request.boundary) & less_equal(request.boundary, most)},
      {"for a window on the bus", less_equal(request.shift, most)},
      {"for what fits between two boundaries",
       less_equal(request.count, request.boundary) | less_equal(request.size, request.count)},
      {"with an alignment that is a power of two",
       ((request.align_mask & (request.align_mask + word(1))) == word(0)) &
           less(request.align_mask, word(uint64_t{1} << 63))},
  };
}

// The last entry is never used.
Term area_alloc_promises(const AreaRequest& request, const Term& before, const Term& bit, const Term& found) {
  return less_equal(request.start, found) & less(request.count, request.size) &
         less(found, request.size - request.count) & ((found & request.align_mask) == word(0)) &
         inside_boundary(request.shift, found, request.count, request.boundary) &
         implies(in_range(bit, found, request.count), !is_set(before, bit));
}

Expected<Instance> area_alloc(const Setting& setting) {
  const std::string function = "iommu_area_alloc";
  Executor executor(setting.program);
  const Term bit = arbitrary_bit();
  add_environment(executor);
  add_bitmap_contracts(executor, bit);
  const Term words = Term::free_map("before");
  const Term word_count = free_word("map_words");
  State state;
  const ObjectId object = state.memory.add(Object::of_words("map", shift_left(word_count, word(3)), words));
  const Term count = Term::free_bits(32, "count");
  const Term exponent = free_word("boundary_exponent");
  const AreaRequest request{free_word("size"),
                            free_word("start"),
                            zero_extend(count, 64),
                            free_word("shift"),
                            shift_left(word(1), exponent),
                            free_word("align_mask")};

  LoopContract loop;
  loop.function = function;
  loop.words = "the search goes on at or behind where it began";
  const auto position = [request](LoopView& view) {
    return carried(view, "start",
                   [&](const auto& variable) { return variable.entry.bits.same(request.start); });
  };
  loop.invariant = [=](LoopView& view) -> Expected<Term> {
    auto start = position(view);
    if (!start) return tl::unexpected(start.error());
    return less_equal(request.start, (*start)->value.bits) &
           Term::boolean(view.state.memory.at(object).words().same(words));
  };
  loop.measure = [=](LoopView& view) -> Expected<Term> {
    auto start = position(view);
    if (!start) return tl::unexpected(start.error());
    // It only ever grows.
    return ~(*start)->value.bits;
  };
  executor.add(loop);

  Instance instance;
  instance.claim = "alloc";
  instance.function = function;
  instance.target = setting.target;
  instance.words =
      "the result is -1 and nothing changes, or an aligned area of free entries between start and size, across "
      "no "
      "boundary, that is then marked, and nothing else";
  instance.examples = allocation_examples(setting.system_page_shift);
  instance.rests_on = {"alloc/bitmap_find_next_zero_area_off", "alloc/__bitmap_set"};
  instance.assumptions = {
      {"bitmap-size", "a bitmap has at most 2^31 bits", "a window has at most 2^31 entries: window-entries"}};
  instance.domain = {less_equal(word(1), word_count), less_equal(word_count, word(kMostBits / 64)),
                     less(bit, word(kMostBits)), less_equal(exponent, word(52))};
  for (const Named& asked : area_alloc_asks(state.memory.at(object), request)) {
    instance.domain.push_back(asked.term);
  }
  instance.inputs = {{"size", request.size},
                     {"start", request.start},
                     {"count", request.count},
                     {"shift", request.shift},
                     {"boundary", request.boundary},
                     {"align_mask", request.align_mask},
                     {"bit", bit},
                     {"map_words", word_count}};
  auto paths = executor.run(
      function, state,
      {Value::pointer(object), Value::number(request.size), Value::number(request.start), Value::number(count),
       Value::number(request.shift), Value::number(request.boundary), Value::number(request.align_mask)},
      instance.domain);
  if (!paths) return tl::unexpected(paths.error());
  instance.paths = paths->size();
  instance.incomplete = incompleteness(*paths);
  instance.cases = contract_cases(*paths);
  for (Case& question : safety_cases(*paths)) instance.cases.push_back(std::move(question));
  instance.cases.push_back(on_return("an area inside, aligned, free before", *paths, [&](const Path& path) {
    const Term& found = path.result->bits;
    return (found == word(kNoEntry)) | area_alloc_promises(request, words, bit, found);
  }));
  instance.cases.push_back(on_return("exactly the area is marked", *paths, [&](const Path& path) {
    const Term& found = path.result->bits;
    const Term& after = path.memory.at(object).words();
    const Term marked = choose(found == word(kNoEntry), word(0), request.count);
    return only_range_changed(words, after, bit, found, marked, true);
  }));
  instance.witnesses = returning(*paths, [&](const Path& path) {
    return (path.result->bits != word(kNoEntry)) & (request.count == word(20));
  });
  return instance;
}

}  // namespace

Term power_of_two(const Term& number) {
  return (number != word(0)) & ((number & (number - word(1))) == word(0));
}

Term inside_boundary(const Term& shift, const Term& first, const Term& count, const Term& boundary) {
  return less_equal(((shift + first) & (boundary - word(1))) + count, boundary);
}

void add_area_alloc(Executor& executor, const Term& bit) {
  executor.add("iommu_area_alloc",
               [bit, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
                 auto map = map_of(state, call);
                 if (!map) return tl::unexpected(map.error());
                 const AreaRequest request{
                     call.arguments[1].bits, call.arguments[2].bits, zero_extend(call.arguments[3].bits, 64),
                     call.arguments[4].bits, call.arguments[5].bits, call.arguments[6].bits};
                 // What it asks is no condition of the path either.
                 for (const Named& asked : area_alloc_asks(**map, request)) {
                   if (asked.term.is_true()) continue;
                   state.obligations.push_back({Obligation::Kind::kContract, asked.term,
                                                "iommu_area_alloc() is asked " + asked.name, call.place,
                                                state.conditions.size()});
                 }
                 state.happened(Event::Kind::kOther, {request.size}, call.place, kAreaAsked);
                 std::vector<Outcome> outcomes;
                 outcomes.push_back({state, Value::number(word(kNoEntry))});
                 const Term before = state.memory.at(call.arguments[0].object).words();
                 const Term after = Term::free_map(fmt::format("allocation#{}", count));
                 const Term found = free_word(fmt::format("area#{}", count++));
                 state.assume(found != word(kNoEntry));
                 state.ghosts[kAreaPromised] =
                     area_alloc_promises(request, before, bit, found) &
                     only_range_changed(before, after, bit, found, request.count, true);
                 state.memory.change(call.arguments[0].object).set_words(after);
                 outcomes.push_back({std::move(state), Value::number(found)});
                 return outcomes;
               });
}

Expected<std::vector<Instance>> linux_area_alloc(const Setting& setting) {
  auto area = area_alloc(setting);
  if (!area) return tl::unexpected(area.error());
  return std::vector<Instance>{std::move(*area)};
}

}  // namespace nospan::solver
