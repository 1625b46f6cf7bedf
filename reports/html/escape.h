// SPDX-License-Identifier: BSD-2-Clause
// Text of a result is untrusted: a patch's subject, a compiler's message, a tree's path. Pure functions, safe
// to use from any thread.
#ifndef NOSPAN_REPORTS_HTML_ESCAPE_H
#define NOSPAN_REPORTS_HTML_ESCAPE_H

#include <cstddef>
#include <string>
#include <string_view>

namespace nospan::reports::html_page {

// The text as the content of an element or of a quoted attribute. What is no UTF-8, control characters other
// than tab and line feed, and characters that turn the direction of writing (which can make code look like
// other code) become U+FFFD.
std::string escape(std::string_view text);

// At most `most` bytes, cut between characters; what was cut off is told by its length.
std::string clip(std::string_view text, std::size_t most);

}  // namespace nospan::reports::html_page

#endif  // NOSPAN_REPORTS_HTML_ESCAPE_H
