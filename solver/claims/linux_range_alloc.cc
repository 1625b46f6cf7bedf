// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_range_alloc.h"

#include <fmt/format.h>

#include "solver/term_form.h"

namespace nospan::solver {

using reports::Expected;

namespace {

const std::string kIsAsked = "iommu_range_alloc() is asked ";

}  // namespace

Term boundary_entries(const LinuxTable& table) {
  const Term mask = choose(table.boundary_mask == word(0), word(~uint64_t{0}), table.boundary_mask);
  return shift_right(mask, table.page_shift) + word(1);
}

RangeWindow range_window(const LinuxTable& table) {
  // The large pool begins behind the others, which have the same size: 0 if they are empty. It is a quarter of
  // the table at least, and never empty.
  return {table.first_index, table.entries, boundary_entries(table), table.large_pool_start != word(0)};
}

std::vector<Hypothesis> range_alloc_hypotheses(const RangeWindow& window, const Term& pages, const Term& mask) {
  return {
      {"mask-reaches-window", "the device's mask does not end below the window",
       "arch/powerpc/platforms, dma_iommu_dma_supported() (finding mask-below-window-searches-past-table)",
       less_equal(window.first_index, mask)},
      {"pools-have-entries", "every pool has at least one entry",
       "arch/powerpc/kernel/iommu.c, iommu_init_table() (finding empty-pool-searches-past-table)",
       window.pools_have_entries},
      {"fits-boundary", "the request fits between two segment boundaries, or has as many entries as the window",
       "lib/iommu-helper.c, iommu_area_alloc() (finding boundary-smaller-than-request-hangs)",
       less_equal(pages, window.boundary) | less_equal(window.entries, pages)},
  };
}

std::vector<Hypothesis> range_alloc_hypotheses(const LinuxTable& table, const Term& pages,
                                               const Term& mask_of_bytes) {
  return range_alloc_hypotheses(range_window(table), zero_extend(truncate(pages, 32), 64),
                                shift_right(mask_of_bytes, table.page_shift));
}

bool is_asked_by_range_alloc(const Case& question) { return question.name.find(kIsAsked) != std::string::npos; }

Term range_alloc_meaning(const RangeRequest& request) {
  return less(request.pages, word(uint64_t{1} << 32)) & less(request.align_order, word(64));
}

Term range_alloc_promises_place(const Term& entries, const Term& pages, const Term& entry) {
  return less(pages, entries) & less(entry, entries - pages);
}

std::vector<Term> range_alloc_place_means(const RangeWindow& window, const Term& highest_index,
                                          const Term& pages, const Term& entry) {
  return {less_equal(entry + pages, window.entries), less(entry + window.first_index, highest_index)};
}

Contract range_alloc(const LinuxTable& table) {
  const Term highest_index = shift_right(word(~uint64_t{0}), table.page_shift);
  return [window = range_window(table), highest_index, count = 0u](
             State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
    const RangeRequest request{call.arguments[2].bits, call.arguments[4].bits,
                               zero_extend(call.arguments[5].bits, 64)};
    const Term& pages = request.pages;
    // No condition of the path: branches do not depend on what is asked for.
    const auto ask = [&](const Term& holds, const std::string& what) {
      if (holds.is_true()) return;
      state.obligations.push_back(
          {Obligation::Kind::kContract, holds, kIsAsked + what, call.place, state.conditions.size()});
    };
    ask(range_alloc_meaning(request), "for fewer than 2^32 entries, with a shift below 64");
    for (const Hypothesis& hypothesis : range_alloc_hypotheses(window, pages, request.mask)) {
      ask(hypothesis.term, "where " + hypothesis.words);
    }
    std::vector<Outcome> outcomes;
    outcomes.push_back({state, Value::number(word(~uint64_t{0}))});
    // Zero pages are refused with a warning: the failure above.
    const Term entry = free_word(fmt::format("entry#{}", count++));
    state.assume(pages != word(0));
    for (const Term& part : conjuncts(range_alloc_promises_place(window.entries, pages, entry))) {
      state.assume(part);
    }
    for (const Term& meaning : range_alloc_place_means(window, highest_index, pages, entry))
      state.assume(meaning);
    state.happened(Event::Kind::kTake, {entry, pages}, call.place);
    const Value& handle = call.arguments[3];
    if (handle.is_pointer()) {
      auto done = state.memory.change(handle.object).store(handle.bits, 8, Value::number(entry + pages));
      if (!done) return tl::unexpected(done.error());
    }
    outcomes.push_back({std::move(state), Value::number(entry)});
    return outcomes;
  };
}

void add_range_alloc(Executor& executor, const LinuxTable& table) {
  executor.add("iommu_range_alloc", range_alloc(table));
}

}  // namespace nospan::solver
