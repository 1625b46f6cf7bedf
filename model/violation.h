// SPDX-License-Identifier: BSD-2-Clause
// A difference between an implementation and the model: which invariant, what was expected, what was found.
// Values only; safe to use from any thread.
#ifndef NOSPAN_MODEL_VIOLATION_H
#define NOSPAN_MODEL_VIOLATION_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/invariants.h"
#include "model/page.h"

namespace nospan::model {

// What exactly is wrong, where an invariant covers several things and a known finding is about one of them.
enum class Symptom : std::uint8_t {
  kOther,
  kOffsetMissing,         // XLAT-1: the DMA address lacks bits of the buffer's offset in its IOMMU page
  kMergeCrossesBoundary,  // RANGE-2: a merged segment crosses a boundary between two of its elements
  kBoundaryWithinPage,    // RANGE-2: the boundary lies within IOMMU pages, so that no place would do
  kNotFlushed,            // XLAT-1, FAIL-1, FREE-1: no flush follows the last change of a TCE
};

// One difference between an implementation and the model.
struct Violation {
  Invariant invariant = Invariant::kSafe1;
  std::string expected;  // what the model says
  std::string actual;    // what the implementation did
  // Places concerned, where there are any: for the picture and the report.
  std::optional<TceIndex> tce;
  std::optional<GuestAddress> page;         // the start of the IOMMU page that the TCE maps
  std::optional<RealAddress> foreign_byte;  // ISO-1: the first reachable byte that the VM does not own,
  std::optional<VmId> foreign_owner;        //        and whose it is; absent: the hypervisor's
  Symptom symptom = Symptom::kOther;
};

// Adds a violation without places but for the TCE that it is about.
inline Violation& violate(std::vector<Violation>& violations, Invariant invariant, std::string expected,
                          std::string actual, std::optional<TceIndex> tce = std::nullopt) {
  Violation& violation = violations.emplace_back();
  violation.invariant = invariant;
  violation.expected = std::move(expected);
  violation.actual = std::move(actual);
  violation.tce = tce;
  return violation;
}

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_VIOLATION_H
