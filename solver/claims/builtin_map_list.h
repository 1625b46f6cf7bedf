// SPDX-License-Identifier: BSD-2-Clause
// Claims about Mapper::map_list() and Mapper::unmap_list(), for lists of any length.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_MAP_LIST_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_MAP_LIST_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/claim.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// loops, exact, iso-granule, iso-blocks, iso-two-stage, tce and safe of map_list(), safe of unmap_list().
reports::Expected<std::vector<Instance>> builtin_map_list(const Setting& setting);

// What the segments are: segments, handle, inverse and fail-atomic of map_list().
reports::Expected<std::vector<Instance>> builtin_map_list_segments(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_MAP_LIST_H
