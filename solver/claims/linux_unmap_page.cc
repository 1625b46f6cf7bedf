// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_unmap_page.h"

#include "solver/claims/inverse_claims.h"
#include "solver/claims/linux_num_pages.h"
#include "solver/claims/linux_table.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {

reports::Expected<std::vector<Instance>> linux_unmap_page(const Setting& setting) {
  Executor executor(setting.program);
  auto table = LinuxTable::make(executor, setting.system_page_shift);
  if (!table) return tl::unexpected(table.error());
  add_environment(executor);
  add_free_path(executor);
  add_num_pages(executor);

  const ReturnedAddress returned(table->page_shift, table->first_index,
                                 "arch/powerpc/include/asm/iommu.h, IOMMU_PAGE_MASK(): 1 is an int (finding "
                                 "page-mask-overflows-int)");
  const Term size = free_word("size");
  const Term direction = Term::free_bits(32, "direction");
  InverseCall call(returned);
  call.map_function = "iommu_map_page";
  call.function = "iommu_unmap_page";
  // What `exact` says was set, as exact/iommu_num_pages counts it.
  call.pages = pages_from(returned.offset, size, table->page_shift);
  call.rests_on = {"handle/iommu_map_page", "exact/iommu_map_page", "alloc/__bitmap_clear", "alloc/get_pool",
                   kNumPagesClaim};
  call.place = {less_equal(table->first_index, returned.index), less(returned.entry, table->entries),
                less_equal(call.pages, table->entries),
                less_equal(returned.entry + call.pages, table->entries)};
  call.likely = returned.likely;
  call.likely.push_back(size == word(2));

  Instance& base = call.base;
  base.target = setting.target;
  base.assumptions = table->assumptions;
  base.assumptions.push_back({"buffer",
                              "the buffer has at least one byte and lies in the first 2^56 bytes of memory",
                              "design section 6: what a scenario can tell"});
  base.assumptions.push_back({"mapped",
                              "the call gets the DMA address and the size of a buffer that is mapped, once",
                              "DMA API: dma_unmap_page() takes what dma_map_page() returned"});
  base.domain = table->domain;
  for (const Term& term : {less(direction, Term::bits(32, 3)), less_equal(word(1), size),
                           less_equal(size, word(uint64_t{1} << 56)), less_equal(call.pages, table->entries)}) {
    base.domain.push_back(term);
  }
  base.inputs = table->inputs;
  for (const Named& input :
       {Named{"offset", returned.set_offset}, Named{"size", size}, Named{"dma_address", returned.address},
        Named{"index", returned.index}, Named{"direction", direction}}) {
    base.inputs.push_back(input);
  }
  base.preferences = returned.preferences;
  for (const Term& preference :
       {size == word(2), table->entries == word(8), table->boundary_mask == word(~uint64_t{0}),
        table->max_segment_size == Term::bits(32, 65536), direction == Term::bits(32, 0)}) {
    base.preferences.push_back(preference);
  }
  base.scenario = [shift = setting.system_page_shift](const Model& model) {
    ScenarioText text(model, shift, "a counterexample of the prover to inverse/iommu_map_page");
    text.owned_by_caller(text.value("offset"), text.value("offset") + text.value("size") - 1);
    // Where the IOMMU page begins does not matter.
    text.map_page(0, text.value("offset"), text.value("size"), text.value("direction"));
    text.command({{"do", "unmap_page"}, {"mapping", 0}});
    return text.text();
  };

  // What is known of the mapping is left to the questions: with it, feasibility is as hard as the claim itself.
  auto paths = executor.run("iommu_unmap_page", table->state,
                            {table->table, Value::number(returned.address), Value::number(size),
                             Value::number(direction), Value::number(free_word("attributes"))},
                            table->domain);
  if (!paths) return tl::unexpected(paths.error());
  call.paths = std::move(*paths);
  base.paths = call.paths.size();
  base.incomplete = incompleteness(call.paths);
  return inverse_claims(call);
}

}  // namespace nospan::solver
