// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_coherent.h"

#include "solver/claims/inverse_claims.h"
#include "solver/claims/linux_table.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {
namespace {

using reports::Expected;

constexpr uint64_t kMostOrder = 12;  // IOMAP_MAX_ORDER - 1, asm/iommu.h: larger requests are refused

// The pages behind one coherent mapping: what the driver asks for, and what the page allocator answers.
struct CoherentBuffer {
  Term size = free_word("size");
  Term first = free_word("first");
  Term order = free_word("order");
  Term bytes;  // whole system pages
  Term last;
  std::vector<Term> domain;
  Hypothesis alignment;

  explicit CoherentBuffer(unsigned system_page_shift) {
    const Term page = word(uint64_t{1} << system_page_shift);
    bytes = (size + page - word(1)) & ~(page - word(1));
    last = first + bytes - word(1);
    // The smallest order that the bytes fit into. Said without the code's get_order(), so that the two are
    // compared.
    const Term enough = less_equal(bytes, shift_left(page, order));
    const Term no_more = (order == word(0)) | less(shift_left(page, order - word(1)), bytes);
    const Term has_order = (bytes != word(0)) & less_equal(bytes, shift_left(page, word(kMostOrder)));
    domain = {less_equal(order, word(kMostOrder)), implies(has_order, enough & no_more),
              less(first, word(uint64_t{1} << 56)), (first & (page - word(1))) == word(0)};
    alignment = {"natural-alignment", "the page allocator aligns a block of 2^n pages to its size",
                 "mm/page_alloc.c, the buddy system: __find_buddy_pfn()",
                 (first & (shift_left(page, order) - word(1))) == word(0)};
  }
};

// Contract for the page allocator: whole system pages somewhere in memory, or failure.
void add_page_allocator(Executor& executor, const Term& first) {
  executor.add("nospan_allocate_pages",
               [first](State state, const Call& call) -> Expected<std::vector<Outcome>> {
                 std::vector<Outcome> outcomes;
                 outcomes.push_back({state, Value::number(Term::bits(32, 1))});
                 const Value& place = call.arguments[1];
                 state.happened(Event::Kind::kAllocatePages, {zero_extend(call.arguments[0].bits, 64), first},
                                call.place);
                 auto done = state.memory.change(place.object).store(place.bits, 8, Value::number(first));
                 if (!done) return tl::unexpected(done.error());
                 outcomes.push_back({std::move(state), Value::number(Term::bits(32, 0))});
                 return outcomes;
               });
}

std::vector<Term> smallest(const LinuxTable& table, const CoherentBuffer& buffer, const Term& mask) {
  return {table.first_index == word(0),
          table.entries == word(64),
          less_equal(table.entries, word(4194304)),
          table.boundary_mask == word(~uint64_t{0}),
          table.max_segment_size == Term::bits(32, 65536),
          mask == word(~uint64_t{0}),
          buffer.size == word(uint64_t{1} << table.system_page_shift),
          less(buffer.last, word(uint64_t{1} << 36))};
}

void tell_allocation(ScenarioText& text) {
  text.command({{"do", "alloc_coherent"},
                {"mapping", 0},
                {"size", text.value("size")},
                {"memory", text.value("first")}});
}

Expected<std::vector<Instance>> alloc_coherent(const Setting& setting) {
  Executor executor(setting.program);
  auto table = LinuxTable::make(executor, setting.system_page_shift);
  if (!table) return tl::unexpected(table.error());
  const CoherentBuffer buffer(setting.system_page_shift);
  add_environment(executor);
  add_range_alloc(executor, *table);
  add_free_path(executor);
  add_page_allocator(executor, buffer.first);

  const Term mask = free_word("coherent_mask");
  const ObjectId returned = table->state.memory.add(Object("dma_handle", word(8), Object::Initial::kFree));
  MapCall call;
  call.page_shift = table->page_shift;
  call.first = buffer.first;
  call.last = buffer.last;
  call.address_bits = linear_address(word(0));
  call.first_index = table->first_index;
  // The result is the buffer or null; the DMA address comes back through the caller's pointer.
  call.failed = [](const Path& path) { return path.result->bits == word(0); };
  call.handle = [returned](const Path& path) {
    Object object = path.memory.at(returned);
    return object.load(word(0), 8)->bits;
  };
  call.system_page_shift = setting.system_page_shift;

  Instance& base = call.base;
  base.function = "iommu_alloc_coherent";
  base.target = setting.target;
  base.assumptions = table->assumptions;
  base.assumptions.push_back(
      {"page-allocator",
       "the page allocator gives whole system pages in the first 2^56 bytes of memory, or "
       "nothing",
       "design section 6: what a scenario can tell"});
  base.domain = table->domain;
  base.domain.insert(base.domain.end(), buffer.domain.begin(), buffer.domain.end());
  base.domain.push_back((mask & (mask + word(1))) == word(0));
  base.domain.push_back(less_equal(word(4095), mask));
  base.inputs = table->inputs;
  for (const Named& input : {Named{"first", call.first}, Named{"last", call.last}, Named{"size", buffer.size},
                             Named{"order", buffer.order}, Named{"coherent_mask", mask}}) {
    base.inputs.push_back(input);
  }
  base.hypotheses = {
      buffer.alignment,
      {"mask-fits-int", "IOMMU pages are smaller than 4 GiB",
       "arch/powerpc/kernel/iommu.c, iommu_alloc_coherent(): tcesize is an int (finding "
       "page-mask-overflows-int)",
       less(call.page_shift, word(32))},
  };
  call.handle_hypotheses = {base.hypotheses[1]};
  call.exact_rests_on = {"alloc/iommu_range_alloc"};
  base.preferences = smallest(*table, buffer, mask);
  call.replay = tell_allocation;

  auto paths = executor.run(
      "iommu_alloc_coherent", table->state,
      {table->device, table->table, Value::number(buffer.size), Value::pointer(returned), Value::number(mask),
       Value::number(Term::free_bits(32, "allocation_flags")), Value::number(Term::free_bits(32, "node"))},
      table->domain);
  if (!paths) return tl::unexpected(paths.error());
  call.paths = std::move(*paths);
  base.paths = call.paths.size();
  base.incomplete = incompleteness(call.paths);
  auto instances = map_claims(call);
  for (Instance& instance : instances) {
    if (instance.claim != "safe") continue;
    for (Case& question : instance.cases) question.splits = split_page_shift(call.page_shift);
  }
  return instances;
}

Expected<std::vector<Instance>> free_coherent(const Setting& setting) {
  Executor executor(setting.program);
  auto table = LinuxTable::make(executor, setting.system_page_shift);
  if (!table) return tl::unexpected(table.error());
  const CoherentBuffer buffer(setting.system_page_shift);
  add_environment(executor);
  add_free_path(executor);

  const Term address = free_word("dma_address");
  InverseCall call;
  call.map_function = "iommu_alloc_coherent";
  call.function = "iommu_free_coherent";
  call.page_shift = table->page_shift;
  call.first_index = table->first_index;
  call.entry = free_word("entry");
  call.pages = pages_touched(buffer.first, buffer.last, call.page_shift);
  call.pages_order = buffer.order;
  call.pages_address = buffer.first;
  call.rests_on = {"handle/iommu_alloc_coherent", "exact/iommu_alloc_coherent", "alloc/__bitmap_clear",
                   "alloc/get_pool"};
  call.hypotheses = {buffer.alignment,
                     {"mask-fits-int", "IOMMU pages are smaller than 4 GiB",
                      "arch/powerpc/kernel/iommu.c, iommu_alloc_coherent(): tcesize is an int (finding "
                      "page-mask-overflows-int)",
                      less(call.page_shift, word(32))}};

  Instance& base = call.base;
  base.target = setting.target;
  base.assumptions = table->assumptions;
  base.assumptions.push_back(
      {"mapped", "the call gets the size, the buffer and the DMA address of a coherent mapping, once",
       "DMA API: dma_free_coherent() takes what dma_alloc_coherent() took and returned"});
  base.domain = table->domain;
  base.domain.insert(base.domain.end(), buffer.domain.begin(), buffer.domain.end());
  const Term low_bits = shift_left(word(1), call.page_shift) - word(1);
  // What the map call returned: in closed form for the page sizes that `handle` says it for.
  const Term returned = shift_left(call.first_index + call.entry, call.page_shift) | (buffer.first & low_bits);
  const Term most = word(uint64_t{1} << (setting.system_page_shift + kMostOrder));
  for (const Term& term :
       {buffer.bytes != word(0), less_equal(buffer.bytes, most), less_equal(buffer.size, buffer.bytes),
        less_equal(call.pages, table->entries), less_equal(call.entry, table->entries - call.pages),
        // Follows from the window's range; solvers need long to see it.
        less_equal(call.first_index + call.entry, shift_right(word(~uint64_t{0}), call.page_shift)),
        implies(less(call.page_shift, word(32)), address == returned)}) {
    base.domain.push_back(term);
  }
  base.inputs = table->inputs;
  for (const Named& input :
       {Named{"first", buffer.first}, Named{"last", buffer.last}, Named{"size", buffer.size},
        Named{"order", buffer.order}, Named{"dma_address", address}, Named{"entry", call.entry}}) {
    base.inputs.push_back(input);
  }
  base.preferences = smallest(*table, buffer, word(~uint64_t{0}));
  base.scenario = [shift = setting.system_page_shift](const Model& model) {
    ScenarioText text(model, shift, "a counterexample of the prover to inverse/iommu_alloc_coherent");
    tell_allocation(text);
    text.command({{"do", "free_coherent"}, {"mapping", 0}});
    return text.text();
  };

  auto paths = executor.run("iommu_free_coherent", table->state,
                            {table->table, Value::number(buffer.size),
                             Value::number(linear_address(buffer.first)), Value::number(address)},
                            table->domain);
  if (!paths) return tl::unexpected(paths.error());
  call.paths = std::move(*paths);
  base.paths = call.paths.size();
  base.incomplete = incompleteness(call.paths);
  return inverse_claims(call);
}

}  // namespace

Expected<std::vector<Instance>> linux_coherent(const Setting& setting) {
  auto instances = alloc_coherent(setting);
  if (!instances) return instances;
  auto inverses = free_coherent(setting);
  if (!inverses) return inverses;
  instances->insert(instances->end(), inverses->begin(), inverses->end());
  return instances;
}

}  // namespace nospan::solver
