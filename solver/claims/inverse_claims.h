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

// The DMA address that a map call returned, with what the claim `handle` says of it: it carries the index of the
// first entry that was set and the buffer's offset in its IOMMU page. Where the hypothesis `mask_fits_int` is
// not made, handle says nothing, and the address is anything.
//
// Written so that what the code computes of the address, its index and its offset, is what was set by
// definition: solvers need minutes to shift an index up and down again.
struct ReturnedAddress {
  Term address;
  Term first_index;  // of the window
  Term index;        // of the first entry that was set
  Term entry;        // the same, relative to the window
  Term offset;       // of the buffer's first byte in its IOMMU page
  Hypothesis mask_fits_int;
  // That the window begins at or below the entry.
  std::vector<Term> domain;
  // A small one, and one that shows what happens without the hypothesis.
  std::vector<Term> likely;
  std::vector<Term> preferences;

  // `source` of the hypothesis: where the code needs it.
  ReturnedAddress(const Term& page_shift, std::string source);
};

// One call that undoes a mapping, executed on what the map call left.
struct InverseCall {
  Instance base;             // without claim, words, hypotheses, cases: what both claims share
  std::string map_function;  // whose inverse it is
  std::string function;      // the call itself
  std::vector<Path> paths;
  Term index;  // first entry that was set
  Term entry;  // first entry of the window that was allocated
  Term pages;  // how many: all of them were set
  // Of alloc_coherent: what its pages were; none otherwise.
  std::optional<Term> pages_order;
  std::optional<Term> pages_address;
  std::vector<Hypothesis> hypotheses;  // of both
  std::vector<std::string> rests_on;   // of both
  // For the counts, where they are not `pages` as they stand. They are shown first, then taken for granted in
  // the other cases: solvers shift once.
  std::vector<Split> count_splits;
  std::vector<Split> order_splits;  // for pages_order
  std::vector<Term> likely;  // for witnesses: a small call
};

// inverse of the map function, and safe of the call.
std::vector<Instance> inverse_claims(const InverseCall& call);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_INVERSE_CLAIMS_H
