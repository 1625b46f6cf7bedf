// SPDX-License-Identifier: BSD-2-Clause
// For tests: a result in which every member holds something, so that a rendering or a file that forgets one
// shows. Its texts hold what must be escaped in XML, JSON and Markdown.
#ifndef NOSPAN_REPORTS_SAMPLE_RESULT_H
#define NOSPAN_REPORTS_SAMPLE_RESULT_H

#include "reports/result.h"

namespace nospan::reports {

// Of two targets one holds, one has a finding; of three claims one is proved, one refuted, one unknown.
Result sample_result();

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_SAMPLE_RESULT_H
