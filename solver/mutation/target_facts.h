// SPDX-License-Identifier: BSD-2-Clause
// What is known of the inputs of functions of the targets, for comparing them with their mutants
// (solver/mutation/equivalence.h). Each fact names the assumption behind it, and nospan claims --assumptions
// lists them, so that solver/assumptions.txt has them all.
#ifndef NOSPAN_SOLVER_MUTATION_TARGET_FACTS_H
#define NOSPAN_SOLVER_MUTATION_TARGET_FACTS_H

#include "reports/error.h"
#include "solver/mutation/ssa_paths.h"
#include "solver/program.h"

namespace nospan::solver {

// What the platform and iommu_init_table() guarantee of the kernel's tables (the same as the contracts of
// solver/claims/linux_table.h), and the API of its callers. An Error if debug information lacks a member.
reports::Expected<SsaFacts> kernel_facts(const Program& program);

// What create() guarantees of builtin's, and target.h of its callers.
reports::Expected<SsaFacts> builtin_facts(const Program& program);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_TARGET_FACTS_H
