// SPDX-License-Identifier: BSD-2-Clause
// The answer at a glance: for each target, entry point, system page and IOMMU page, how far it is known that no
// device reaches memory that its VM does not own. A cell says no more than the result does.
//
// Pure functions, safe to use from any thread.
#ifndef NOSPAN_REPORTS_HTML_MATRIX_H
#define NOSPAN_REPORTS_HTML_MATRIX_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reports/result.h"

namespace nospan::reports::html_page {

inline constexpr unsigned kFirstShift = 12;  // of IOMMU pages (LoPAR, IO page sizes)
inline constexpr unsigned kLastShift = 34;
inline constexpr std::size_t kShifts = kLastShift - kFirstShift + 1;

// From the weakest to the strongest: where several apply to a cell, the last one is shown.
enum class Cell : std::uint8_t {
  kUnknown,  // nothing in the result covers it
  kAssumed,  // the claims are proved, but a hypothesis takes this page size out: it is assumed not to be used
  kChecked,  // a campaign that holds ran the entry point with this page size
  kProved,   // every claim that the entry point needs is proved, and covers this page size
  kRefuted,  // a counterexample with this page size was replayed on the compiled code
};

std::string_view name(Cell cell);

// An entry point and its names.
struct EntryPoint {
  std::string_view command;  // of scenario files
  std::string_view kernel;   // the function of Linux; claims about it have this name
  std::string_view builtin;  // of nospan's own mapper, without namespace
  // The claims that must all be proved of it. Empty: there are none, so that it is never proved.
  std::vector<std::string_view> claims;
};
const std::vector<EntryPoint>& entry_points();

// An entry point with one system page size.
struct Cells {
  unsigned system_page_shift = 0;
  std::array<Cell, kShifts> cells{};  // by IOMMU page shift, from kFirstShift on
};

struct MatrixRow {
  std::string entry_point;  // the function's name in this target
  std::vector<Cells> by_system_page;
};

struct Matrix {
  std::string target;  // without the system page size: "linux 6.12.117"
  std::vector<unsigned> system_page_shifts;
  std::vector<MatrixRow> rows;
};

// One for each target of the result, in their order. Where a target was looked at several times (a gate, after
// each patch), the last time counts.
std::vector<Matrix> matrices(const Result& result);

// The target of a claim or a campaign without the system page size at its end.
std::string target_of(const ClaimOutcome& claim);
// The IOMMU page shift of a finding's scenario and of its failing command; 0 if the scenario does not say.
unsigned iommu_page_shift_of(const Finding& finding);

}  // namespace nospan::reports::html_page

#endif  // NOSPAN_REPORTS_HTML_MATRIX_H
