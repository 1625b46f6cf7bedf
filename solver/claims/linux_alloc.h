// SPDX-License-Identifier: BSD-2-Clause
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_ALLOC_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_ALLOC_H
#include "solver/claims/registry.h"
namespace nospan::solver {
reports::Expected<std::vector<Instance>> linux_alloc(const Setting& setting);
}
#endif
