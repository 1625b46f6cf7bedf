// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_alloc.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "solver/claims/contract_examples.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_range_alloc.h"
#include "solver/claims/linux_range_call.h"
#include "solver/claims/linux_search_end.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {
namespace {

using reports::Expected;

constexpr const char* kAtLeastOne = "at least one entry";

// Of the first entry, if it is not a failure, where `boundary` entries lie between two segment boundaries.
std::vector<Named> range_alloc_promises(const RangeCall& call, const Term& entry, const Term& boundary) {
  const Term align_mask = shift_left(word(1), call.request.align_order) - word(1);
  const LinuxTable& table = call.table;
  const RangeRequest& request = call.request;
  return {
      {kAtLeastOne, request.pages != word(0)},
      {"in the window", range_alloc_promises_place(table.entries, request.pages, entry)},
      {SearchEnd::kBelowMask, is_reached(call, last_entry(request, entry))},
      {"aligned", (entry & align_mask) == word(0)},
      {"across no segment boundary", inside_boundary(table.first_index, entry, request.pages, boundary)},
  };
}

// Without cases.
Instance range_instance(const Setting& setting, const RangeCall& call) {
  Instance instance;
  instance.function = "iommu_range_alloc";
  instance.target = setting.target;
  instance.examples = allocation_examples(setting.system_page_shift);
  instance.rests_on = {"alloc/iommu_area_alloc", "alloc/dma_get_seg_boundary_nr_pages"};
  instance.assumptions = call.table.assumptions;
  instance.hypotheses = range_alloc_hypotheses(call.window(), call.request.pages, call.request.mask);
  instance.domain = call.wide_domain(true);
  instance.domain.push_back(range_alloc_meaning(call.request));
  instance.domain.push_back(less(call.bit, word(kMostBits)));
  instance.domain.push_back(less_equal(word(12), call.table.page_shift));
  instance.domain.push_back(less_equal(call.table.page_shift, word(34)));
  instance.inputs = call.table.inputs;
  for (const Named& input : {Named{"pages", call.request.pages}, Named{"mask", call.request.mask},
                             Named{"align_order", call.request.align_order}, Named{"bit", call.bit}}) {
    instance.inputs.push_back(input);
  }
  const Term& shift = call.table.page_shift;
  const Term page_mask = shift_left(word(1), shift) - word(1);
  // What a scenario can tell, then what is small.
  instance.preferences = {(call.request.mask & (call.request.mask + word(1))) == word(0),
                          less_equal(call.request.mask, shift_right(word(kNoEntry), shift)),
                          less_equal(page_mask, call.table.boundary_mask),
                          call.request.align_order == word(0),
                          call.table.first_index == word(0),
                          shift == word(12),
                          call.table.entries == word(64),
                          less_equal(call.table.entries, word(4)),
                          call.request.pages == call.table.entries,
                          call.request.pages == word(1),
                          call.request.pages == word(2),
                          call.table.boundary_mask == word(kNoEntry),
                          call.table.boundary_mask == page_mask,
                          call.request.mask == shift_right(word(kNoEntry), shift),
                          call.request.mask == word(15),
                          call.table.first_index == word(16),
                          call.table.max_segment_size == Term::bits(32, 65536)};
  instance.paths = call.paths.size();
  instance.incomplete = incompleteness(call.paths);
  return instance;
}

// Of all paths that return.
void add_behind_search(std::vector<Case>& cases, const RangeCall& call, const std::string& name,
                       const std::function<Term(const Path&)>& goal) {
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    Term holds = goal(path);
    if (!holds.is_true()) add_case(cases, {name, {}, std::move(holds), {}});
  }
}

// What callers are told besides: of any numbers, then that the table's are such.
std::vector<Case> what_place_means(const RangeCall& call, const Term& narrow) {
  // As wide as they can be: solvers are slow on what overflows 64 bits.
  const auto narrow_number = [](unsigned width, std::string_view name) {
    return zero_extend(Term::free_bits(width, name), 64);
  };
  const RangeWindow any{narrow_number(52, "any_first_index"), narrow_number(32, "any_entries"), {}, {}};
  const Term highest = narrow_number(52, "highest_index");
  const Term pages = narrow_number(32, "any_pages");
  const Term entry = free_word("any_entry");
  const auto on_bus = [](const Term& first_index, const Term& entries, const Term& highest_index) {
    return less_equal(first_index, highest_index) & less_equal(entries - word(1), highest_index - first_index);
  };
  std::vector<Case> cases;
  for (const Term& meaning : range_alloc_place_means(any, highest, pages, entry)) {
    cases.push_back({"what the place of the entries means",
                     {on_bus(any.first_index, any.entries, highest), pages != word(0),
                      range_alloc_promises_place(any.entries, pages, entry)},
                     meaning,
                     {}});
  }
  const Term highest_index = shift_right(word(~uint64_t{0}), call.table.page_shift);
  cases.push_back({"the window is on the bus",
                   {narrow},
                   on_bus(call.table.first_index, call.table.entries, highest_index) &
                       less(highest_index, word(uint64_t{1} << 52)) &
                       less(call.table.entries, word(uint64_t{1} << 32)),
                   {}});
  return cases;
}

Instance range_alloc(const Setting& setting, const RangeCall& call) {
  Instance instance = range_instance(setting, call);
  instance.claim = "alloc";
  instance.words =
      "entries lie in the window, below the mask, across no segment boundary, aligned, all free before, all "
      "marked "
      "after and nothing else; handle gets the entry behind; a failure changes neither";
  const SearchEnd end(call);
  instance.cases = end.cases();
  // The obligations that follow from that are shown as such.
  std::vector<Path> others = call.paths;
  for (Path& path : others) std::erase_if(path.obligations, SearchEnd::is_about);
  for (Case& question : all_obligation_cases(others)) instance.cases.push_back(std::move(question));
  end.add_consequences(instance.cases);
  const auto promises = range_alloc_promises(call, word(0), call.boundary);
  for (std::size_t i = 0; i < promises.size(); ++i) {
    const auto goal = [&](const Path& path) {
      return implies(succeeded(path), range_alloc_promises(call, path.result->bits, call.boundary)[i].term);
    };
    // That there is something to search for is not said by where the search ends.
    if (promises[i].name == kAtLeastOne) {
      instance.cases.push_back(on_return(promises[i].name, call.paths, goal));
    } else if (promises[i].name == SearchEnd::kBelowMask) {
      end.add_below_mask(instance.cases);
    } else {
      add_behind_search(instance.cases, call, promises[i].name,
                        [&](const Path& path) { return end.follows(path, true, goal(path)); });
    }
  }
  const Term before = call.table.state.memory.at(call.table.bitmap).words();
  instance.cases.push_back(on_return("all free before", call.paths, [&](const Path& path) {
    return implies(promised(path) & succeeded(path) & in_range(call.bit, path.result->bits, call.request.pages),
                   !is_set(before, call.bit));
  }));
  add_behind_search(instance.cases, call, "all marked after, and nothing else", [&](const Path& path) {
    const Term marked = choose(succeeded(path), call.request.pages, word(0));
    const Term after = path.memory.at(call.table.bitmap).words();
    return end.follows(path, false,
                       only_range_changed(before, after, call.bit, path.result->bits, marked, true));
  });
  instance.cases.push_back(on_return("handle", call.paths, [&](const Path& path) {
    Object handle = path.memory.at(call.handle);
    const auto now = handle.load(word(0), 8);
    if (!now) return Term::boolean(false);
    const Term written = succeeded(path) & !call.no_handle;
    return now->bits == choose(written, path.result->bits + call.request.pages, free_word("handle"));
  }));
  const Term narrow = call.narrow();
  for (Case& question : instance.cases) {
    question.given.push_back(narrow);
    question.try_without_given = true;
  }
  // What callers know, in place of what is said of the free numbers.
  instance.cases.push_back({"the pools have entries as callers see to it",
                            {narrow, range_window(call.table).pools_have_entries},
                            call.window().pools_have_entries,
                            {}});
  for (Case& question : what_place_means(call, narrow)) instance.cases.push_back(std::move(question));
  instance.cases.push_back({"the table is one of those that are asked about",
                            {narrow},
                            all_of(call.wide_domain(false)),
                            split_page_shift(call.table.page_shift)});
  instance.witnesses =
      returning(call.paths, [&](const Path& path) { return narrow & promised(path) & succeeded(path); });
  instance.scenario_is_example = true;
  instance.scenario = [shift = setting.system_page_shift, id = instance.id()](const Model& model) {
    Model machine = model;
    const uint64_t page_shift = model.at("page_shift");
    machine["dma_mask"] = (((model.at("mask") + 1) << page_shift)) - 1;
    ScenarioText text(machine, shift, fmt::format("a counterexample of the prover to {}", id));
    const uint64_t bytes = model.at("pages") << page_shift;
    text.owned_by_caller(0, bytes - 1);
    text.map_page(0, 0, bytes, 0);
    return text.text();
  };
  return instance;
}

// What drivers get of the alignment: on the bus, not in the table.
Instance bus_alignment(const Setting& setting, const RangeCall& call) {
  Instance instance = range_instance(setting, call);
  instance.claim = "alignment";
  instance.words = "the first entry's page on the bus is aligned as asked";
  instance.rests_on = {"alloc/iommu_range_alloc"};
  const Term align_mask = shift_left(word(1), call.request.align_order) - word(1);
  instance.hypotheses = {{"window-aligned", "the window begins at a multiple of the alignment",
                          "lib/iommu-helper.c, iommu_area_alloc() aligns in the table (finding "
                          "coherent-alignment-relative-to-table)",
                          (call.table.first_index & align_mask) == word(0)}};
  const Term entry = free_word("entry");
  Term promised = Term::boolean(true);
  for (const Named& promise : range_alloc_promises(call, entry, boundary_entries(call.table))) {
    promised = promised & promise.term;
  }
  instance.inputs.push_back({"entry", entry});
  promised = promised & call.narrow();
  instance.cases = {
      {"the page on the bus", {promised}, ((call.table.first_index + entry) & align_mask) == word(0), {}}};
  instance.witnesses = {{promised, call.request.align_order == word(4)}};
  instance.incomplete = std::nullopt;
  // As alloc_coherent asks: as many pages as the order says, a multiple of the system page.
  const uint64_t order = 4;
  instance.preferences = {call.table.page_shift == word(12),
                          call.request.align_order == word(order),
                          call.request.pages == word(uint64_t{1} << order),
                          call.table.first_index == word(1),
                          call.table.entries == word(64),
                          call.table.boundary_mask == word(kNoEntry),
                          call.request.mask == shift_right(word(kNoEntry), call.table.page_shift),
                          call.table.max_segment_size == Term::bits(32, 65536)};
  instance.scenario_is_example = true;
  instance.scenario = [shift = setting.system_page_shift, id = instance.id()](const Model& model) {
    ScenarioText text(model, shift, fmt::format("a counterexample of the prover to {}", id));
    const uint64_t bytes = model.at("pages") << model.at("page_shift");
    text.owned_by_caller(0, bytes - 1);
    text.command(
        {{"do", "alloc_coherent"}, {"mapping", 0}, {"size", fmt::format("{:#x}", bytes)}, {"memory", "0x0"}});
    return text.text();
  };
  return instance;
}

// ---- dma_get_seg_boundary_nr_pages() ----

Expected<Instance> segment_boundary(const Setting& setting) {
  const std::string function = "dma_get_seg_boundary_nr_pages";
  Executor executor(setting.program, Limits{.join_paths = true});
  auto table = LinuxTable::make(executor, setting.system_page_shift);
  if (!table) return tl::unexpected(table.error());
  add_environment(executor);
  auto paths = executor.run(function, table->state,
                            {table->device, Value::number(truncate(table->page_shift, 32))}, table->domain);
  if (!paths) return tl::unexpected(paths.error());
  Instance instance;
  instance.claim = "alloc";
  instance.function = function;
  instance.target = setting.target;
  instance.words = "the result is how many entries lie between two of the device's segment boundaries";
  instance.assumptions = table->assumptions;
  instance.domain = table->domain;
  instance.inputs = table->inputs;
  instance.paths = paths->size();
  instance.incomplete = incompleteness(*paths);
  instance.cases = all_obligation_cases(*paths);
  instance.cases.push_back(on_return("entries between boundaries", *paths, [&](const Path& path) {
    return path.result->bits == boundary_entries(*table);
  }));
  instance.witnesses = returning(*paths, [&](const Path&) { return table->boundary_mask == word(0xffffffff); });
  return instance;
}

}  // namespace

Expected<std::vector<Instance>> linux_range_alloc(const Setting& setting) {
  auto call = RangeCall::run(setting);
  auto boundary = segment_boundary(setting);
  if (!call || !boundary) return tl::unexpected(call ? boundary.error() : call.error());
  return std::vector<Instance>{range_alloc(setting, *call), bus_alignment(setting, *call),
                               std::move(*boundary)};
}

}  // namespace nospan::solver
