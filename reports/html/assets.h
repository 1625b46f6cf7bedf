// SPDX-License-Identifier: BSD-2-Clause
// The files that the page is made of, as they were when nospan was built (reports/html/embed.cmake).
#ifndef NOSPAN_REPORTS_HTML_ASSETS_H
#define NOSPAN_REPORTS_HTML_ASSETS_H

#include <span>
#include <string_view>

namespace nospan::reports::html_page {

// A part of the page, put in by {{>name}}.
struct Template {
  std::string_view name;
  std::string_view text;
};

extern const std::string_view kPage;
extern const std::string_view kStyle;
extern const std::string_view kScript;
extern const std::span<const Template> kTemplates;

}  // namespace nospan::reports::html_page

#endif  // NOSPAN_REPORTS_HTML_ASSETS_H
