// SPDX-License-Identifier: BSD-2-Clause
// What isolation rests on besides the code: arithmetic of pages in granules, proved once for any addresses.
//
// Asked inside a claim about code, each of these takes a solver many times as long: shifts by a free granule
// meet whatever else the claim is about.
#ifndef NOSPAN_SOLVER_CLAIMS_ISOLATION_LEMMAS_H
#define NOSPAN_SOLVER_CLAIMS_ISOLATION_LEMMAS_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/claim.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// The sizes that a lemma is about, as shifts: an IOMMU page, and the granule in which memory has one owner.
struct PageInGranule {
  Term page_shift;
  Term granule_shift;  // at most 55
};

// "lemma/page-in-granule": where an IOMMU page is at most a granule, bytes of one IOMMU page are in one
// granule.
inline constexpr const char* kPageInGranule = "lemma/page-in-granule";
Term page_in_granule(const PageInGranule& sizes, const Term& a, const Term& b);

// The real byte behind `byte` if the device goes on from the first byte of its IOMMU page, whose granule has
// the real granule number `frame` behind it.
Term real_byte(const PageInGranule& sizes, const Term& frame, const Term& byte);
// "lemma/page-in-frame": it lies in that real granule, where an IOMMU page is at most a granule. For frames
// below 2^56 bytes.
inline constexpr const char* kPageInFrame = "lemma/page-in-frame";
Term page_in_frame(const PageInGranule& sizes, const Term& frame, const Term& byte);

// Both as claims, about any addresses; the code of the setting is not looked at.
reports::Expected<std::vector<Instance>> isolation_lemmas(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_ISOLATION_LEMMAS_H
