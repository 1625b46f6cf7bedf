// SPDX-License-Identifier: BSD-2-Clause
#include "cli/check_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "props/scenario_file.h"

namespace nospan::cli {
namespace {

using Json = nlohmann::ordered_json;

Json tally_json(const props::Tally& tally) {
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

Json coverage_json(const props::Coverage& coverage) {
  Json classes = Json::array();
  for (std::size_t i = 0; i < props::kCoverageClassCount; ++i) {
    const auto what = static_cast<props::CoverageClass>(i);
    const props::CoverageRule& rule = props::coverage_rule(what);
    classes.push_back(
        {{"class", rule.name}, {"share", coverage.share(what)}, {"least_share", rule.least_share}});
  }
  return classes;
}

Json failure_json(const props::Failure& failure, const std::string& file) {
  Json violations = Json::array();
  for (const model::Violation& violation : failure.shrunk.outcome.violations) {
    const model::Rule& rule = model::rule(violation.invariant);
    violations.push_back({{"invariant", rule.id},
                          {"rule", rule.says},
                          {"expected", violation.expected},
                          {"actual", violation.actual}});
  }
  return {{"number", failure.number},
          {"flaky", failure.flaky},
          {"violations", violations},
          {"command", failure.shrunk.outcome.command},
          {"shrink_attempts", failure.shrunk.attempts},
          {"shrink_seconds", failure.shrink_seconds},
          {"shrink_complete", failure.shrunk.complete},
          {"file", file},
          {"scenario", props::to_json_value(failure.shrunk.scenario)}};
}

}  // namespace

void print_coverage(const std::vector<TargetResult>& results) {
  fmt::print("\nCoverage: share of scenarios in each class, least share in brackets\n");
  for (const TargetResult& result : results) {
    fmt::print("  {}{}\n", result.target.label(),
               result.campaign.coverage.judgeable() ? "" : " (too few scenarios to judge)");
    for (std::size_t i = 0; i < props::kCoverageClassCount; ++i) {
      const auto what = static_cast<props::CoverageClass>(i);
      const props::CoverageRule& rule = props::coverage_rule(what);
      fmt::print("    {:<54} {:>5.1f} % [{:>4.1f} %]\n", rule.name, result.campaign.coverage.share(what) * 100,
                 rule.least_share * 100);
    }
    const props::Tally& tally = result.campaign.tally;
    fmt::print(
        "    maps granted {}, refused {}; lists merged {}; faults fired {}; refused by the hypervisor {}\n",
        tally.maps_granted, tally.maps_refused, tally.lists_merged, tally.faults_fired,
        tally.hypervisor_refusals);
    fmt::print(
        "    guards: {} commands not run, {} violations passed over, {} scenarios cut short; {} warnings of "
        "the "
        "target\n",
        tally.skipped, tally.overlooked, tally.tolerated, tally.warnings);
  }
}

std::string check_result_json(const std::vector<TargetResult>& results,
                              const std::vector<props::Finding>& findings,
                              const props::CampaignOptions& campaign, const std::string& assumption,
                              reports::Verdict verdict) {
  Json json = {{"schema", "nospan.result/1"},
               {"command", "check"},
               {"version", NOSPAN_VERSION},
               {"verdict", reports::name(verdict)},
               {"seed", fmt::format("0x{:x}", campaign.seed)},
               {"assumption", assumption},
               {"jobs", campaign.jobs}};
  Json budget = Json::object();
  if (campaign.time) budget["seconds_per_target"] = campaign.time->count() / 1000.0;
  if (campaign.scenarios) budget["scenarios_per_target"] = *campaign.scenarios;
  json["budget"] = budget;
  Json targets = Json::array();
  for (const TargetResult& result : results) {
    Json target = {{"target", result.target.name},
                   {"page_shift", result.target.system_page.value},
                   {"sanitized", result.target.sanitized},
                   {"verdict", reports::name(result.campaign.verdict)},
                   {"seconds", result.campaign.seconds},
                   {"interrupted", result.campaign.interrupted},
                   {"tally", tally_json(result.campaign.tally)},
                   {"coverage", coverage_json(result.campaign.coverage)},
                   {"guards_in_force", result.known},
                   {"fixed", result.fixed}};
    if (result.campaign.failure) {
      target["finding"] = failure_json(*result.campaign.failure, result.saved.string());
    }
    targets.push_back(std::move(target));
  }
  json["targets"] = std::move(targets);
  Json known = Json::array();
  for (const props::Finding& finding : findings) {
    known.push_back({{"id", finding.id},
                     {"title", finding.title},
                     {"invariant", model::rule(finding.invariant).id},
                     {"security", finding.security}});
  }
  json["known_findings"] = std::move(known);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace nospan::cli
