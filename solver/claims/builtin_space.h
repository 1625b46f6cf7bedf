// SPDX-License-Identifier: BSD-2-Clause
// Claims about the entries of a window of nospan's own mapper (targets/builtin/entry_space.cc).
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_SPACE_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_SPACE_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"

namespace nospan::solver {}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_SPACE_H
