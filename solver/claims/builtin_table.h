// SPDX-License-Identifier: BSD-2-Clause
// A table of nospan's own mapper as a symbolic state: a Mapper with its EntrySpace, and the environment that it
// calls. Offsets come from debug information, never by number.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_TABLE_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_TABLE_H

#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"
#include "solver/claims/claim.h"
#include "solver/executor.h"

namespace nospan::solver {

// Inputs that all claims about builtin share. A slot is an entry's distance from the window's first index
// rounded down to a multiple of 64 (targets/builtin/entry_space.h). Terms have 64 bits unless said otherwise.
struct BuiltinTable {
  State state;   // memory with the objects below
  Value mapper;  // Mapper *
  Value space;   // its EntrySpace
  ObjectId bits{};
  ObjectId word_hints{};
  ObjectId group_hints{};
  ObjectId regions{};
  Term page_shift;         // 12 to 34
  Term system_page_shift;  // 12 or 16
  Term first_index;
  Term entries;
  Term dma_mask;
  Term coherent_mask;
  Term segment_boundary;
  Term boundary_entries;
  Term max_segment_size;  // 32 bits
  Term origin;            // absolute index of slot 0
  Term first_slot;
  Term end_slot;
  Term lowest_slot;
  Term reserved_begin_slot;
  Term reserved_end_slot;
  Term words;
  Term region_shift;         // 32 bits
  Term region_count;         // 32 bits
  std::vector<Term> domain;  // ranges of these: what target.h asks of configurations, and what create() makes
  std::vector<Term> region_domain;  // the same of regions: only searches look at them
  std::vector<Assumption> assumptions;
  std::vector<Named> inputs;

  // A table as Mapper::create() leaves it, with any allocation state and any hints.
  static reports::Expected<BuiltinTable> make(Executor& executor);
};

// Contracts for the environment: events kSet (the address without the permission bits), kClear, kFlush,
// kFreePages, kZero, kWarn. allocate_pages() fails, or returns the free constant `pages` (event
// kAllocatePages).
void add_environment(Executor& executor, const BuiltinTable& table, const Term& pages);

// What EntrySpace::take() was asked for.
struct SpaceRequest {
  Term entries;
  Term last_start;
  Term boundary;
  Term alignment_shift;  // 32 bits
};
reports::Expected<SpaceRequest> read_request(const Program& program, State& state, const Value& request);

// What take() asks of its callers, and what it says about the slot that it finds: a run that can be handed out,
// at or below the last start, aligned, in one boundary.
Term asked_of_take(const SpaceRequest& request);
Term promised_by_take(const BuiltinTable& table, const SpaceRequest& request, const Term& slot);
// Slots of the window, at least one, none of them reserved. What is taken is such a run, and give_back() asks
// for it.
Term ordinary_run(const BuiltinTable& table, const Term& slot, const Term& count);
Term asked_of_give_back(const BuiltinTable& table, const Term& index, const Term& count);
// The run of `entries` at an absolute index crosses no multiple of the boundary; 0: there is none.
Term in_one_boundary(const Term& index, const Term& entries, const Term& boundary);

// Contracts for EntrySpace::take() and give_back(), proved by the claims alloc/EntrySpace::take and
// alloc/EntrySpace::give_back: events kTake and kGiveBack. What was taken, and not given back since, is given
// back successfully: a state that begins with a kTake event has that mapping.
void add_space(Executor& executor, const BuiltinTable& table);
// What it leaves in the state's ghosts where take() found something: what was asked for.
inline constexpr std::string_view kTakenLastStart = "taken.last_start";
inline constexpr std::string_view kTakenBoundary = "taken.boundary";

// What Mapper::place() gets, what it asks of it, and what it says about the slot that it finds.
struct PlaceRequest {
  Term offset;
  Term last_offset;
  Term entries;
  Term mask;
  Term alignment_shift;  // 32 bits
  Term preferred_shift;  // 32 bits
};
reports::Expected<PlaceRequest> read_place_request(const Program& program, State& state, const Call& call);
Term asked_of_place(const BuiltinTable& table, const PlaceRequest& request);
Term promised_by_place(const BuiltinTable& table, const PlaceRequest& request, const Term& slot);
// Its two parts: of the entries, and of the addresses of their bytes.
Term entries_of_place(const BuiltinTable& table, const PlaceRequest& request, const Term& slot);
Term bytes_of_place(const BuiltinTable& table, const PlaceRequest& request, const Term& slot);

// The DMA addresses of the first and last byte, and the TCE indices of the first and last entry.
struct PlacedBytes {
  Term first;
  Term last;
  Term index;
  Term last_index;

  static PlacedBytes of(const BuiltinTable& table, const Term& offset, const Term& last_offset,
                        const Term& entries, const Term& slot);
  // The bytes are in these entries: not promised, as few need it, but shown by contract/Mapper::place.
  Term are_in_entries(const Term& page_shift) const;
};

// What the contract of place() leaves in the state's ghosts where it found something.
inline constexpr std::string_view kPlacedSlot = "placed.slot";
inline constexpr std::string_view kPlacedOffset = "placed.offset";
inline constexpr std::string_view kPlacedLastOffset = "placed.last_offset";

// NOSPAN_TCE_* of an enum nospan_direction; 0 for anything else.
Term permissions_of(const Term& direction);

// Contracts for what every mapping call is made of, proved by the claims contract/Mapper::place (event kTake),
// contract/direction_permissions and contract/Mapper::preferred_shift.
void add_place(Executor& executor, const BuiltinTable& table);
// That of place() alone.
Contract place_contract(const Program& program, const BuiltinTable& table);

// A member of a struct that `pointer` points to.
reports::Expected<Term> read_member(const Program& program, State& state, const Value& pointer,
                                    std::string_view type, std::string_view member);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_TABLE_H
