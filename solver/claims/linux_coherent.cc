// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_coherent.h"

#include <bit>

#include "solver/claims/inverse_claims.h"
#include "solver/claims/linux_range_alloc.h"
#include "solver/claims/linux_table.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {
namespace {

using reports::Expected;

constexpr uint64_t kMostOrder = 12;  // IOMAP_MAX_ORDER - 1, asm/iommu.h: larger requests are refused

constexpr uint64_t kRefused = kMostOrder + 1;

// Every bit at and below the highest one that is set.
Term filled(Term term) {
  for (uint64_t i = 1; i < 64; i *= 2) term = term | shift_right(term, word(i));
  return term;
}

// The pages behind one coherent mapping: what the driver asks for, and what the page allocator answers.
struct CoherentBuffer {
  Term size = free_word("size");
  Term page = free_word("page");  // number of the first one
  Term first;
  Term last = free_word("last");
  Term behind;  // how far the last byte is from the first
  Term bytes;   // whole system pages
  Term is_in_memory;
  Term is_served;  // small enough, and not nothing
  Term block;      // the smallest power of two that the bytes fit into
  // Of the block, in system pages; kRefused if there is none. Said without the code's get_order(), so that the
  // two are compared.
  Term order = free_word("order");
  std::vector<Split> orders;  // all of them
  std::vector<Term> domain;
  std::vector<Term> order_domain;  // which order it is
  Hypothesis alignment;

  explicit CoherentBuffer(unsigned system_page_shift) {
    const Term one = word(uint64_t{1} << system_page_shift);
    first = shift_left(page, word(system_page_shift));
    bytes = (size + one - word(1)) & ~(one - word(1));
    behind = bytes - word(1);
    is_served = (bytes != word(0)) & less_equal(bytes, shift_left(one, word(kMostOrder)));
    block = filled(behind) + word(1);
    for (uint64_t value = 0; value <= kRefused; ++value) orders.push_back({order, word(value)});
    is_in_memory = less(page, word(uint64_t{1} << (56 - system_page_shift)));
    domain = {is_in_memory, implies(is_served, last == first + behind), less_equal(order, word(kRefused))};
    order_domain = {choose(is_served, less(order, word(kRefused)) & (shift_left(one, order) == block),
                           order == word(kRefused))};
    alignment = {"natural-alignment", "the page allocator aligns a block of 2^n pages to its size",
                 "mm/page_alloc.c, the buddy system: __find_buddy_pfn()", (first & filled(behind)) == word(0)};
  }
};

// Contract for the page allocator: whole system pages somewhere in memory, or failure. It is asked for the
// smallest block that the bytes fit into: that is what the alignment of the block rests on.
void add_page_allocator(Executor& executor, const CoherentBuffer& buffer) {
  executor.add(
      "nospan_allocate_pages", [buffer](State state, const Call& call) -> Expected<std::vector<Outcome>> {
        using Asks = Obligation::Kind;
        const Term order = zero_extend(call.arguments[0].bits, 64);
        state.require(Asks::kContract, buffer.is_served, "pages for a size that is served", call.place);
        // Not assumed: it would slow the questions that have no use for it.
        state.obligations.push_back({Asks::kContract, order == buffer.order,
                                     "the smallest order that the bytes fit into", call.place,
                                     state.conditions.size()});
        std::vector<Outcome> outcomes;
        outcomes.push_back({state, Value::number(Term::bits(32, 1))});
        const Value& place = call.arguments[1];
        state.happened(Event::Kind::kAllocatePages, {order, buffer.first}, call.place);
        auto done = state.memory.change(place.object).store(place.bits, 8, Value::number(buffer.first));
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
  Executor executor(setting.program, Limits{.join_paths = true});
  auto table = LinuxTable::make(executor, setting.system_page_shift);
  if (!table) return tl::unexpected(table.error());
  const CoherentBuffer buffer(setting.system_page_shift);
  add_environment(executor);
  add_range_alloc(executor, *table);
  add_free_path(executor);
  add_page_allocator(executor, buffer);

  const Term mask = free_word("coherent_mask");
  const ObjectId returned = table->state.memory.add(Object("dma_handle", word(8), Object::Initial::kFree));
  MapCall call;
  call.page_shift = table->page_shift;
  call.first = buffer.first;
  call.last = buffer.last;
  call.address_bits = linear_address(word(0));
  // Both sides use coherent memory.
  call.permissions = linux_permissions(Term::bits(32, 0));
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
  base.domain.push_back(less_equal(call.first, call.last));
  base.domain.push_back(less(call.last, word(uint64_t{1} << 57)));
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
  call.contract_splits = buffer.orders;
  call.contract_given = buffer.order_domain;
  call.buffer_domain = buffer.domain;
  call.pages = shift_right(buffer.behind, call.page_shift) + word(1);
  // What the page allocator is asked for is served: that is part of its contract.
  call.counted = {buffer.is_served};
  // A block that is aligned to a power of two that it fits into: adding to its first address sets bits.
  const Term both = call.first | buffer.behind;
  call.touched = {{"the last byte", call.counted, call.last == both, {}},
                  {"that many are touched", call.counted,
                   shift_right(both, call.page_shift) ==
                       shift_right(call.first, call.page_shift) + shift_right(buffer.behind, call.page_shift),
                   split_page_shift(call.page_shift)}};
  for (const Hypothesis& hypothesis : range_alloc_hypotheses(*table, *call.pages, mask)) {
    base.hypotheses.push_back(hypothesis);
    call.handle_hypotheses.push_back(hypothesis);
  }
  base.preferences = smallest(*table, buffer, mask);
  call.replay = tell_allocation;

  // The order is left to the questions: with it, feasibility is as hard as the claims themselves.
  std::vector<Term> known = table->domain;
  known.push_back(buffer.is_in_memory);
  auto paths = executor.run(
      "iommu_alloc_coherent", table->state,
      {table->device, table->table, Value::number(buffer.size), Value::pointer(returned), Value::number(mask),
       Value::number(Term::free_bits(32, "allocation_flags")), Value::number(Term::free_bits(32, "node"))},
      known);
  if (!paths) return tl::unexpected(paths.error());
  call.paths = std::move(*paths);
  base.paths = call.paths.size();
  base.incomplete = incompleteness(call.paths);
  auto instances = map_claims(call);
  for (Instance& instance : instances) {
    for (Case& question : instance.cases) {
      if (instance.claim == "safe" || is_asked_by_range_alloc(question)) {
        question.splits = split_page_shift(call.page_shift);
      }
    }
  }
  return instances;
}

Expected<std::vector<Instance>> free_coherent(const Setting& setting) {
  Executor executor(setting.program, Limits{.join_paths = true});
  auto table = LinuxTable::make(executor, setting.system_page_shift);
  if (!table) return tl::unexpected(table.error());
  const CoherentBuffer buffer(setting.system_page_shift);
  add_environment(executor);
  add_free_path(executor);

  const ReturnedAddress returned(table->page_shift, table->first_index,
                                 "arch/powerpc/kernel/iommu.c, iommu_alloc_coherent(): tcesize is an int "
                                 "(finding page-mask-overflows-int)");
  InverseCall call(returned);
  call.map_function = "iommu_alloc_coherent";
  call.function = "iommu_free_coherent";
  // What `exact` says was set.
  call.pages = shift_right(buffer.behind, table->page_shift) + word(1);
  call.count_splits = split_page_shift(table->page_shift);
  call.pages_order = buffer.order;
  call.order_splits = buffer.orders;
  call.order_given = buffer.order_domain;
  call.pages_address = buffer.first;
  call.rests_on = {"handle/iommu_alloc_coherent", "exact/iommu_alloc_coherent", "alloc/__bitmap_clear",
                   "alloc/get_pool"};
  call.place = {less_equal(table->first_index, returned.index), less(returned.entry, table->entries),
                less_equal(call.pages, table->entries),
                less_equal(returned.entry + call.pages, table->entries)};
  call.likely = returned.likely;
  call.likely.push_back(buffer.size == word(uint64_t{1} << setting.system_page_shift));

  Instance& base = call.base;
  base.target = setting.target;
  base.assumptions = table->assumptions;
  base.assumptions.push_back(
      {"mapped-coherent", "the call gets the size, the buffer and the DMA address of a coherent mapping, once",
       "DMA API: dma_free_coherent() takes what dma_alloc_coherent() took and returned"});
  base.domain = table->domain;
  base.domain.insert(base.domain.end(), {buffer.is_in_memory, less_equal(buffer.order, word(kRefused))});
  base.domain.push_back(buffer.is_served);
  base.inputs = table->inputs;
  for (const Named& input :
       {Named{"first", buffer.first}, Named{"size", buffer.size}, Named{"order", buffer.order},
        Named{"dma_address", returned.address}, Named{"index", returned.index}}) {
    base.inputs.push_back(input);
  }
  base.preferences = returned.preferences;
  const auto small = smallest(*table, buffer, word(~uint64_t{0}));
  base.preferences.insert(base.preferences.end(), small.begin(), small.end());
  base.scenario = [shift = setting.system_page_shift](const Model& model) {
    ScenarioText text(model, shift, "a counterexample of the prover to inverse/iommu_alloc_coherent");
    // As much as the page allocator gives for that size.
    const uint64_t pages = std::bit_ceil(((text.value("size") - 1) >> shift) + 1);
    text.owned_by_caller(text.value("first"), text.value("first") + (pages << shift) - 1);
    tell_allocation(text);
    text.command({{"do", "free_coherent"}, {"mapping", 0}});
    return text.text();
  };

  auto paths = executor.run("iommu_free_coherent", table->state,
                            {table->table, Value::number(buffer.size),
                             Value::number(linear_address(buffer.first)), Value::number(returned.address)},
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
