// SPDX-License-Identifier: BSD-2-Clause
// What every call that undoes a mapping promises, said once for all entry points.
#ifndef NOSPAN_SOLVER_CLAIMS_INVERSE_CLAIMS_H
#define NOSPAN_SOLVER_CLAIMS_INVERSE_CLAIMS_H

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/path.h"

namespace nospan::solver {

// The DMA address that a map call returned, as the call that undoes the mapping gets it.
//
// Claims are cut in two. What is undone is what the address carries, an index and an offset: terms that the
// code computes, so that solvers need not shift an index up and down again, which takes them minutes. And what
// it carries is what was set: the claim `handle` says so where the hypothesis `mask_fits_int` is made, and
// nothing where it is not.
struct ReturnedAddress {
  Term address;
  Term index;   // that it carries
  Term entry;   // the same, relative to the window
  Term offset;  // that it carries: of the buffer's first byte in its IOMMU page
  Hypothesis mask_fits_int;
  Case carries;                   // what was set
  Term set_offset;                // the buffer's: `offset`, if the address carries it
  std::vector<Term> likely;       // a small one
  std::vector<Term> preferences;  // one that shows what happens without the hypothesis

  // `first_index` of the window; `source` of the hypothesis: where the code needs it.
  ReturnedAddress(const Term& page_shift, const Term& first_index, std::string source);
};

// One call that undoes a mapping, executed on what the map call left.
struct InverseCall {
  Instance base;             // without claim, words, hypotheses, cases: what both claims share
  std::string map_function;  // whose inverse it is
  std::string function;      // the call itself
  std::vector<Path> paths;
  ReturnedAddress returned;
  Term pages;  // how many entries were set
  // Where in the window they lie. Besides base.domain, and not part of questions about counts, which solvers
  // answer more quickly without.
  std::vector<Term> place;
  // Of alloc_coherent: what its pages were; none otherwise.
  std::optional<Term> pages_order;
  std::optional<Term> pages_address;
  std::vector<std::string> rests_on;  // of both
  // For the counts, where they are not `pages` as they stand. They are shown first, then taken for granted in
  // the other cases: solvers shift once.
  std::vector<Split> count_splits;
  // For pages_order, and what only that needs.
  std::vector<Split> order_splits;
  std::vector<Term> order_given;
  std::vector<Term> likely;  // for witnesses: a small call

  explicit InverseCall(ReturnedAddress address) : returned(std::move(address)) {}
};

// inverse of the map function, and safe of the call.
std::vector<Instance> inverse_claims(const InverseCall& call);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_INVERSE_CLAIMS_H
