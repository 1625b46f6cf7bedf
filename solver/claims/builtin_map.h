// SPDX-License-Identifier: BSD-2-Clause
// Claims about the calls of nospan's own mapper (targets/builtin/mapper.cc) that map and unmap one buffer.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_MAP_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_MAP_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// Mapper::map_page(): what every mapping call promises, and `tce`.
reports::Expected<std::vector<Instance>> builtin_map_page(const Setting& setting);

// Mapper::unmap_page(): `inverse`, and `safe` for any range of addresses.
reports::Expected<std::vector<Instance>> builtin_unmap_page(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_MAP_H
