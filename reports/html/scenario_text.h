// SPDX-License-Identifier: BSD-2-Clause
// A scenario as people read it. Pure, safe to use from any thread.
#ifndef NOSPAN_REPORTS_HTML_SCENARIO_TEXT_H
#define NOSPAN_REPORTS_HTML_SCENARIO_TEXT_H

#include <nlohmann/json.hpp>
#include <string>

namespace nospan::reports::html_page {

// The JSON text with a line for each member, and for each element of a list of objects (a block of memory, a
// command). Empty for null.
std::string scenario_text(const nlohmann::ordered_json& scenario);

}  // namespace nospan::reports::html_page

#endif  // NOSPAN_REPORTS_HTML_SCENARIO_TEXT_H
