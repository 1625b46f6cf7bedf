// SPDX-License-Identifier: BSD-2-Clause
// A call of the kernel's iommu_range_alloc(), executed on a free table, device and request: what the claims
// about it (claims/linux_alloc.h) are made of.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_RANGE_CALL_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_RANGE_CALL_H

#include <functional>
#include <vector>

#include "solver/claims/linux_area_alloc.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_pools.h"
#include "solver/claims/linux_range_alloc.h"
#include "solver/claims/linux_table.h"
#include "solver/claims/registry.h"
#include "solver/executor.h"

namespace nospan::solver {

// Everything about a call of iommu_range_alloc() that was executed.
struct RangeCall {
  LinuxTable table;
  RangeRequest request{zero_extend(Term::free_bits(32, "pages"), 64), free_word("mask"),
                       zero_extend(Term::free_bits(6, "align_order"), 64)};
  ObjectId handle = ObjectId::kNone;
  Term no_handle = Term::free_boolean("no_handle");
  Term bit = arbitrary_bit();
  std::vector<Path> paths;

  static reports::Expected<RangeCall> run(const Setting& setting);

  // Hardly any question depends on where the pools are, on the size of pages, or on how the boundary is found,
  // and those make all of them hard. They are asked first about any table with wide_domain(), with free numbers
  // for these; then, if need be, about this one: with narrow().
  Term boundary = free_word("boundary");  // entries
  struct Place {
    Term used;                    // the table has this pool
    Term first, end;              // free
    Term known_first, known_end;  // what iommu_init_table() makes them
  };
  std::vector<Place> places;
  reports::Expected<void> free_places(const Pools& pools);
  void add_boundary(Executor& executor) const;
  // What iommu_init_table() and the device's boundary make of the free numbers.
  Term narrow() const;
  // Of the free numbers, or of what iommu_init_table() makes them.
  std::vector<Term> wide_domain(bool of_free) const;
  // By the free numbers.
  RangeWindow window() const {
    return {table.first_index, table.entries, boundary,
            of_used([](const Place& place) { return less(place.first, place.end); })};
  }
  Term of_used(const std::function<Term(const Place&)>& fact) const {
    Term all = Term::boolean(true);
    for (const Place& place : places) all = all & implies(place.used, fact(place));
    return all;
  }
};

// Where the last entry of the table is that a request got, and that the device reaches it.
Term last_entry(const RangeRequest& request, const Term& entry);
Term is_reached(const RangeCall& call, const Term& last);

// Of a path that returned.
Term succeeded(const Path& path);
// What iommu_area_alloc() promised where it succeeded.
Term promised(const Path& path);
// The call of iommu_area_alloc() that the path saw last; none if it did not come to it.
const Event* last_search(const Path& path);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_RANGE_CALL_H
