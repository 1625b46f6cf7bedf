// SPDX-License-Identifier: BSD-2-Clause
#include "reports/html/scenario_text.h"

#include <string_view>

namespace nospan::reports::html_page {
namespace {

using Json = nlohmann::ordered_json;

std::string plain(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

// On one line, with a space behind ',' and ':'.
std::string inline_text(const Json& value) {
  if (!value.is_structured()) return plain(value);
  std::string text;
  for (const auto& [key, member] : value.items()) {
    if (!text.empty()) text += ", ";
    if (value.is_object()) text += plain(Json(key)) + ": ";
    text += inline_text(member);
  }
  return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

std::string member_text(const Json& value) {
  if (!value.is_array() || value.empty() || !value.front().is_object()) return inline_text(value);
  std::string text;
  for (const Json& element : value) {
    text += (text.empty() ? "\n    " : ",\n    ") + inline_text(element);
  }
  return "[" + text + "\n  ]";
}

}  // namespace

std::string scenario_text(const Json& scenario) {
  if (scenario.is_null()) return {};
  if (!scenario.is_object()) return inline_text(scenario);
  std::string text;
  for (const auto& [key, member] : scenario.items()) {
    text += (text.empty() ? "\n  " : ",\n  ") + plain(Json(key)) + ": " + member_text(member);
  }
  return "{" + text + "\n}";
}

}  // namespace nospan::reports::html_page
