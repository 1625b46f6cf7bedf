// SPDX-License-Identifier: BSD-2-Clause
#include "cli/commands.h"

#include <fmt/format.h>

#include <cstdio>

namespace nospan::cli {

int report(const reports::Error& error) {
  fmt::print(stderr, "nospan: {}\n", error.line());
  return reports::exit_code(error.verdict);
}

}  // namespace nospan::cli
