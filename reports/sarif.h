// SPDX-License-Identifier: BSD-2-Clause
// The findings of a result in SARIF 2.1.0 (OASIS), for code scanning views: each at the kernel's file and line,
// relative to the tree, as far as they are known. Nothing but findings: a claim that is unknown is no place in
// the code.
//
// No state: safe to use from any thread.
#ifndef NOSPAN_REPORTS_SARIF_H
#define NOSPAN_REPORTS_SARIF_H

#include <string>

#include "reports/result.h"

namespace nospan::reports {

// Of a gate, findings of the tree before the patches are marked as unchanged, the others as new.
std::string sarif(const Result& result);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_SARIF_H
