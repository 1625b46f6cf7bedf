// SPDX-License-Identifier: BSD-2-Clause
// Mutants of the mapper that ships with nospan.
#include "props/mutants/mutant.h"
#include "props/mutants/reasons.h"

namespace nospan::props {
namespace {

using model::Invariant;

constexpr std::string_view kMapper = "targets/builtin/mapper.cc";
constexpr std::string_view kBuffer = "targets/builtin/buffer.h";
constexpr std::string_view kSpace = "targets/builtin/entry_space.cc";
constexpr std::string_view kSearch = "targets/builtin/entry_space_search.cc";
constexpr std::string_view kSpaceHeader = "targets/builtin/entry_space.h";
constexpr std::string_view kChecks = "targets/builtin/checks.h";

}  // namespace

std::vector<Mutant> builtin_mutants() {
  return {
      // ---- ISO-1 ----
      {.name = "builtin.one_page_too_many",
       .mistake = "a buffer that ends with an IOMMU page gets the next one, too",
       .edits = {{kBuffer, "from", R"(\(last >> page_shift\))", "((last + 1) >> page_shift)"}},
       .violates = {Invariant::kIso1},
       .looks_away = {Invariant::kXlat1, Invariant::kXlat2, Invariant::kOwn1, Invariant::kFree1,
                      Invariant::kFail1, Invariant::kCap1}},
      {.name = "builtin.list_gaps_ignored",
       .mistake = "a segment's TCEs are written as if its elements were neighbours in memory",
       .edits = {{kMapper, "install_group", R"(entries != 0 && buffer\.base)", "false && buffer.base"}},
       .violates = {Invariant::kIso1},
       .looks_away = {Invariant::kXlat1}},

      // ---- XLAT ----
      {.name = "builtin.segments_join_anywhere",
       .mistake = "elements become one segment though the first ends within an IOMMU page",
       .edits = {{kMapper, "next_group", R"(\(\(all\.last_offset \+ 1\) & page_mask\) == 0 &&)", ""}},
       .violates = {Invariant::kXlat1}},
      {.name = "builtin.rare_offset",
       .mistake = "one offset of 65,536, together with the direction, installs the wrong page",
       .edits = {{kMapper, "map_page",
                  R"(const uint64_t permissions = direction_permissions\(request\.direction\);)",
                  "$& const uint64_t rare = ((request.page + request.offset) & 0xffff) == 0xa5a3 && "
                  "request.direction == NOSPAN_FROM_DEVICE ? uint64_t{1} << page_shift_ : 0;"},
                 {kMapper, "map_page", R"(buffer\.base \|)", "(buffer.base + rare) |"}},
       .violates = {Invariant::kXlat1, Invariant::kIso1},
       .why_several = "the wrong page may be another VM's",
       .limit_seconds = 5},
      {.name = "builtin.last_tce_not_put",
       .mistake = "the last TCE of several is not written",
       .edits = {{kMapper, "install", R"(start\.value, entries, tce)",
                  "start.value, entries - (entries > 1), tce"}},
       .violates = {Invariant::kXlat2}},
      {.name = "builtin.coherent_not_rounded",
       .mistake = "coherent memory is mapped up to its size, not to the end of its last system page",
       .edits = {{kMapper, "allocate_coherent", R"(from\(address, bytes,)", "from(address, size,"}},
       .violates = {Invariant::kXlat2, Invariant::kOwn1, Invariant::kRange1},
       .why_several = kEntryMissing},

      // ---- PERM-1 ----
      {.name = "builtin.from_device_readable_only",
       .mistake = "a device cannot write memory that was mapped for it to write",
       .edits = {{kChecks, "direction_permissions", R"(return NOSPAN_TCE_WRITE;)", "return NOSPAN_TCE_READ;"}},
       .violates = {Invariant::kPerm1}},

      // ---- RANGE ----
      {.name = "builtin.entry_zero_free",
       .mistake = "entry 0 of a window at 0 is handed out",
       .edits = {{kSpace, "create", R"(if \(first_index == 0\) bits_\[0\] \|= 1;)", ""},
                 {kSpace, "create", R"(\(first_index == 0 \? 1 : 0\))", "0"}},
       .violates = {Invariant::kRange1}},
      {.name = "builtin.reserved_range_shifted",
       .mistake = "the reserved range loses its last entry",
       .edits = {{kSpace, "create", R"(mark\(reserved_begin_slot_, end - begin\))",
                  "mark(reserved_begin_slot_, end - begin - 1)"}},
       .violates = {Invariant::kRange1}},
      {.name = "builtin.mask_of_first_byte",
       .mistake = "the mask is held against a buffer's first byte instead of its last",
       .edits = {{kMapper, "place", R"(\(mask - buffer\.last_offset\))", "(mask - buffer.offset)"}},
       .violates = {Invariant::kRange2},
       .why_many = kFillsTable},
      {.name = "builtin.boundary_within_pages_ignored",
       .mistake = "a segment boundary that lies within IOMMU pages is not looked at",
       .edits = {{kMapper, "place", R"(boundary_entries_ == 0 && segment_boundary_ != kNoBoundary)",
                  "boundary_entries_ == 0 && segment_boundary_ == 0"}},
       .violates = {Invariant::kRange2}},
      {.name = "builtin.long_runs_cross_boundary",
       .mistake = "a run of more than 64 entries may cross the boundary by one",
       .edits = {{kSearch, "adjusted", R"(inside \+ search\.entries > search\.boundary)",
                  "inside + search.entries > search.boundary + 1"}},
       .violates = {Invariant::kRange2},
       .why_many = kFillsTable},

      // ---- ALIGN-1 ----
      {.name = "builtin.coherent_fallback_unaligned",
       .mistake = "if no aligned place is free, coherent memory goes to any",
       .edits = {{kMapper, "allocate_coherent", R"(alignment_shift, alignment_shift, cpu)",
                  "0, alignment_shift, cpu"}},
       .violates = {Invariant::kAlign1},
       .why_many = kFillsTable},

      // ---- OWN-1 ----
      {.name = "builtin.hint_marks_too_few",
       .mistake = "the fast path marks one entry too few",
       .edits = {{kSpaceHeader, "take_at_hint", R"(low_bits\(request\.entries\))",
                  "low_bits(request.entries - 1)"}},
       .violates = {Invariant::kOwn1}},
      {.name = "builtin.search_takes_taken",
       .mistake = "the search for runs of more than 64 entries does not see their first word",
       .edits = {{kSearch, "last_taken", R"(while \(word > slot >> kWordShift\))",
                  "while (word > (slot >> kWordShift) + 1)"}},
       .violates = {Invariant::kOwn1, Invariant::kRange1, Invariant::kFail1},
       .why_several =
           "what it does not see may be mapped or reserved; a call that fails clears another mapping's TCEs"},

      // ---- FREE-1 ----
      {.name = "builtin.clears_one_tce_less",
       .mistake = "unmapping leaves the last TCE of several",
       .edits = {{kMapper, "withdraw", R"(start\.value, entries\))", "start.value, entries - (entries > 1))"}},
       .violates = {Invariant::kFree1, Invariant::kFail1},
       .why_several = "the same function undoes a map call that fails"},
      {.name = "builtin.flushed_before_cleared",
       .mistake = "unmapping makes the device look again before the TCEs are cleared",
       .edits = {{kMapper, "withdraw", R"(put_flush\(\);)", ""},
                 {kMapper, "withdraw", R"(environment_->clear_tces)", "put_flush(); $&"}},
       .violates = {Invariant::kFree1, Invariant::kFail1},
       .why_several = "the same function undoes a map call that fails"},

      // ---- FAIL-1 ----
      {.name = "builtin.failed_list_forgotten",
       .mistake = "a list whose table operation fails is reported as mapped as far as it came",
       .edits = {{kMapper, "map_list_once", R"(withdraw\(start, group\.buffer\.entries\);)",
                  "$& if (segments != 0) error = 0;"}},
       .violates = {Invariant::kFail1}},
      {.name = "builtin.last_byte_of_the_bus",
       .mistake = "one byte may be mapped at the address that means failure",
       .edits = {{kMapper, "place", R"(--mask)", "(void)0"}},
       .violates = {Invariant::kFail1},
       .why_many = kFillsTable},

      // ---- CAP-1 ----
      {.name = "builtin.hints_never_raised",
       .mistake = "entries that are given back are not found again",
       .edits = {{kSpaceHeader, "update_hints", R"(raise_hints\()", "if (false) $&"}},
       .violates = {Invariant::kCap1},
       .why_many = kFillsTable},

      // ---- SAFE-1 ----
      {.name = "builtin.lock_kept",
       .mistake = "locks are kept after the exact search of the whole window",
       .edits = {{kSpace, "take_by_search", R"(unlock_all\(\);)", "if (found) unlock_all();"}},
       .violates = {Invariant::kSafe1}},
      {.name = "builtin.reads_past_bitmap",
       .mistake = "the search for runs across words looks at the word behind the last",
       .edits = {{kSearch, "search_junctions", R"(word \+ 1 < words\.end)", "word < words.end"}},
       .violates = {Invariant::kSafe1},
       .why_many = kFillsTable},
  };
}

}  // namespace nospan::props
