// SPDX-License-Identifier: BSD-2-Clause
// EntrySpace::give_back() (targets/builtin/entry_space.h): what every end of a mapping rests on.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_GIVE_BACK_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_GIVE_BACK_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// alloc/EntrySpace::give_back.
reports::Expected<std::vector<Instance>> builtin_give_back(const Setting& setting);
// The contract for runs that lie in several words.
reports::Expected<std::vector<Instance>> builtin_give_back_words(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_GIVE_BACK_H
