// SPDX-License-Identifier: BSD-2-Clause
#include "cli/check_result.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/replayed_finding.h"
#include "cli/trusted_base.h"
#include "model/invariants.h"

namespace nospan::cli {
namespace {

using reports::Verdict;

std::vector<reports::Count> tally_counts(const props::Tally& tally) {
  return {{"scenarios", tally.scenarios},
          {"commands", tally.commands},
          {"idle", tally.idle},
          {"maps_granted", tally.maps_granted},
          {"maps_refused", tally.maps_refused},
          {"lists_merged", tally.lists_merged},
          {"faults_fired", tally.faults_fired},
          {"hypervisor_refusals", tally.hypervisor_refusals},
          {"without_table", tally.no_table},
          {"warnings", tally.warnings},
          {"kept_from_running_by_guards", tally.skipped},
          {"overlooked_by_guards", tally.overlooked},
          {"cut_short_by_guards", tally.tolerated}};
}

std::vector<reports::CoverageShare> coverage_shares(const props::Coverage& coverage) {
  std::vector<reports::CoverageShare> shares;
  for (std::size_t i = 0; i < props::kCoverageClassCount; ++i) {
    const auto what = static_cast<props::CoverageClass>(i);
    const props::CoverageRule& rule = props::coverage_rule(what);
    shares.push_back({std::string(rule.name), coverage.share(what), rule.least_share});
  }
  return shares;
}

std::vector<reports::Exercise> exercises(const props::Tally& tally) {
  std::vector<reports::Exercise> exercises;
  for (std::size_t i = 0; i < tally.exercised.size(); ++i) {
    for (std::size_t kind = 0; kind < props::kCommandKindCount; ++kind) {
      const std::uint64_t commands = tally.exercised[i][kind];
      if (commands == 0) continue;
      exercises.push_back({std::string(props::command_name(static_cast<props::CommandKind>(kind))),
                           static_cast<unsigned>(i) + model::kLeastIommuPageShift, commands});
    }
  }
  return exercises;
}

// What a campaign says about one invariant. One that it stopped at says nothing about the others: it did not
// use up its budget.
Verdict verdict_on(model::Invariant invariant, const props::CampaignResult& campaign) {
  // Below targets/target.h there are no hypercalls: nothing evaluates what is said about them.
  if (invariant == model::Invariant::kHcall1) return Verdict::kVacuous;
  if (!campaign.failure) return campaign.verdict;
  const auto& violations = campaign.failure->shrunk.outcome.violations;
  const bool violated =
      std::any_of(violations.begin(), violations.end(),
                  [&](const model::Violation& violation) { return violation.invariant == invariant; });
  return violated ? campaign.verdict : Verdict::kUnknown;
}

reports::Finding finding_of(const props::Failure& failure, const TargetResult& result) {
  reports::Finding finding =
      replayed_finding(result.target, failure.shrunk.scenario, failure.shrunk.outcome, result.saved);
  finding.flaky = failure.flaky;
  finding.number = failure.number;
  finding.commands_found = failure.found.commands.size();
  finding.shrink_attempts = failure.shrunk.attempts;
  finding.shrink_seconds = failure.shrink_seconds;
  finding.shrink_complete = failure.shrunk.complete;
  return finding;
}

std::string summary(const reports::Result& result) {
  std::uint64_t commands = 0;
  std::size_t interrupted = 0;
  const reports::TargetCheck* worst = nullptr;
  for (const reports::TargetCheck& target : result.targets) {
    for (const reports::Count& count : target.tally) {
      if (count.name == "commands") commands += count.value;
    }
    if (target.interrupted) ++interrupted;
    if (worst == nullptr && target.verdict == result.verdict) worst = &target;
  }
  if (worst != nullptr && worst->finding) {
    return fmt::format("{} is violated on {}", worst->finding->invariant, worst->label);
  }
  if (worst != nullptr && worst->verdict == Verdict::kVacuous) {
    return fmt::format("No violation, but too little was covered on {}", worst->label);
  }
  if (interrupted != 0) {
    return fmt::format("No violation in {} commands on {} targets; the campaign was cut short", commands,
                       result.targets.size());
  }
  return fmt::format("No violation in {} commands on {} targets", commands, result.targets.size());
}

}  // namespace

reports::TargetCheck target_check(const TargetResult& result) {
  const props::CampaignResult& campaign = result.campaign;
  reports::TargetCheck check;
  check.target = result.target.name;
  check.label = result.target.label();
  check.page_shift = result.target.system_page.value;
  check.sanitized = result.target.sanitized;
  check.tree = result.target.identity;
  check.patches = result.target.patches;
  check.verdict = campaign.verdict;
  check.seconds = campaign.seconds;
  check.interrupted = campaign.interrupted;
  check.tally = tally_counts(campaign.tally);
  check.coverage = coverage_shares(campaign.coverage);
  check.coverage_judgeable = campaign.coverage.judgeable();
  check.distributions = props::distributions_data(campaign.coverage.generated);
  check.exercised = exercises(campaign.tally);
  for (const model::Rule& rule : model::kRules) {
    check.invariants.push_back({std::string(rule.id), std::string(rule.says), std::string(rule.source),
                                verdict_on(rule.invariant, campaign)});
  }
  check.guards_in_force = result.known;
  check.fixed = result.fixed;
  if (campaign.failure) check.finding = finding_of(*campaign.failure, result);
  return check;
}

reports::KnownFinding known_finding(const props::Finding& finding) {
  return {finding.id,       finding.title,   std::string(model::rule(finding.invariant).id),
          finding.security, finding.promise, finding.behaviour,
          finding.guard};
}

void add_check_result(reports::Result& result, const std::vector<TargetResult>& targets,
                      const std::vector<props::Finding>& findings, const props::CampaignOptions& campaign,
                      const std::string& assumption, Verdict verdict) {
  result.verdict = verdict;
  result.seed = campaign.seed;
  result.assumption = assumption;
  result.jobs = campaign.jobs;
  if (campaign.time) result.budget_seconds = std::chrono::duration<double>(*campaign.time).count();
  result.budget_scenarios = campaign.scenarios;
  for (const TargetResult& target : targets) {
    result.targets.push_back(target_check(target));
    if (target.campaign.interrupted) result.cut_short = true;
  }
  for (const props::Finding& finding : findings) result.known_findings.push_back(known_finding(finding));
  result.trusted = trusted_by_check(result.targets);
  result.summary = summary(result);
}

}  // namespace nospan::cli
