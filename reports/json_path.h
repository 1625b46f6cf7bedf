// SPDX-License-Identifier: BSD-2-Clause
// Where a value lies in a JSON document, for errors: "$.commands[3].size". Values only; safe to use from any
// thread.
#ifndef NOSPAN_REPORTS_JSON_PATH_H
#define NOSPAN_REPORTS_JSON_PATH_H

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "reports/quantity.h"

namespace nospan::reports {

// A chain up the stack: text is only made of it when an error needs it. The root's `key` is its whole path.
struct JsonPath {
  const JsonPath* parent = nullptr;
  std::string_view key;  // of an object's member; empty: an array's element
  std::size_t index = 0;

  std::string text() const {
    if (parent == nullptr) return std::string(key);
    if (key.data() == nullptr) return fmt::format("{}[{}]", parent->text(), index);
    return join(parent->text(), key);
  }

  // Keys of ours look like names; others are quoted.
  static std::string join(const std::string& parent_text, std::string_view key) {
    const bool plain = !key.empty() && key.size() <= 48 && std::all_of(key.begin(), key.end(), [](char letter) {
      return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
    });
    return plain ? fmt::format("{}.{}", parent_text, key) : fmt::format("{}[{}]", parent_text, quote(key));
  }
};

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_JSON_PATH_H
