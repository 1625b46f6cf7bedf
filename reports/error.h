// SPDX-License-Identifier: BSD-2-Clause
// Errors are values: what is wrong, where, and how the user mends it (design section 10).
#ifndef NOSPAN_REPORTS_ERROR_H
#define NOSPAN_REPORTS_ERROR_H

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "reports/verdict.h"

namespace nospan::reports {

// An error that a user can act on. Printed as one line, "nospan: where: what; mend".
struct Error {
  std::string where;  // file, JSON path, line, option; may be empty
  std::string what;   // a sentence without a full stop
  std::string mend;   // what to do about it; may be empty
  // kError, or kSkip when the tree under test cannot be built (exit code 125 for git bisect).
  Verdict verdict = Verdict::kError;

  // The one line, without the leading "nospan: " and without a newline.
  std::string line() const {
    std::string text = where.empty() ? what : where + ": " + what;
    if (!mend.empty()) text += "; " + mend;
    return text;
  }
};

// A value, or the reason why there is none.
template <class T>
using Expected = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(std::string where, std::string what, std::string mend = {}) {
  return tl::make_unexpected(Error{std::move(where), std::move(what), std::move(mend)});
}

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_ERROR_H
