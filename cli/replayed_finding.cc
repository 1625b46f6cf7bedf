// SPDX-License-Identifier: BSD-2-Clause
#include "cli/replayed_finding.h"

#include <fmt/format.h>

#include "model/invariants.h"
#include "props/scenario_file.h"

namespace nospan::cli {

std::string reproducing_command(const SelectedTarget& target, const std::filesystem::path& file) {
  return fmt::format("nospan repro {} {} --page-shift {}{}", file.string(), target.selector,
                     target.system_page.value, target.sanitized ? " --sanitize" : "");
}

reports::Finding replayed_finding(const SelectedTarget& target, const props::Scenario& scenario,
                                  const props::Outcome& outcome, const std::filesystem::path& file) {
  reports::Finding finding;
  finding.target = target.label();
  for (const model::Violation& violation : outcome.violations) {
    const model::Rule& rule = model::rule(violation.invariant);
    finding.violations.push_back(
        {std::string(rule.id), std::string(rule.says), violation.expected, violation.actual});
  }
  const reports::Violation& first = finding.violations.front();
  finding.invariant = first.invariant;
  finding.rule = first.rule;
  finding.rule_source = model::rule(outcome.violations.front().invariant).source;
  finding.expected = first.expected;
  finding.actual = first.actual;
  finding.title = fmt::format("{} is violated: {}", first.invariant, first.actual);
  finding.command = outcome.command;
  finding.scenario = props::to_json_value(scenario);
  finding.file = file.string();
  if (!file.empty()) finding.reproduce = reproducing_command(target, file);
  return finding;
}

}  // namespace nospan::cli
