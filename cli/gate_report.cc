// SPDX-License-Identifier: BSD-2-Clause
#include "cli/gate_report.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/terminal.h"
#include "props/explanation.h"
#include "props/scenario_file.h"
#include "props/worker.h"

namespace nospan::cli {
namespace {

void print_list(const char* what, const std::vector<std::string>& list) {
  for (const std::string& entry : list) fmt::print("    {:<15} {}\n", what, entry);
}

}  // namespace

std::string patch_name(std::size_t index, std::size_t count, const reports::PatchIdentity& patch) {
  const std::string& title = patch.subject.empty() ? patch.file : patch.subject;
  return fmt::format("patch {} of {}{}", index + 1, count, title.empty() ? "" : fmt::format(", '{}'", title));
}

void print_before(const std::string& label, const TreeRecord& record, bool from_cache) {
  fmt::print("before: {}{}: {}\n", label, from_cache ? ", from the cache" : "",
             record.claims.empty() ? "nothing was proved"
                                   : fmt::format("{} claims proved, {} not decided", proved_claims(record),
                                                 undecided_claims(record)));
  for (const reports::TargetCheck& check : record.checks) {
    if (check.finding) {
      fmt::print("    already there   {} on {}\n", check.finding->title, check.label);
    }
  }
  for (const std::string& entry : record.corpus_failing) fmt::print("    already fails   {}\n", entry);
  std::fflush(stdout);
}

void print_judgement(const std::string& name, const reports::PatchJudgement& judgement) {
  fmt::print("{}: {}  {}\n", name, verdict_text(judgement.verdict, 0), judgement.summary);
  print_list("claim lost", judgement.lost_claims);
  print_list("new assumption", judgement.new_assumptions);
  print_list("coverage fell", judgement.fallen_coverage);
  print_list("fixed", judgement.fixed_findings);
  print_list("proved now", judgement.gained_claims);
  std::fflush(stdout);
}

void print_finding(const reports::Finding& finding, const std::vector<SelectedTarget>& targets) {
  fmt::print("\n{}\n", emphasized(fmt::format("new: {} violates {}", finding.target, finding.invariant)));
  if (finding.flaky) fmt::print("  FLAKY: a second run of the same scenario did not show it.\n");
  const auto scenario = props::from_json_value(finding.scenario, "$");
  for (const SelectedTarget& target : targets) {
    if (!scenario || target.label() != finding.target) continue;
    props::Worker worker(*target.target, props::GuardSet{}, props::HangLimit{});
    const props::Outcome outcome = worker.run(*scenario);
    if (outcome.violated()) fmt::print("{}", props::explain(*target.target, *scenario, outcome));
  }
  if (scenario) fmt::print("\n{}", props::to_json(*scenario));
  if (!finding.reproduce.empty()) fmt::print("\n  reproduce:  {}\n", finding.reproduce);
  std::fflush(stdout);
}

}  // namespace nospan::cli
