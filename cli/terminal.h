// SPDX-License-Identifier: BSD-2-Clause
// What a person at a terminal gets and a pipe does not: colour, and a line that shows progress.
#ifndef NOSPAN_CLI_TERMINAL_H
#define NOSPAN_CLI_TERMINAL_H

#include <string>
#include <string_view>

#include "reports/verdict.h"

namespace nospan::cli {

// Is standard output, or standard error, a terminal that understands escape sequences?
bool output_is_terminal();
bool error_is_terminal();

// The verdict's name, in colour on a terminal, padded to `width` columns.
std::string verdict_text(reports::Verdict verdict, std::size_t width);
// Bold on a terminal.
std::string emphasized(std::string_view text);

// One line on standard error that is overwritten, cut to the terminal's width. Nothing if it is no terminal.
class ProgressLine {
 public:
  ProgressLine() = default;
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(std::string_view text);
  void clear();

 private:
  bool shown_ = false;
};

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_TERMINAL_H
