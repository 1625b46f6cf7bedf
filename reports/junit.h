// SPDX-License-Identifier: BSD-2-Clause
// A result as JUnit XML, for the test views of CI systems (Jenkins, GitLab). Suites and cases: test_suites.h.
//
// No state: safe to use from any thread.
#ifndef NOSPAN_REPORTS_JUNIT_H
#define NOSPAN_REPORTS_JUNIT_H

#include <string>

#include "reports/result.h"

namespace nospan::reports {

// A refuted case is a failure; one that is unknown, vacuous, in disagreement or an error is an error.
std::string junit(const Result& result);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_JUNIT_H
