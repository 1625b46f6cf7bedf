// SPDX-License-Identifier: BSD-2-Clause
// What a scenario did, as text to be kept (targets/toolchain/kept_texts.h).
#ifndef NOSPAN_CLI_KEPT_OUTCOME_H
#define NOSPAN_CLI_KEPT_OUTCOME_H

#include <optional>
#include <string>
#include <vector>

#include "props/executor.h"

namespace nospan::cli {

// Nothing for an outcome that cannot be told as text again: one of a known finding, or one in which the target
// said what is no text.
std::optional<std::string> text_of(const props::Outcome& outcome);
// Nothing if text_of() did not write this, or not this version's.
std::optional<props::Outcome> outcome_of(const std::string& text);

// The same for lines of a report.
std::optional<std::string> text_of(const std::vector<std::string>& lines);
std::optional<std::vector<std::string>> lines_of(const std::string& text);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_KEPT_OUTCOME_H
