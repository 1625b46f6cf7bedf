// SPDX-License-Identifier: BSD-2-Clause
#include "cli/prove_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/drop_table.h"
#include "cli/terminal.h"

namespace nospan::cli {
namespace {

using solver::ClaimResult;

// "12 unsat, 1 time-out": what the second solver said to the cases.
std::string second_opinion(const ClaimResult& result) {
  std::map<std::string, int> counts;
  for (const solver::CaseResult& entry : result.cases) {
    if (!entry.second.empty()) ++counts[entry.second];
  }
  std::vector<std::string> parts;
  parts.reserve(counts.size());
  for (const auto& [answer, count] : counts) parts.push_back(fmt::format("{} {}", count, answer));
  return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

void print_claims(const std::vector<ClaimResult>& results, bool with_second_solver) {
  std::string target;
  for (const ClaimResult& result : results) {
    if (result.target != target) {
      target = result.target;
      fmt::print("\n{}\n", emphasized(target));
      fmt::print("  {:<38} {:<9} {:>7} {:>5} {:<7} {}\n", "claim", "verdict", "time", "paths", "witness",
                 with_second_solver ? "second solver" : "core");
    }
    const std::string core = result.core.empty() ? "-" : fmt::format("{}", fmt::join(result.core, " "));
    fmt::print("  {:<38} {} {:>6.2f}s {:>5} {:<7} {}\n", result.id, verdict_text(result.verdict, 9),
               result.seconds, result.paths, result.witness ? "yes" : "no",
               with_second_solver ? second_opinion(result) : core);
    if (!result.reason.empty()) fmt::print("      {}\n", result.reason);
  }
  if (const std::string table = drop_table(results, emphasized("Without a hypothesis")); !table.empty()) {
    fmt::print("\n{}", table);
  }
}

void print_claim_list(const std::vector<solver::GroupResult>& groups) {
  // Claims of several targets that read alike are one.
  std::vector<std::pair<ClaimResult, std::vector<std::string>>> list;
  for (const solver::GroupResult& group : groups) {
    for (const ClaimResult& claim : group.claims) {
      const auto same = std::find_if(list.begin(), list.end(), [&](const auto& entry) {
        return entry.first.id == claim.id && entry.first.words == claim.words &&
               entry.first.hypotheses.size() == claim.hypotheses.size();
      });
      if (same == list.end()) {
        list.emplace_back(claim, std::vector<std::string>{claim.target});
      } else {
        same->second.push_back(claim.target);
      }
    }
  }
  for (const auto& [claim, targets] : list) {
    fmt::print("{}\n    {}\n", emphasized(claim.id), claim.words);
    for (const solver::Hypothesis& hypothesis : claim.hypotheses) {
      fmt::print("    if {}: {}\n        {}\n", hypothesis.name, hypothesis.words, hypothesis.source);
    }
    if (!claim.rests_on.empty()) fmt::print("    rests on {}\n", fmt::join(claim.rests_on, ", "));
    fmt::print("    about {}\n\n", fmt::join(targets, ", "));
  }
}

}  // namespace nospan::cli
