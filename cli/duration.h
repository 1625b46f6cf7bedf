// SPDX-License-Identifier: BSD-2-Clause
// Times as people write them on a command line.
#ifndef NOSPAN_CLI_DURATION_H
#define NOSPAN_CLI_DURATION_H

#include <chrono>
#include <string>

#include "reports/error.h"

namespace nospan::cli {

// "10s", "500ms", "5m", "2h"; a number without a unit is seconds. Between 1 ms and 30 days. The error's `where`
// is empty.
reports::Expected<std::chrono::milliseconds> parse_duration(const std::string& text);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_DURATION_H
