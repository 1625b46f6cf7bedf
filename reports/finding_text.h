// SPDX-License-Identifier: BSD-2-Clause
// A finding told in plain text: what all renderings that cannot draw have in common.
//
// No state: safe to use from any thread.
#ifndef NOSPAN_REPORTS_FINDING_TEXT_H
#define NOSPAN_REPORTS_FINDING_TEXT_H

#include <string>

#include "reports/result.h"

namespace nospan::reports {

// One line: the invariant, what was expected and what was found.
std::string finding_line(const Finding& finding);

// Several lines, without the scenario: the rule and its source, expected and actual, the steps, where the code
// is, how to reproduce it. Ends with a newline.
std::string finding_text(const Finding& finding);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_FINDING_TEXT_H
