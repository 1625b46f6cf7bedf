// SPDX-License-Identifier: BSD-2-Clause
// A result in Markdown, for the step summary of a CI run: the answer first, then what is new, then tables.
//
// No state: safe to use from any thread.
#ifndef NOSPAN_REPORTS_MARKDOWN_H
#define NOSPAN_REPORTS_MARKDOWN_H

#include <cstddef>
#include <string>

#include "reports/result.h"

namespace nospan::reports {

// GitHub shows at most 1 MiB.
inline constexpr std::size_t kMostSummaryBytes = (std::size_t{1} << 20) - 1;

// At most `most` bytes (not less than 1000 are of use): what does not fit is left out from the end, and that is
// said.
std::string markdown(const Result& result, std::size_t most = kMostSummaryBytes);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_MARKDOWN_H
