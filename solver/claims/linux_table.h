// SPDX-License-Identifier: BSD-2-Clause
// A table of the Linux kernel as a symbolic state: struct iommu_table and what surrounds it, with every field
// that matters a free input. Offsets come from the tree's own debug information, never by number.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_TABLE_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_TABLE_H

#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"
#include "solver/claims/claim.h"
#include "solver/executor.h"

namespace nospan::solver {

// Inputs that all claims about the kernel share. Entries are relative to the window, TCE indices absolute.
struct LinuxTable {
  State state;            // memory with the objects below
  Value table;            // struct iommu_table *
  Value device;           // struct device *
  ObjectId bitmap;        // it_map, an object of words
  Term page_shift;        // it_page_shift, 64 bits: 12 to 34
  Term first_index;       // it_offset
  Term entries;           // it_size
  Term large_pool_start;  // entries
  Term boundary_mask;     // dma_parms->segment_boundary_mask
  Term max_segment_size;  // dma_parms->max_segment_size, 32 bits
  unsigned system_page_shift = 12;
  std::vector<Term> domain;  // ranges of these: what iommu_init_table() and the platform guarantee
  std::vector<Assumption> assumptions;
  std::vector<Named> inputs;

  // A table as iommu_init_table() leaves it, with any allocation state.
  static reports::Expected<LinuxTable> make(Executor& executor, unsigned system_page_shift);
};

// Contracts for what surrounds the mapping code: the table operations (events kSet, kClear, kFlush), pages
// (events kAllocatePages, kFreePages, kZero), warnings, BUG. Locks are executed: they are the shims' own.
void add_environment(Executor& executor);

// Contracts for what frees entries: __bitmap_clear (proved by alloc/__bitmap_clear; event kGiveBack) and
// get_pool (proved by alloc/get_pool), which answers with one pool that stands for all.
void add_free_path(Executor& executor);

// The pointer that page_address() of the shims translates to the guest address of the system page of `address`.
Term page_pointer(const Term& address, unsigned system_page_shift);

// In the linear map: what page_address() gives for guest address `address` (PAGE_OFFSET in asm/page.h).
Term linear_address(const Term& address);

// What the kernel puts into the TCEs of that direction.
Term linux_permissions(const Term& direction);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_TABLE_H
