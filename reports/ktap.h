// SPDX-License-Identifier: BSD-2-Clause
// A result in the kernel's Test Anything Protocol (Documentation/dev-tools/ktap.rst), for the kernel's own
// tools. Suites and cases: test_suites.h; a suite is a test with subtests.
//
// No state: safe to use from any thread.
#ifndef NOSPAN_REPORTS_KTAP_H
#define NOSPAN_REPORTS_KTAP_H

#include <string>

#include "reports/result.h"

namespace nospan::reports {

std::string ktap(const Result& result);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_KTAP_H
