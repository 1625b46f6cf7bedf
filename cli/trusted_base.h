// SPDX-License-Identifier: BSD-2-Clause
// What a result rests on and does not check itself: told in every report, so that nobody takes it for granted
// without knowing.
#ifndef NOSPAN_CLI_TRUSTED_BASE_H
#define NOSPAN_CLI_TRUSTED_BASE_H

#include <vector>

#include "reports/result.h"

namespace nospan::cli {

std::vector<reports::Premise> trusted_by_check(const std::vector<reports::TargetCheck>& targets);
std::vector<reports::Premise> trusted_by_prove();

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_TRUSTED_BASE_H
