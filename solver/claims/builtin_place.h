// SPDX-License-Identifier: BSD-2-Clause
// What every mapping call of nospan's own mapper (targets/builtin/mapper.cc) is made of.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_PLACE_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_PLACE_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// The contracts of Mapper::place(), preferred_shift() and direction_permissions().
reports::Expected<std::vector<Instance>> builtin_place(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_PLACE_H
