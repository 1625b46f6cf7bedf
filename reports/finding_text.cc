// SPDX-License-Identifier: BSD-2-Clause
#include "reports/finding_text.h"

#include <fmt/format.h>

namespace nospan::reports {

std::string finding_line(const Finding& finding) {
  return fmt::format("{}: expected {}; {}", finding.invariant, finding.expected, finding.actual);
}

std::string finding_text(const Finding& finding) {
  std::string text =
      fmt::format("{}: {}\n  source:   {}\n  target:   {}\n  expected: {}\n  actual:   {}\n", finding.invariant,
                  finding.rule, finding.rule_source, finding.target, finding.expected, finding.actual);
  if (!finding.claim.empty()) text += fmt::format("  refutes:  {}\n", finding.claim);
  if (finding.flaky) text += "  FLAKY: a second run of the same scenario did not show it\n";
  if (finding.security) text += "  security: a guest or a device could exploit it\n";
  if (!finding.code_file.empty())
    text += fmt::format("  code:     {}:{}\n", finding.code_file, finding.code_line);
  std::size_t number = 0;
  for (const Step& step : finding.steps) {
    text += fmt::format("  {}. {}\n", ++number, step.command);
    if (!step.expected.empty()) text += fmt::format("     expected: {}\n", step.expected);
    if (!step.actual.empty()) text += fmt::format("     {}\n", step.actual);
  }
  if (!finding.reproduce.empty()) text += fmt::format("  reproduce: {}\n", finding.reproduce);
  return text;
}

}  // namespace nospan::reports
