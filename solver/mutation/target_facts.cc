// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/target_facts.h"

#include <fmt/format.h>

#include <utility>

namespace nospan::solver {
namespace {

using reports::Expected;
using Is = SsaFacts::Result::Is;
using Use = SsaFacts::Argument::Use;

constexpr uint64_t power(unsigned exponent) { return uint64_t{1} << exponent; }

struct Range {
  const char* member;
  uint64_t least;
  uint64_t most;
  const char* assumed;
};

// Members of a type: by the source's name for the offset, by LLVM's for the accesses.
Expected<void> add_members(SsaFacts& facts, const Program& program, const char* type, const char* llvm_type,
                           std::initializer_list<Range> ranges) {
  for (const Range& range : ranges) {
    auto offset = program.offset_of(type, range.member);
    if (!offset) return tl::unexpected(offset.error());
    facts.members.push_back({llvm_type, *offset, range.least, range.most, range.assumed});
  }
  return {};
}

// A parameter of a function, by both their names in the source.
void add_parameter(SsaFacts& facts, const char* function, const char* name, uint64_t least, uint64_t most,
                   const char* assumed) {
  facts.parameters.push_back({"", least, most, assumed, function, name});
}

void add_result(SsaFacts& facts, const std::string& callee, Is is, const char* assumed,
                const std::string& caller) {
  facts.results.push_back({callee, is, assumed, 0, caller});
}

}  // namespace

Expected<SsaFacts> kernel_facts(const Program& program) {
  SsaFacts facts;
  facts.assumptions = {
      {"page-shift-range", "IOMMU pages are 4 KiB to 16 GiB: it_page_shift is 12 to 34",
       "LoPAR, IO Page Sizes"},
      {"window-entries", "a window has 1 to 2^31 entries",
       "iommu_area_alloc() and bitmap_clear() count entries in 32 bits (lib/)"},
      {"window-on-the-bus", "the window's entries have DMA addresses of at most 64 bits", "LoPAR, DMA windows"},
      {"pools", "there are 1 to 4 pools, which begin and end in the window",
       "arch/powerpc/kernel/iommu.c, iommu_init_table()"},
      {"pools-have-entries", "a search has at least one entry to look at",
       "arch/powerpc/kernel/iommu.c, iommu_init_table() (finding empty-pool-searches-past-table)"},
      {"place-hints", "a pool's hint, and the place that a list remembers, are below 2^33",
       "arch/powerpc/kernel/iommu.c, iommu_range_alloc(): where an allocation ended, rounded up to a block"},
      {"direction-given", "a mapping has a direction other than DMA_NONE",
       "kernel/dma/mapping.c, valid_dma_direction()"},
      {"buffer", "a buffer has 1 to 2^56 bytes", "design section 6: what a scenario can tell"},
      {"list-length", "a list has 0 to 2^30 elements",
       "include/linux/scatterlist.h: 2^30 of struct scatterlist take 32 GiB"},
      {"request-entries", "1 to 2^32 - 1 entries are asked for",
       "arch/powerpc/kernel/iommu.c, callers of iommu_range_alloc(): pages of at least one byte, in 32 bits "
       "(finding page-count-wraps)"},
      {"mask-in-pages", "a mask for the allocator is one of IOMMU pages, below 2^52",
       "arch/powerpc/kernel/iommu.c, callers of iommu_alloc(): mask >> tbl->it_page_shift"},
      {"segment-boundary", "a segment boundary is at most 2^52 entries",
       "include/linux/dma-mapping.h, dma_get_seg_boundary_nr_pages()"},
      {"mapped", "entries are given back that were taken: they lie in the window",
       "DMA API: dma_unmap_page() takes what dma_map_page() returned"},
      {"table-operations",
       "the table operation set takes the number of the page from an address, and does not look at attributes",
       "arch/powerpc/platforms/pseries/iommu.c, tce_build_pSeries(); powernv/pci-ioda-tce.c, pnv_tce_build()"},
      {"pages-of-address", "__iommu_free() looks at the number of the page only",
       "arch/powerpc/kernel/iommu.c, __iommu_free(), iommu_free_check()"},
      {"page-mask", "IOMMU pages are at most 1 GiB where the code computes IOMMU_PAGE_MASK()",
       "arch/powerpc/include/asm/iommu.h (finding page-mask-overflows-int)"},
      {"address-or-error", "iommu_alloc() returns the address of an IOMMU page above 0, or DMA_MAPPING_ERROR",
       "claims exact/iommu_map_page, handle/iommu_map_page; invariant RANGE-1: entry 0 of the bus is reserved"},
      {"area-or-none", "bitmap_find_next_zero_area() returns a number above the size, or one below it",
       "claim alloc/bitmap_find_next_zero_area_off, of at least one entry"},
  };
  // A window has at most 2^31 entries of 4 KiB to 16 GiB, and lies on the bus.
  auto added = add_members(facts, program, "iommu_table", "struct.iommu_table",
                           {{"it_page_shift", 12, 34, "page-shift-range"},
                            {"it_page_shift", 12, 30, "page-mask"},
                            {"it_size", 1, power(31), "window-entries"},
                            {"nr_pools", 1, 4, "pools"},
                            {"it_offset", 0, ~uint64_t{0} >> 12, "window-on-the-bus"},
                            {"poolsize", 0, power(31), "pools"},
                            {"large_pool.start", 0, power(31), "pools"}});
  if (!added) return tl::unexpected(added.error());
  added = add_members(facts, program, "iommu_pool", "struct.iommu_pool",
                      {{"start", 0, power(31), "pools"},
                       {"end", 0, power(31), "pools"},
                       {"hint", 0, power(33), "place-hints"}});
  if (!added) return tl::unexpected(added.error());

  facts.parameters = {{"dma_data_direction", 0, 2, "direction-given"}};
  for (const char* function :
       {"iommu_map_page", "iommu_unmap_page", "iommu_alloc_coherent", "iommu_free_coherent"})
    add_parameter(facts, function, "size", 1, power(56), "buffer");
  for (const char* function : {"ppc_iommu_map_sg", "ppc_iommu_unmap_sg"})
    add_parameter(facts, function, "nelems", 0, power(30), "list-length");
  for (const char* function : {"iommu_range_alloc", "iommu_alloc"}) {
    add_parameter(facts, function, "npages", 1, power(32) - 1, "request-entries");
    add_parameter(facts, function, "mask", 0, power(52) - 1, "mask-in-pages");
  }
  facts.parameters.push_back({"", 0, power(33), "place-hints", "iommu_range_alloc", "handle", true});
  add_parameter(facts, "iommu_area_alloc", "nr", 1, power(32) - 1, "request-entries");
  add_parameter(facts, "iommu_area_alloc", "size", 1, power(31), "pools-have-entries");
  for (const char* function : {"iommu_area_alloc", "iommu_is_span_boundary"})
    add_parameter(facts, function, "boundary_size", 1, power(52), "segment-boundary");
  add_parameter(facts, "get_pool", "entry", 0, power(31) - 1, "mapped");

  auto set = program.offset_of("iommu_table_ops", "set");
  if (!set) return tl::unexpected(set.error());
  auto page_shift = program.offset_of("iommu_table", "it_page_shift");
  if (!page_shift) return tl::unexpected(page_shift.error());
  facts.page_shift = *page_shift;
  const std::string set_operation = fmt::format("struct.iommu_table_ops+{}", *set);
  facts.arguments = {{set_operation, 3, Use::kPageNumber, "table-operations"},
                     {set_operation, 5, Use::kNone, "table-operations"},
                     {"iommu_alloc", 7, Use::kNone, "table-operations"},
                     {"__iommu_free", 1, Use::kPageNumber, "pages-of-address"}};
  facts.results = {{"bitmap_find_next_zero_area", Is::kNotArgument, "area-or-none", 1},
                   {"bitmap_find_next_zero_area_off", Is::kNotArgument, "area-or-none", 1},
                   {"iommu_alloc", Is::kPageAddressOrOnes, "address-or-error"}};
  facts.unseen_calls = {"nospan_warn"};
  return facts;
}

Expected<SsaFacts> builtin_facts(const Program& program) {
  SsaFacts facts;
  facts.assumptions = {
      {"page-shift-range", "IOMMU pages are 4 KiB to 16 GiB", "targets/target.h, struct nospan_configuration"},
      {"window-entries", "a window has 1 to 2^37 entries",
       "targets/builtin/entry_space.cc, create() refuses others"},
      {"window-indices", "the window has at most 2^52 entries and begins at or below index 2^52",
       "LoPAR, DMA windows"},
      {"space-as-created", "sizes are what create() computes",
       "targets/builtin/entry_space.cc, "
       "EntrySpace::create()"},
      {"direction-given", "a mapping has a direction other than NOSPAN_NO_DIRECTION",
       "targets/target.h, struct nospan_map_request"},
      {"buffer", "a buffer has at least one byte and ends below 2^62",
       "design section 6: what a scenario can tell"},
      {"list-length", "a list has 0 to 2^30 elements", "targets/target.h, map_sg: the result is an int"},
      {"mapped", "what is unmapped or given back was mapped", "targets/target.h, unmap_page, unmap_sg"},
      {"error-numbers", "whoever asks for coherent memory looks at whether it failed, not at why",
       "targets/target.h, alloc_coherent: a negative errno"},
      {"environment", "the machine answers 0 or a negative errno", "targets/target.h, allocate_pages"},
      {"slots", "functions of EntrySpace are asked about slots, words and regions of the window",
       "targets/builtin/entry_space.h; claims contract/EntrySpace::*"},
  };
  struct Type {
    const char* name;
    const char* llvm_name;
    std::initializer_list<Range> ranges;
  };
  const uint64_t slots = power(38);
  const uint64_t words = power(32) - 1;
  const std::initializer_list<Range> mapper = {{"page_shift_", 12, 34, "page-shift-range"},
                                               {"system_page_shift_", 12, 16, "page-shift-range"},
                                               {"boundary_entries_", 0, power(52), "page-shift-range"},
                                               {"first_index_", 0, power(52), "window-indices"},
                                               {"entries_", 1, power(37), "window-entries"}};
  const std::initializer_list<Range> space = {{"origin_", 0, power(52), "window-indices"},
                                              {"first_slot_", 0, 63, "space-as-created"},
                                              {"end_slot_", 1, slots, "window-entries"},
                                              {"lowest_slot_", 0, 64, "space-as-created"},
                                              {"reserved_begin_slot_", 0, slots, "window-entries"},
                                              {"reserved_end_slot_", 0, slots, "window-entries"},
                                              {"words_", 1, words, "window-entries"},
                                              {"group_words_", 1, words, "window-entries"},
                                              {"region_shift_", 0, 32, "window-entries"},
                                              {"region_count_", 1, 16, "space-as-created"},
                                              {"home_mask_", 0, 15, "space-as-created"}};
  const std::initializer_list<Range> region = {{"long_hint", 0, slots, "window-entries"},
                                               {"available", 0, slots, "window-entries"},
                                               {"ordinary", 0, slots, "window-entries"}};
  const std::initializer_list<Range> search = {{"entries", 1, power(37), "window-entries"},
                                               {"last_slot", 0, slots, "window-entries"},
                                               {"alignment", 1, power(52), "window-indices"},
                                               {"boundary", 0, power(52), "page-shift-range"}};
  const std::initializer_list<Range> request = {{"entries", 1, power(52), "page-shift-range"},
                                                {"last_start", 0, power(52) - 1, "page-shift-range"},
                                                {"boundary", 0, power(52), "page-shift-range"},
                                                {"alignment_shift", 0, 52, "page-shift-range"}};
  const std::initializer_list<Range> buffer = {{"entries", 1, power(52), "page-shift-range"}};
  const std::initializer_list<Range> page = {{"page", 0, power(60), "buffer"},
                                             {"offset", 0, power(60), "buffer"},
                                             {"size", 1, power(60), "buffer"},
                                             {"direction", 0, 2, "direction-given"}};
  for (const Type& type : {Type{"Mapper", "class.nospan::builtin::Mapper", mapper},
                           Type{"EntrySpace", "class.nospan::builtin::EntrySpace", space},
                           Type{"Region", "struct.nospan::builtin::EntrySpace::Region", region},
                           Type{"Search", "struct.nospan::builtin::EntrySpace::Search", search},
                           Type{"SpaceRequest", "struct.nospan::builtin::SpaceRequest", request},
                           Type{"Buffer", "struct.nospan::builtin::Buffer", buffer},
                           Type{"nospan_map_request", "struct.nospan_map_request", page}}) {
    auto added = add_members(facts, program, type.name, type.llvm_name, type.ranges);
    if (!added) return tl::unexpected(added.error());
  }
  const char* const functions = "nospan::builtin::EntrySpace::";
  add_parameter(facts, functions, "slot", 0, slots, "slots");
  add_parameter(facts, functions, "entries", 1, slots, "slots");
  add_parameter(facts, functions, "word", 0, words, "slots");
  add_parameter(facts, functions, "region", 0, 15, "slots");
  add_parameter(facts, functions, "class_", 0, 6, "slots");
  add_parameter(facts, functions, "from", 0, words, "slots");
  add_parameter(facts, functions, "end", 0, words, "slots");
  const char* const mappers = "nospan::builtin::Mapper::";
  add_parameter(facts, mappers, "count", 0, power(30), "list-length");
  add_parameter(facts, mappers, "size", 1, power(60), "buffer");

  const std::string scope = mappers;
  for (const char* caller : {"map_page", "map_list"})
    add_result(facts, "nospan::builtin::direction_permissions", Is::kTrue, "direction-given", scope + caller);
  for (const char* caller : {"map_page", "next_group", "allocate_coherent", "remove"})
    add_result(facts, "nospan::builtin::Buffer::from", Is::kTrue,
               caller == std::string("remove") ? "mapped" : "buffer", scope + caller);
  for (const char* caller : {"allocate_coherent", "free_coherent"})
    add_result(facts, scope + "coherent_size", Is::kTrue, "buffer", scope + caller);
  add_result(facts, "nospan::builtin::EntrySpace::is_ordinary", Is::kTrue, "mapped", scope + "remove");
  add_result(facts, "nospan::builtin::EntrySpace::give_back", Is::kTrue, "mapped", scope + "withdraw");
  auto pages = program.offset_of("nospan_environment", "allocate_pages");
  if (!pages) return tl::unexpected(pages.error());
  add_result(facts, fmt::format("struct.nospan_environment+{}", *pages), Is::kZeroOrError, "environment", "");
  facts.errors = {{scope + "allocate_coherent", "error-numbers"}};
  return facts;
}

}  // namespace nospan::solver
