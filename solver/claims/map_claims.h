// SPDX-License-Identifier: BSD-2-Clause
// What every call that maps a buffer promises, said once for all targets and entry points: from the events of
// the call to the instances of its claims.
#ifndef NOSPAN_SOLVER_CLAIMS_MAP_CLAIMS_H
#define NOSPAN_SOLVER_CLAIMS_MAP_CLAIMS_H

#include <optional>
#include <string>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/path.h"

namespace nospan::solver {

// One call that maps the buffer from guest address `first` to `last`, both included, executed.
struct MapCall {
  Instance base;  // function, target, assumptions, domain, inputs, preferences, paths; hypotheses of `exact`
  std::vector<Path> paths;
  Term page_shift;    // 64 bits
  Term first;         // guest address of the buffer's first byte
  Term last;          // of its last
  Term address_bits;  // what the target adds to guest addresses in kSet events (PAGE_OFFSET); 0 if nothing
  // How many IOMMU pages that are, where it can be said without their addresses: then what `set` gets is
  // compared with this where `counted` holds, and `touched` shows that it is pages_touched().
  std::optional<Term> pages;
  std::vector<Term> counted;
  // That the number of entries that is asked for is pages_touched() follows from the code alone, whatever a
  // path's conditions: then it is shown once and given to the rest. Not so where a contract promises it.
  bool count_is_unconditional = false;
  std::vector<Case> touched;
  // What ties the buffer to the call's arguments, besides base.domain. Isolation does without: it holds for any
  // buffer.
  std::vector<Term> buffer_domain;
  // Of the TCEs, as kSet events tell it; none where a claim of its own is about it (builtin's `tce`).
  std::optional<Term> permissions;
  Term first_index;  // of the window
  Term failure;      // the result of a failed call, unless `failed` says it
  std::function<Term(const Path&)> failed;
  // The returned DMA address on a path that returned; where it is not the result itself (alloc_coherent).
  std::function<Term(const Path&)> handle;
  std::vector<Hypothesis> handle_hypotheses;
  std::vector<std::string> exact_rests_on;
  // Conditions of calls that succeed; without any, they are read off the paths.
  std::vector<std::vector<Term>> witnesses;
  // How solvers get what contracts ask of the code (contract_cases()), which is shown by `exact`, so that
  // claims about the same paths rest on it; and what only that needs.
  std::vector<Split> contract_splits;
  std::vector<Term> contract_given;
  // The command that makes this call, for a scenario: adds memory and commands.
  std::function<void(class ScenarioText&)> replay;
  unsigned system_page_shift = 12;
};

// exact, iso-granule, iso-blocks, iso-two-stage, handle, fail-atomic and safe of the call.
std::vector<Instance> map_claims(const MapCall& call);

// Of these the three about isolation, which put what `exact` says in closed form.
std::vector<Instance> isolation_claims(const MapCall& call);

// IOMMU pages that the bytes first..last touch.
Term pages_touched(const Term& first, const Term& last, const Term& page_shift);
// The address with the bits below the IOMMU page cleared.
Term page_start(const Term& address, const Term& page_shift);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_MAP_CLAIMS_H
