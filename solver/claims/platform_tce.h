// SPDX-License-Identifier: BSD-2-Clause
// Claims about the platform's table operations: what they write into the table in memory (pseries without a
// hypervisor, powernv), or ask of the hypervisor (pseries LPAR).
#ifndef NOSPAN_SOLVER_CLAIMS_PLATFORM_TCE_H
#define NOSPAN_SOLVER_CLAIMS_PLATFORM_TCE_H

#include <vector>

#include "solver/claims/registry.h"

namespace nospan::solver {

// tce and safe of tce_build_pSeries, its inverse (tce_clear_pSeries, in older trees tce_free_pSeries),
// pnv_tce_build and pnv_tce_free; also their bounded twins.
reports::Expected<std::vector<Instance>> platform_tce(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_PLATFORM_TCE_H
