// SPDX-License-Identifier: BSD-2-Clause
// Puts results of several runs together, so that they are reported as one.
//
// No state: safe to use from any thread.
#ifndef NOSPAN_REPORTS_MERGE_H
#define NOSPAN_REPORTS_MERGE_H

#include <vector>

#include "reports/error.h"
#include "reports/result.h"

namespace nospan::reports {

// One result is returned as it is. Of several, the verdict is the worst (design section 9); targets, claims and
// figures are those of all, in their order; tools, known findings, assumptions and what is trusted are listed
// once; what belongs to one run only (command line, seed) is in Result::runs. An Error if two of them are of a
// gate, or hold the same figure: which patch, which measurement would count?
Expected<Result> merge(const std::vector<Result>& results);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_MERGE_H
