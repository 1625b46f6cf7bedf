// SPDX-License-Identifier: BSD-2-Clause
// EntrySpace::take() (targets/builtin/entry_space.h): what every mapping rests on.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_SPACE_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_SPACE_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// alloc/EntrySpace::take.
reports::Expected<std::vector<Instance>> builtin_space(const Setting& setting);
// The contracts of the two ways that it takes.
reports::Expected<std::vector<Instance>> builtin_ways_to_take(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_SPACE_H
