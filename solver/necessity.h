// SPDX-License-Identifier: BSD-2-Clause
// What each hypothesis of a proved claim is worth: the claim is asked again without it.
#ifndef NOSPAN_SOLVER_NECESSITY_H
#define NOSPAN_SOLVER_NECESSITY_H

#include <set>
#include <string>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/prove.h"
#include "solver/questioner.h"
#include "solver/result.h"

namespace nospan::solver {

// The drop table, and the core: what is left if one hypothesis after the other is left out as long as the claim
// is proved without. Solvers can tell a core themselves, but are four times slower then, and theirs is not the
// smallest.
// `had`: for each case of the instance, the hypotheses that its proof had. Fills in `drops` and `core`. Not
// thread-safe.
void decide_necessity(const Instance& instance, Questioner& questioner, const ProveOptions& options,
                      const std::vector<std::set<std::string>>& had, ClaimResult& result);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_NECESSITY_H
