// SPDX-License-Identifier: BSD-2-Clause
// What every call that undoes a mapping promises, said once for all entry points.
#ifndef NOSPAN_SOLVER_CLAIMS_INVERSE_CLAIMS_H
#define NOSPAN_SOLVER_CLAIMS_INVERSE_CLAIMS_H

#include <optional>
#include <string>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/path.h"

namespace nospan::solver {

// One call that undoes a mapping, executed on what the map call left, in closed form.
struct InverseCall {
  Instance base;             // without claim, words, hypotheses, cases: what both claims share
  std::string map_function;  // whose inverse it is
  std::string function;      // the call itself
  std::vector<Path> paths;
  Term page_shift;
  Term first_index;  // of the window
  Term entry;        // first entry of the window that was allocated
  Term pages;        // how many: all of them were set
  // Of alloc_coherent: what its pages were; none otherwise.
  std::optional<Term> pages_order;
  std::optional<Term> pages_address;
  std::vector<Hypothesis> hypotheses;  // of `inverse`
  std::vector<std::string> rests_on;   // of `inverse`
};

// inverse of the map function, and safe of the call.
std::vector<Instance> inverse_claims(const InverseCall& call);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_INVERSE_CLAIMS_H
