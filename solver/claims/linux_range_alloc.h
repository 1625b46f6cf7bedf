// SPDX-License-Identifier: BSD-2-Clause
// iommu_range_alloc() of the Linux kernel: what it asks for and what it promises, said once for those who call
// it and for the claim that proves it (claims/linux_alloc.h).
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_RANGE_ALLOC_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_RANGE_ALLOC_H

#include <vector>

#include "solver/claims/claim.h"
#include "solver/claims/linux_table.h"
#include "solver/executor.h"

namespace nospan::solver {

// What iommu_range_alloc() is asked for; all 64 bits.
struct RangeRequest {
  Term pages;
  Term mask;         // highest IOMMU page on the bus
  Term align_order;  // of the first entry, relative to the table
};

// What of a table and its device it depends on whether a request can be served.
struct RangeWindow {
  Term first_index;         // on the bus
  Term entries;             // of the table
  Term boundary;            // entries between two segment boundaries
  Term pools_have_entries;  // a truth value: each of them
};
RangeWindow range_window(const LinuxTable& table);

// Entries between two multiples of the device's segment boundary, 2^64 where it has none: Linux,
// dma_get_seg_boundary_nr_pages().
Term boundary_entries(const LinuxTable& table);

// Under which of the kernel's defects do not show. All of them are asked of callers: without, memory behind the
// table is read and written, or the search never ends, and nothing can be promised.
std::vector<Hypothesis> range_alloc_hypotheses(const RangeWindow& window, const Term& pages, const Term& mask);

// The same for callers: a request of that many pages, of which it sees 32 bits, by a device with that mask, in
// bytes.
std::vector<Hypothesis> range_alloc_hypotheses(const LinuxTable& table, const Term& pages,
                                               const Term& mask_of_bytes);
// Whether the question is about what is asked of callers: it depends on the IOMMU page.
bool is_asked_by_range_alloc(const Case& question);

// Whatever the table: that the request has a meaning.
Term range_alloc_meaning(const RangeRequest& request);

// Where the entries are that it found, if it did not fail: in the window, in front of the last entry, which it
// never hands out (finding last-entry-never-used). Were that mended, a mapping of the bus's last byte would get
// the DMA address that means failure, and fail-atomic would be refuted.
Term range_alloc_promises_place(const Term& entries, const Term& pages, const Term& entry);
// Follows from that for a window that is on the bus, up to `highest_index`, which the claim shows; callers are
// told, as every later step needs it.
std::vector<Term> range_alloc_place_means(const RangeWindow& window, const Term& highest_index,
                                          const Term& pages, const Term& entry);

// Contract, proved by the claim alloc/iommu_range_alloc. Event kTake. What it asks for becomes obligations of
// the kind kContract.
Contract range_alloc(const LinuxTable& table);
void add_range_alloc(Executor& executor, const LinuxTable& table);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_RANGE_ALLOC_H
