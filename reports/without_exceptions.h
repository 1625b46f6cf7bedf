// SPDX-License-Identifier: BSD-2-Clause
// For functions that promise an Expected and no exception, whatever they are given: even memory may run out
// while a large file is read. Safe to use from any thread.
#ifndef NOSPAN_REPORTS_WITHOUT_EXCEPTIONS_H
#define NOSPAN_REPORTS_WITHOUT_EXCEPTIONS_H

#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>

#include "reports/error.h"

namespace nospan::reports {

// Calls `function`, whose result is an Expected: what the standard library throws (out of memory, a length that
// cannot be) becomes an error too, at `where`.
template <class Function>
auto without_exceptions(std::string_view where, Function function) noexcept -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& exception) {
    return failure(std::string(where), fmt::format("cannot be read: {}", exception.what()));
  }
}

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_WITHOUT_EXCEPTIONS_H
