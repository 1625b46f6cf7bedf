// SPDX-License-Identifier: BSD-2-Clause
// Mutants of the kernel's mapping code. Edits name their place by a few tokens: no kernel text is kept here.
#include "props/mutants/mutant.h"

namespace nospan::props {
namespace {

using model::Invariant;

constexpr std::string_view kIommu = "arch/powerpc/kernel/iommu.c";
constexpr std::string_view kHelper = "lib/iommu-helper.c";
constexpr std::string_view kHelperHeader = "include/linux/iommu-helper.h";
constexpr std::string_view kBitmap = "lib/bitmap.c";
constexpr std::string_view kFindBit = "lib/find_bit.c";

constexpr std::string_view kEntryMissing = "the entry that is missing may be another mapping's, or reserved";
constexpr std::string_view kFillsTable =
    "the table has to be filled up to one entry, and shrinking does not put one large mapping for many small "
    "ones";

}  // namespace

std::vector<Mutant> kernel_mutants() {
  return {
      // ---- ISO-1 ----
      {.name = "kernel.one_page_too_many",
       .mistake = "a buffer that ends with an IOMMU page gets the next one, too",
       .edits = {{kHelperHeader, "iommu_num_pages", R"(DIV_ROUND_UP\(size, io_page_size\))",
                  "size / io_page_size + 1"}},
       .violates = {Invariant::kIso1},
       .looks_away = {Invariant::kXlat2, Invariant::kOwn1, Invariant::kFree1, Invariant::kCap1}},
      {.name = "kernel.page_address_rounded_up",
       .mistake = "a buffer's first IOMMU page is found by rounding its address up",
       .edits = {{kIommu, "iommu_alloc", R"(\(unsigned long\)page &)",
                  "((unsigned long)page + IOMMU_PAGE_SIZE(tbl) - 1) &"}},
       .violates = {Invariant::kIso1},
       .looks_away = {Invariant::kXlat1}},
      {.name = "kernel.list_sets_one_page_too_many",
       .mistake = "a list's elements install one TCE more than was allocated",
       .edits = {{kIommu, "ppc_iommu_map_sg", R"(set\(tbl, entry, npages,)", "set(tbl, entry, npages + 1,"}},
       .violates = {Invariant::kIso1},
       .looks_away = {Invariant::kXlat1, Invariant::kXlat2, Invariant::kRange1, Invariant::kOwn1,
                      Invariant::kFree1, Invariant::kFail1}},

      // ---- XLAT-1 ----
      {.name = "kernel.offset_within_4k",
       .mistake = "the DMA address carries only the offset in 4 KiB",
       .edits = {{kIommu, "iommu_map_page", R"(uaddr & ~IOMMU_PAGE_MASK\(tbl\))", "uaddr & 0xfff"}},
       .violates = {Invariant::kXlat1}},
      {.name = "kernel.merges_without_contiguity",
       .mistake = "elements are merged whether or not their DMA addresses join",
       .edits = {{kIommu, "ppc_iommu_map_sg", R"(\(dma_addr != dma_next\))", "0"}},
       .violates = {Invariant::kXlat1}},
      {.name = "kernel.merged_length_lost",
       .mistake = "a merged segment is as long as its last element",
       .edits = {{kIommu, "ppc_iommu_map_sg", R"(dma_length \+= s->length)", "dma_length = s->length"}},
       .violates = {Invariant::kXlat1}},
      {.name = "kernel.check_gpa_within_4k",
       .mistake = "iommu_tce_check_gpa takes any multiple of 4 KiB",
       .edits = {{kIommu, "iommu_tce_check_gpa", R"(gpa & mask)", "gpa & mask & 0xfff"}},
       .violates = {Invariant::kXlat1}},
      {.name = "kernel.rare_offset",
       .mistake = "one offset of 65,536, with one of three directions, gives a wrong DMA address",
       .edits = {{kIommu, "iommu_map_page", R"(return dma_handle)",
                  "if (tbl && dma_handle != DMA_MAPPING_ERROR && (uaddr & 0xffff) == 0x5a5b && "
                  "direction == DMA_FROM_DEVICE)\ndma_handle ^= 1;\n$&"}},
       .violates = {Invariant::kXlat1},
       .limit_seconds = 5},

      // ---- XLAT-2 ----
      {.name = "kernel.last_tce_not_set",
       .mistake = "the last TCE of a mapping is not written",
       .edits = {{kIommu, "iommu_alloc", R"(set\(tbl, entry, npages,)", "set(tbl, entry, npages - 1,"}},
       .violates = {Invariant::kXlat2}},
      {.name = "kernel.coherent_rounds_down",
       .mistake = "coherent memory is counted in whole IOMMU pages, the rest is not mapped",
       .edits = {{kIommu, "iommu_alloc_coherent", R"(IOMMU_PAGE_ALIGN\(size, tbl\))", "size"}},
       .violates = {Invariant::kXlat2, Invariant::kOwn1, Invariant::kRange1},
       .why_several = kEntryMissing},
      {.name = "kernel.offset_not_counted",
       .mistake = "pages are counted as if every buffer started with an IOMMU page",
       .edits = {{kHelperHeader, "iommu_num_pages", R"(\(addr & \(io_page_size - 1\)\) \+ len)", "len"}},
       .violates = {Invariant::kXlat2, Invariant::kOwn1, Invariant::kRange1},
       .why_several = kEntryMissing},

      // ---- PERM-1 ----
      {.name = "kernel.to_device_writable",
       .mistake = "memory that a device only reads can be written by it",
       .edits = {{kIommu, "iommu_direction_to_tce_perm", R"(return TCE_PCI_READ;)",
                  "return TCE_PCI_READ | TCE_PCI_WRITE;"}},
       .violates = {Invariant::kPerm1}},
      {.name = "kernel.list_ignores_direction",
       .mistake = "lists are mapped for both directions",
       .edits = {{kIommu, "ppc_iommu_map_sg", R"(IOMMU_PAGE_MASK\(tbl\), direction,)",
                  "IOMMU_PAGE_MASK(tbl), DMA_BIDIRECTIONAL,"}},
       .violates = {Invariant::kPerm1}},
      {.name = "kernel.tce_direction_swapped",
       .mistake = "iommu_tce_direction says to-device of a TCE that allows writing only",
       .edits = {{kIommu, "iommu_tce_direction", R"(return DMA_FROM_DEVICE)", "return DMA_TO_DEVICE"}},
       .violates = {Invariant::kPerm1}},

      // ---- RANGE-1 ----
      {.name = "kernel.entry_zero_free",
       .mistake = "entry 0 of a window at 0 is not reserved",
       .edits = {{kIommu, "iommu_table_reserve_pages", R"(tbl->it_offset == 0)", "0"}},
       .violates = {Invariant::kRange1}},
      {.name = "kernel.last_reserved_entry_free",
       .mistake = "the last entry of the reserved range is not reserved",
       .edits = {{kIommu, "iommu_table_reserve_pages", R"(i < tbl->it_reserved_end)",
                  "i + 1 < tbl->it_reserved_end"}},
       .violates = {Invariant::kRange1}},
      {.name = "kernel.large_pool_too_long",
       .mistake = "the large pool ends behind the table",
       .edits = {{kIommu, "iommu_init_table", R"(p->end = tbl->it_size)", "p->end = tbl->it_size + 2"}},
       .violates = {Invariant::kRange1}},
      {.name = "kernel.check_ioba_off_by_one",
       .mistake = "iommu_tce_check_ioba takes one page more than the window has",
       .edits = {{kIommu, "iommu_tce_check_ioba", R"(npages > size)", "npages > size + 1"}},
       .violates = {Invariant::kRange1}},

      // ---- RANGE-2 ----
      {.name = "kernel.mask_ignored",
       .mistake = "the device's mask does not limit the search",
       .edits = {{kIommu, "iommu_range_alloc", R"(limit \+ tbl->it_offset > mask)", "0"}},
       .violates = {Invariant::kRange2}},
      {.name = "kernel.mask_two_entries_late",
       .mistake = "the search goes two entries past the mask (the first is the one that it never uses)",
       .edits = {{kIommu, "iommu_range_alloc", R"(limit = mask - tbl->it_offset \+ 1)",
                  "limit = limit < mask - tbl->it_offset + 3 ? limit : mask - tbl->it_offset + 3"}},
       .violates = {Invariant::kRange2},
       .why_many = kFillsTable},
      {.name = "kernel.alloc_ignores_boundary",
       .mistake = "the device's segment boundary is not looked at",
       .edits = {{kHelper, "iommu_area_alloc", R"(iommu_is_span_boundary\()", "0 && $&"}},
       .violates = {Invariant::kRange2}},
      {.name = "kernel.boundary_off_by_one",
       .mistake = "a mapping may cross the boundary by one IOMMU page",
       .edits = {{kHelperHeader, "iommu_is_span_boundary", R"(shift \+ nr > boundary_size)",
                  "shift + nr > boundary_size + 1"}},
       .violates = {Invariant::kRange2},
       .why_many = kFillsTable},
      {.name = "kernel.merge_ignores_max_segment",
       .mistake = "merging does not stop at the device's maximum segment size",
       .edits = {{kIommu, "ppc_iommu_map_sg", R"(outs->dma_length \+ s->length > max_seg_size)", "0"}},
       .violates = {Invariant::kRange2}},

      // ---- ALIGN-1 ----
      {.name = "kernel.coherent_half_aligned",
       .mistake = "the allocator aligns to half of what it was asked for",
       .edits = {{kIommu, "iommu_range_alloc", R"(\(1ull << align_order\) - 1)",
                  "((1ull << align_order) - 1) >> 1"}},
       .violates = {Invariant::kAlign1}},
      {.name = "kernel.search_does_not_align",
       .mistake = "the bitmap search does not align what it finds",
       .edits = {{kBitmap, "bitmap_find_next_zero_area_off",
                  R"(__ALIGN_MASK\(index \+ align_offset, align_mask\) - align_offset)", "index"}},
       .violates = {Invariant::kAlign1}},

      // ---- OWN-1 ----
      {.name = "kernel.last_entry_not_marked",
       .mistake = "the last entry of an allocation stays free",
       .edits = {{kHelper, "iommu_area_alloc", R"(bitmap_set\(map, index, nr\))",
                  "bitmap_set(map, index, nr - 1)"}},
       .violates = {Invariant::kOwn1}},
      {.name = "kernel.long_runs_not_marked",
       .mistake = "__bitmap_set marks only the first word of a long run",
       .edits = {{kBitmap, "__bitmap_set", R"(mask_to_set = ~0UL)", "mask_to_set = 0"}},
       .violates = {Invariant::kOwn1}},
      {.name = "kernel.crash_kernel_forgets_inherited",
       .mistake = "a crash kernel does not reserve the mappings that it finds",
       .edits = {{kIommu, "iommu_table_clear", R"(__set_bit\(index, tbl->it_map\);)", ""}},
       .violates = {Invariant::kOwn1}},

      // ---- FREE-1 ----
      {.name = "kernel.unmap_ignores_offset",
       .mistake = "unmapping counts pages as if the buffer started with an IOMMU page",
       .edits = {{kIommu, "iommu_unmap_page", R"(iommu_num_pages\(dma_handle,)", "iommu_num_pages(0,"}},
       .violates = {Invariant::kFree1}},
      {.name = "kernel.unmap_leaves_tces",
       .mistake = "unmapping gives the entries back and leaves the TCEs",
       .edits = {{kIommu, "__iommu_free", R"(tbl->it_ops->clear\(tbl, entry, npages\);)", ""}},
       .violates = {Invariant::kFree1}},
      {.name = "kernel.frees_one_entry_more",
       .mistake = "unmapping gives back one entry too many",
       .edits = {{kIommu, "__iommu_free", R"(bitmap_clear\(tbl->it_map, free_entry, npages\))",
                  "bitmap_clear(tbl->it_map, free_entry, npages + 1)"}},
       .violates = {Invariant::kFree1, Invariant::kFail1},
       .why_several = "the same function undoes a map call that fails"},
      {.name = "kernel.list_unmaps_first_segment",
       .mistake = "unmapping a list frees its first segment again and again",
       .edits = {{kIommu, "ppc_iommu_unmap_sg", R"(sg = sg_next\(sg\))", ""}},
       .violates = {Invariant::kFree1}},
      {.name = "kernel.coherent_pages_leak",
       .mistake = "coherent memory is given back with the wrong order",
       .edits = {{kIommu, "iommu_free_coherent", R"(get_order\(size\))", "get_order(size) + 1"}},
       .violates = {Invariant::kFree1}},
      {.name = "kernel.in_use_stops_at_reserved",
       .mistake = "iommu_table_in_use does not look behind the reserved range",
       .edits = {{kIommu, "iommu_table_in_use", R"(end = tbl->it_size)", "end = start"}},
       .violates = {Invariant::kFree1}},

      // ---- FAIL-1 ----
      {.name = "kernel.failed_set_forgotten",
       .mistake = "a table operation that fails is not told to the caller",
       .edits = {{kIommu, "iommu_alloc", R"(unlikely\(build_fail\))", "0"}},
       .violates = {Invariant::kFail1}},
      {.name = "kernel.failed_set_leaks_entries",
       .mistake = "entries are not given back when a table operation fails",
       .edits = {{kIommu, "iommu_alloc", R"(__iommu_free\(tbl, ret, npages\);)", ""}},
       .violates = {Invariant::kFail1}},
      {.name = "kernel.failed_list_leaks",
       .mistake = "a list that does not fit keeps what was mapped of it",
       .edits = {{kIommu, "ppc_iommu_map_sg", R"(__iommu_free\(tbl, vaddr, npages\);)", ""}},
       .violates = {Invariant::kFail1},
       .why_many = kFillsTable},
      {.name = "kernel.failed_coherent_leaks_pages",
       .mistake = "pages for coherent memory are kept when there is no room in the table",
       .edits = {{kIommu, "iommu_alloc_coherent", R"(free_pages\(\(unsigned long\)ret, order\);)", ""}},
       .violates = {Invariant::kFail1}},

      // ---- CAP-1 ----
      {.name = "kernel.other_pools_not_tried",
       .mistake = "the search does not go on to other pools",
       .edits = {{kIommu, "iommu_range_alloc", R"(pass <= tbl->nr_pools)", "0"}},
       .violates = {Invariant::kCap1}},
      {.name = "kernel.limit_two_entries_early",
       .mistake = "the search leaves two entries at its end unused instead of one",
       .edits = {{kHelper, "iommu_area_alloc", R"(size -= 1)", "size -= size > 2 ? 2 : 1"}},
       .violates = {Invariant::kCap1}},

      // ---- what no rule covers yet ----
      {.name = "kernel.unmap_never_flushed",
       .mistake = "the device is not made to see that TCEs are gone: it goes on with those that it has cached",
       .edits = {{kIommu, "iommu_free", R"(tbl->it_ops->flush\(tbl\);)", "(void)0;"}},
       .violates = {Invariant::kFree1},
       .missing_rule = "a call that changed TCEs ends with a flush after its last change"},
      {.name = "kernel.coherent_not_cleared",
       .mistake = "coherent memory holds what its last owner left in it",
       .edits = {{kIommu, "iommu_alloc_coherent", R"(memset\(ret, 0, size\);)", ""}},
       .violates = {Invariant::kSafe1},
       .missing_rule = "alloc_coherent clears all that it maps"},
      {.name = "kernel.list_end_not_marked",
       .mistake = "a merged list keeps the old lengths behind its last segment, and unmapping goes on to them",
       .edits = {{kIommu, "ppc_iommu_map_sg",
                  R"((outcount < incount\) \{ outs = sg_next\(outs\);) outs->dma_length = 0;)", "$1"}},
       .violates = {Invariant::kFree1},
       .missing_rule =
           "a list comes in with DMA addresses that an earlier mapping left and another one has now"},
      {.name = "kernel.top_of_table_lost",
       .mistake = "the large pool ends an eighth of the table too early",
       .edits = {{kIommu, "iommu_init_table", R"(p->end = tbl->it_size)",
                  "p->end = tbl->it_size - tbl->it_size / 8"}},
       .violates = {Invariant::kCap1},
       .missing_rule = "the pools that an implementation tells of cover its window"},

      // ---- SAFE-1 ----
      {.name = "kernel.bug_in_last_pool",
       .mistake = "an assertion does not know the last small pool",
       .edits = {{kIommu, "get_pool", R"(pool_nr > tbl->nr_pools)", "pool_nr + 1 >= tbl->nr_pools"}},
       .violates = {Invariant::kSafe1}},
      {.name = "kernel.lock_left_when_full",
       .mistake = "the lock of the last pool is kept when nothing is found",
       .edits = {{kIommu, "iommu_range_alloc",
                  R"(Give up \*/ spin_unlock_irqrestore\(&\(pool->lock\), flags\);)", "*/"}},
       .violates = {Invariant::kSafe1}},
      {.name = "kernel.full_table_hangs",
       .mistake = "a full table is searched for ever",
       .edits = {{kIommu, "iommu_range_alloc",
                  R"((large_pool; spin_lock\(&pool->lock\); pool->hint = pool->start;) pass\+\+;)", "$1"}},
       .violates = {Invariant::kSafe1}},
      {.name = "kernel.bit_search_reads_past_end",
       .mistake = "the search for a bit reads one word more than the bitmap has",
       .edits = {{kFindBit, "FIND_NEXT_BIT", R"(BITS_PER_LONG >= sz)", "BITS_PER_LONG > sz"}},
       .violates = {Invariant::kSafe1}},
  };
}

}  // namespace nospan::props
