// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_table.h"

#include <fmt/format.h>

#include "solver/claims/filler.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// The shims' linear map and array of struct page (targets/linux/shims/contracts/asm/page.h, page_offset.h).
constexpr uint64_t kPageOffset = 0xc000000000000000;
constexpr uint64_t kPageArray = 0xf000000000000000;
constexpr unsigned kPageStructShift = 6;

// iommu_init_table() splits a table of 1 GiB or more into this many pools (IOMMU_NR_POOLS, asm/iommu.h).
constexpr uint64_t kPools = 4;
constexpr uint64_t kPooledBytes = uint64_t{1} << 30;

}  // namespace

Term linux_permissions(const Term& direction) {
  // Linux: iommu_direction_to_tce_perm(); asm/tce.h TCE_PCI_READ, TCE_PCI_WRITE.
  const Term wide = zero_extend(direction, 64);
  return choose(wide == word(0), word(3),
                choose(wide == word(1), word(1), choose(wide == word(2), word(2), word(0))));
}

Term linear_address(const Term& address) { return address | word(kPageOffset); }

Term page_pointer(const Term& address, unsigned system_page_shift) {
  const Term frame = shift_right(address, word(system_page_shift));
  return word(kPageArray) + shift_left(frame, word(kPageStructShift));
}

Expected<LinuxTable> LinuxTable::make(Executor& executor, unsigned system_page_shift) {
  LinuxTable table;
  table.system_page_shift = system_page_shift;
  table.page_shift = free_word("page_shift");
  table.first_index = free_word("first_index");
  table.entries = free_word("entries");
  table.boundary_mask = free_word("segment_boundary");
  table.max_segment_size = Term::free_bits(32, "max_segment_size");
  const Term pools = free_word("pools");
  const Term three_quarters = shift_right(table.entries * word(3), word(2));
  const Term pool_size = choose(pools == word(1), three_quarters, shift_right(three_quarters, word(2)));
  // Of 1 or 4 pools; a product of two free numbers would slow every question.
  table.large_pool_start = choose(pools == word(1), pool_size, shift_left(pool_size, word(2)));

  Filler filler(executor.program(), table.state.memory);
  const ObjectId tbl = filler.add("tbl", "iommu_table");
  const ObjectId operations = filler.add("ops", "iommu_table_ops");
  const ObjectId dev = filler.add("dev", "device");
  const ObjectId limits = filler.add("dma_parms", "device_dma_parameters");
  table.table = Value::pointer(tbl);
  table.device = Value::pointer(dev);
  const Term bitmap_bytes = shift_left(shift_right(table.entries + word(63), word(6)), word(3));
  table.bitmap = table.state.memory.add(Object::of_words("it_map", bitmap_bytes, Term::free_map("allocation")));

  filler.set(tbl, "iommu_table", "it_page_shift", table.page_shift);
  filler.set(tbl, "iommu_table", "it_offset", table.first_index);
  filler.set(tbl, "iommu_table", "it_size", table.entries);
  filler.set(tbl, "iommu_table", "it_blocksize", free_word("block_entries"));
  filler.set(tbl, "iommu_table", "it_map", Value::pointer(table.bitmap));
  filler.set(tbl, "iommu_table", "it_ops", Value::pointer(operations));
  filler.set(tbl, "iommu_table", "nr_pools", pools);
  filler.set(tbl, "iommu_table", "poolsize", pool_size);
  filler.set(tbl, "iommu_table", "large_pool.start", table.large_pool_start);
  filler.set(tbl, "iommu_table", "large_pool.end", table.entries);
  filler.set(tbl, "iommu_table", "large_pool.hint", free_word("large_pool.hint"));
  filler.set(tbl, "iommu_table", "large_pool.lock", word(0));
  auto pool_bytes = executor.program().size_of("iommu_pool");
  if (!pool_bytes) return tl::unexpected(pool_bytes.error());
  for (uint64_t i = 0; i < kPools; ++i) {
    const uint64_t at = i * *pool_bytes;
    const auto member = [](const char* name) { return fmt::format("large_pool.{}", name); };
    auto first = executor.program().offset_of("iommu_table", "pools");
    auto large = executor.program().offset_of("iommu_table", "large_pool");
    if (!first || !large) return tl::unexpected(first ? large.error() : first.error());
    const uint64_t shift = *first - *large + at;
    filler.set(tbl, "iommu_table", member("start"), pool_size * word(i), shift);
    filler.set(tbl, "iommu_table", member("end"), pool_size * word(i + 1), shift);
    filler.set(tbl, "iommu_table", member("hint"), free_word(fmt::format("pools[{}].hint", i)), shift);
    filler.set(tbl, "iommu_table", member("lock"), word(0), shift);
  }
  // Platforms without need for it have no flush.
  Value flush = executor.function_pointer(table.state, "it_ops->flush");
  flush.null_if = Term::free_boolean("no_flush");
  filler.set(operations, "iommu_table_ops", "set", executor.function_pointer(table.state, "it_ops->set"));
  filler.set(operations, "iommu_table_ops", "clear", executor.function_pointer(table.state, "it_ops->clear"));
  filler.set(operations, "iommu_table_ops", "flush", flush);
  filler.set(dev, "device", "dma_parms", Value::pointer(limits));
  filler.set(limits, "device_dma_parameters", "max_segment_size", table.max_segment_size);
  filler.set(limits, "device_dma_parameters", "segment_boundary_mask", table.boundary_mask);
  auto thread = executor.global(table.state, "nospan_thread");
  if (!thread) return tl::unexpected(thread.error());
  filler.set(thread->object, "nospan_thread", "locks", word(0));
  filler.set(thread->object, "nospan_thread", "irqs_off", word(0));
  filler.set(thread->object, "nospan_thread", "preemption_off", word(0));
  filler.set(thread->object, "nospan_thread", "cpu", Term::free_bits(32, "cpu"));
  if (filler.error()) return tl::unexpected(*filler.error());

  const Term& shift = table.page_shift;
  table.domain = {
      less_equal(word(12), shift),
      less_equal(shift, word(34)),
      less_equal(word(1), table.entries),
      less_equal(table.entries, word(uint64_t{1} << 31)),
      less_equal(table.first_index, shift_right(word(~uint64_t{0}), shift)),
      less_equal(table.entries - word(1), shift_right(word(~uint64_t{0}), shift) - table.first_index),
      (pools == word(1)) | (pools == word(kPools)),
      (pools == word(kPools)) == less_equal(word(kPooledBytes), shift_left(table.entries, shift)),
      less(Term::free_bits(32, "cpu"), Term::bits(32, 64)),
      // 2^n - 1, at least one IOMMU page (asked of drivers by dma_set_seg_boundary()).
      (table.boundary_mask & (table.boundary_mask + word(1))) == word(0),
  };
  table.assumptions = {
      {"page-shift-range", "IOMMU pages are 4 KiB to 16 GiB: it_page_shift is 12 to 34",
       "LoPAR, IO Page Sizes"},
      {"window-on-the-bus", "the window's entries have DMA addresses of at most 64 bits", "LoPAR, DMA windows"},
      {"window-entries", "a window has 1 to 2^31 entries",
       "iommu_area_alloc() and bitmap_clear() count entries in 32 bits (lib/)"},
      {"pools", "pools are what iommu_init_table() makes them, hints and allocation state anything",
       "arch/powerpc/kernel/iommu.c, iommu_init_table()"},
      {"locks-free", "no lock of the table is held when a call begins; one CPU at a time", "spinlock_t"},
  };
  table.inputs = {{"page_shift", shift},
                  {"first_index", table.first_index},
                  {"entries", table.entries},
                  {"segment_boundary", table.boundary_mask},
                  {"max_segment_size", table.max_segment_size},
                  {"cpu", Term::free_bits(32, "cpu")}};
  return table;
}

void add_environment(Executor& executor) {
  using Kind = Event::Kind;
  executor.add("it_ops->set", simple([count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
                 const Term result = Term::free_bits(32, fmt::format("set_result#{}", count++));
                 state.happened(
                     Kind::kSet,
                     {call.arguments[1].bits, call.arguments[2].bits, state.memory.number(call.arguments[3]),
                      linux_permissions(call.arguments[4].bits), result},
                     call.place);
                 return Value::number(result);
               }));
  executor.add("it_ops->clear", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kClear, {call.arguments[1].bits, call.arguments[2].bits}, call.place);
                 return Value{};
               }));
  executor.add("it_ops->flush", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kFlush, {}, call.place);
                 return Value{};
               }));
  executor.add("nospan_warn", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kWarn, {}, call.place);
                 return Value{};
               }));
  executor.add("nospan_bug", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.require(Obligation::Kind::kBug, Term::boolean(false), "BUG", call.place);
                 return Value{};
               }));
  executor.add("nospan_fail", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.require(Obligation::Kind::kBug, Term::boolean(false), "the glue gives up", call.place);
                 return Value{};
               }));
  executor.add("nospan_zero", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kZero, {call.arguments[0].bits, call.arguments[1].bits}, call.place);
                 return Value{};
               }));
  executor.add("nospan_free_pages", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kFreePages,
                                {zero_extend(call.arguments[1].bits, 64), call.arguments[0].bits}, call.place);
                 return Value{};
               }));
}

void add_free_path(Executor& executor) {
  executor.add("get_pool",
               simple([&program = executor.program()](State& state, const Call&) -> Expected<Value> {
                 Filler filler(program, state.memory);
                 const ObjectId pool = filler.add("pool", "iommu_pool");
                 filler.set(pool, "iommu_pool", "lock", word(0));
                 if (filler.error()) return tl::unexpected(*filler.error());
                 return Value::pointer(pool);
               }));
  executor.add("__bitmap_clear", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(
                     Event::Kind::kGiveBack,
                     {zero_extend(call.arguments[1].bits, 64), zero_extend(call.arguments[2].bits, 64)},
                     call.place);
                 return Value{};
               }));
}

}  // namespace nospan::solver
