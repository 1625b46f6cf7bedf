// SPDX-License-Identifier: BSD-2-Clause
// Calls that show what comes of a kernel that does not keep a contract of its inner functions, or of its loops.
// A model of the negation of such a contract begins in the middle of a call, with any table: no scenario begins
// there. These scenario files (docs/scenario-format.md) make the code do what its contracts speak of, and give
// everything back. Unmodified kernels hold on all of them under the guards of known findings. For
// Instance::examples.
#ifndef NOSPAN_SOLVER_CLAIMS_CONTRACT_EXAMPLES_H
#define NOSPAN_SOLVER_CLAIMS_CONTRACT_EXAMPLES_H

#include <string>
#include <vector>

namespace nospan::solver {

// Of the allocator: windows are filled up to the device's mask, around segment boundaries, with aligned
// requests, with runs of more than a word of the bitmap, in one pool and in several (Linux,
// arch/powerpc/kernel/iommu.c, iommu_init_table(): a window of 1 GiB has them).
std::vector<std::string> allocation_examples(unsigned system_page_shift);

// Of ppc_iommu_map_sg(): lists whose elements can be merged and cannot, up to segment boundaries and the
// device's longest segment, and lists that find no room.
std::vector<std::string> list_examples(unsigned system_page_shift);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_CONTRACT_EXAMPLES_H
