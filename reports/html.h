// SPDX-License-Identifier: BSD-2-Clause
// The report to read in a minute: one page that needs nothing else, so that it opens from an e-mail attachment.
#ifndef NOSPAN_REPORTS_HTML_H
#define NOSPAN_REPORTS_HTML_H

#include <cstddef>
#include <string>

#include "reports/result.h"

namespace nospan::reports {

// No page is larger, whatever the result holds; what is left out for that, the page says.
inline constexpr std::size_t kMostHtmlBytes = 2'000'000;

// The whole page, UTF-8. Every text of the result is escaped, and a content security policy in the page lets no
// script run but its own and nothing be fetched. The same result gives the same page. Safe to use from any
// thread.
std::string html(const Result& result);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_HTML_H
