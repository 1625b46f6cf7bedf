// SPDX-License-Identifier: BSD-2-Clause
// Claims about ppc_iommu_map_sg() and ppc_iommu_unmap_sg() of the kernel.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_MAP_SG_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_MAP_SG_H

#include "solver/claims/registry.h"

namespace nospan::solver {

// For lists of any length: that the loops stay in the list, exact, iso-granule, iso-blocks, iso-two-stage,
// safe.
reports::Expected<std::vector<Instance>> linux_map_sg(const Setting& setting);

// Likewise: that the loops make segments of what they set.
reports::Expected<std::vector<Instance>> linux_map_sg_segments(const Setting& setting);

// Likewise, of those segments: handle, inverse, fail-atomic.
reports::Expected<std::vector<Instance>> linux_map_sg_undone(const Setting& setting);

// The bounded twins: exact, handle, inverse, fail-atomic and safe for lists of a few elements, all iterations
// executed, so that counterexamples can be replayed.
reports::Expected<std::vector<Instance>> linux_map_sg_bounded(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_MAP_SG_H
