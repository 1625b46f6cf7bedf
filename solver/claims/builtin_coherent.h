// SPDX-License-Identifier: BSD-2-Clause
// Claims about coherent memory of nospan's own mapper (targets/builtin/mapper.cc).
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_COHERENT_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_COHERENT_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// Mapper::allocate_coherent() and free_coherent().
reports::Expected<std::vector<Instance>> builtin_coherent(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_COHERENT_H
