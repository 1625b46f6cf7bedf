// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_unmap_page.h"

#include "solver/claims/inverse_claims.h"
#include "solver/claims/linux_table.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {

reports::Expected<std::vector<Instance>> linux_unmap_page(const Setting& setting) {
  Executor executor(setting.program);
  auto table = LinuxTable::make(executor, setting.system_page_shift);
  if (!table) return tl::unexpected(table.error());
  add_environment(executor);
  add_free_path(executor);

  // The mapping by its place in the window and the buffer by its offset in the IOMMU page: then what the code
  // computes is next to what is claimed. That `exact` says the same of the buffer's first and last byte is a
  // case of its own.
  const Term index = free_word("index");
  const Term offset = free_word("offset");
  const Term size = free_word("size");
  const Term address = free_word("dma_address");
  const Term direction = Term::free_bits(32, "direction");
  InverseCall call;
  call.map_function = "iommu_map_page";
  call.function = "iommu_unmap_page";
  call.page_shift = table->page_shift;
  call.first_index = table->first_index;
  call.entry = index - call.first_index;
  call.pages = shift_right(offset + size - word(1), call.page_shift) + word(1);
  call.rests_on = {"handle/iommu_map_page", "exact/iommu_map_page", "alloc/__bitmap_clear", "alloc/get_pool"};
  call.hypotheses = {
      {"mask-fits-int", "IOMMU pages are smaller than 4 GiB",
       "arch/powerpc/include/asm/iommu.h, IOMMU_PAGE_MASK(): 1 is an int (finding page-mask-overflows-int)",
       less(call.page_shift, word(32))}};

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
  const Term low_bits = shift_left(word(1), call.page_shift) - word(1);
  // What map returned: in closed form for the page sizes that `handle` says it for, anything for the others.
  const Term returned = shift_left(index, call.page_shift) | offset;
  for (const Term& term :
       {less_equal(offset, low_bits), less_equal(word(1), size), less_equal(size, word(uint64_t{1} << 56)),
        less(direction, Term::bits(32, 3)), less_equal(call.pages, table->entries),
        less_equal(call.first_index, index), less_equal(call.entry, table->entries - call.pages),
        // Follows from the window's range; solvers need long to see it.
        less_equal(index, shift_right(word(~uint64_t{0}), call.page_shift)),
        implies(less(call.page_shift, word(32)), address == returned)}) {
    base.domain.push_back(term);
  }
  base.inputs = table->inputs;
  for (const Named& input : {Named{"offset", offset}, Named{"size", size}, Named{"dma_address", address},
                             Named{"index", index}, Named{"direction", direction}}) {
    base.inputs.push_back(input);
  }
  base.preferences = {table->first_index == word(0),
                      index == call.first_index,
                      table->entries == word(8),
                      less_equal(table->entries, word(4194304)),
                      table->boundary_mask == word(~uint64_t{0}),
                      table->max_segment_size == Term::bits(32, 65536),
                      direction == Term::bits(32, 0),
                      call.pages == word(2),
                      size == word(2),
                      address == shift_left(index, call.page_shift)};
  base.scenario = [shift = setting.system_page_shift](const Model& model) {
    ScenarioText text(model, shift, "a counterexample of the prover to inverse/iommu_map_page");
    // Where the IOMMU page begins does not matter.
    text.map_page(0, text.value("offset"), text.value("size"), text.value("direction"));
    text.command({{"do", "unmap_page"}, {"mapping", 0}});
    return text.text();
  };

  // What is known of the mapping is left to the questions: with it, feasibility is as hard as the claim itself.
  auto paths = executor.run("iommu_unmap_page", table->state,
                            {table->table, Value::number(address), Value::number(size),
                             Value::number(direction), Value::number(free_word("attributes"))},
                            table->domain);
  if (!paths) return tl::unexpected(paths.error());
  call.paths = std::move(*paths);
  base.paths = call.paths.size();
  base.incomplete = incompleteness(call.paths);
  auto instances = inverse_claims(call);
  const Term first = free_word("first");
  const Term last = free_word("last");
  instances.front().cases.push_back({"what `exact` says was set",
                                     {less_equal(first, last), less(last, word(uint64_t{1} << 56)),
                                      offset == (first & low_bits), size == last - first + word(1)},
                                     call.pages == pages_touched(first, last, call.page_shift),
                                     split_page_shift(call.page_shift)});
  return instances;
}

}  // namespace nospan::solver
