// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_map_page.h"

#include "solver/claims/linux_range_alloc.h"
#include "solver/claims/linux_table.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {
namespace {

constexpr uint64_t kMappingError = ~uint64_t{0};  // DMA_MAPPING_ERROR, include/linux/dma-mapping.h

}  // namespace

reports::Expected<std::vector<Instance>> linux_map_page(const Setting& setting) {
  const unsigned system_page_shift = setting.system_page_shift;
  Executor executor(setting.program, Limits{.join_paths = true});
  auto table = LinuxTable::make(executor, system_page_shift);
  if (!table) return tl::unexpected(table.error());
  add_environment(executor);
  add_range_alloc(executor, *table);
  add_free_path(executor);

  MapCall call;
  call.page_shift = table->page_shift;
  call.first = free_word("first");
  call.last = free_word("last");
  call.address_bits = linear_address(word(0));
  call.first_index = table->first_index;
  call.failure = word(kMappingError);
  call.handle = [](const Path& path) { return path.result->bits; };
  call.system_page_shift = system_page_shift;
  // Any system page at or below the buffer: offsets may be larger than a page.
  const Term page = free_word("page");
  const Term start = linear_address(shift_left(page, word(system_page_shift)));
  const Term offset = linear_address(call.first) - start;
  const Term size = call.last - call.first + word(1);
  const Term direction = Term::free_bits(32, "direction");
  call.permissions = linux_permissions(direction);
  const Term mask = free_word("dma_mask");

  Instance& base = call.base;
  base.function = "iommu_map_page";
  base.target = setting.target;
  base.assumptions = table->assumptions;
  base.assumptions.push_back({"buffer",
                              "the buffer has at least one byte and lies in the first 2^56 bytes of memory",
                              "design section 6: what a scenario can tell"});
  base.domain = table->domain;
  for (const Term& term :
       {less_equal(call.first, call.last), less(call.last, word(uint64_t{1} << 56)),
        less_equal(page, shift_right(call.first, word(system_page_shift))), less(direction, Term::bits(32, 3)),
        (mask & (mask + word(1))) == word(0), less_equal(word(4095), mask)}) {
    base.domain.push_back(term);
  }
  base.inputs = table->inputs;
  for (const Named& input : {Named{"first", call.first}, Named{"last", call.last},
                             Named{"direction", direction}, Named{"dma_mask", mask}, Named{"page", page}}) {
    base.inputs.push_back(input);
  }
  const Term pages = pages_touched(call.first, call.last, call.page_shift);
  base.hypotheses = {
      {"page-count", "the buffer touches fewer than 2^32 IOMMU pages",
       "arch/powerpc/kernel/iommu.c, iommu_map_page(): npages is an unsigned int (finding page-count-wraps)",
       less(pages, word(uint64_t{1} << 32))},
      {"mask-fits-int", "IOMMU pages are smaller than 4 GiB",
       "arch/powerpc/include/asm/iommu.h, IOMMU_PAGE_MASK(): 1 is an int (finding page-mask-overflows-int)",
       less(call.page_shift, word(32))},
  };
  call.handle_hypotheses = {base.hypotheses[1]};
  for (const Hypothesis& hypothesis : range_alloc_hypotheses(*table, pages, mask)) {
    base.hypotheses.push_back(hypothesis);
    call.handle_hypotheses.push_back(hypothesis);
  }
  call.contract_splits = split_page_shift(call.page_shift);
  call.count_is_unconditional = true;
  call.exact_rests_on = {"alloc/iommu_range_alloc"};
  base.preferences = {table->first_index == word(0),
                      table->entries == word(64),
                      less_equal(table->entries, word(4194304)),
                      table->boundary_mask == word(~uint64_t{0}),
                      mask == word(~uint64_t{0}),
                      direction == Term::bits(32, 0),
                      call.first == call.last,
                      table->max_segment_size == Term::bits(32, 65536),
                      less(call.last, word(uint64_t{1} << 36))};
  call.replay = [](ScenarioText& text) {
    text.map_page(0, text.value("first"), text.value("last") - text.value("first") + 1,
                  text.value("direction"));
  };

  auto paths =
      executor.run("iommu_map_page", table->state,
                   {table->device, table->table,
                    Value::number(page_pointer(shift_left(page, word(system_page_shift)), system_page_shift)),
                    Value::number(offset), Value::number(size), Value::number(mask), Value::number(direction),
                    Value::number(free_word("attributes"))},
                   base.domain);
  if (!paths) return tl::unexpected(paths.error());
  call.paths = std::move(*paths);
  base.paths = call.paths.size();
  base.incomplete = incompleteness(call.paths);
  return map_claims(call);
}

}  // namespace nospan::solver
