// SPDX-License-Identifier: BSD-2-Clause
#include "reports/sarif.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/finding_text.h"
#include "reports/json_file.h"

namespace nospan::reports {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr const char* kRoot = "SRCROOT";

// A path as a URI reference: what is not allowed there as %XX.
std::string uri(const std::string& path) {
  std::string result;
  for (const char letter : path) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') ||
                       std::string_view("-._~/").find(letter) != std::string_view::npos;
    if (plain) {
      result += letter;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
  }
  return result;
}

// A rule for each invariant that is violated, in the order of the findings.
class Rules {
 public:
  std::size_t index_of(const Finding& finding) {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (rules_[i]["id"] == finding.invariant) return i;
    }
    rules_.push_back(
        {{"id", finding.invariant},
         {"shortDescription", {{"text", finding.rule + "."}}},
         {"fullDescription", {{"text", fmt::format("{}. Source: {}.", finding.rule, finding.rule_source)}}},
         {"defaultConfiguration", {{"level", "error"}}}});
    return rules_.size() - 1;
  }
  Json take() { return std::move(rules_); }

 private:
  Json rules_ = Json::array();
};

bool is_new(const Gate& gate, const Finding& finding) {
  return std::any_of(gate.patches.begin(), gate.patches.end(), [&](const PatchJudgement& patch) {
    return std::find(patch.new_findings.begin(), patch.new_findings.end(), finding.id) !=
           patch.new_findings.end();
  });
}

Json result_of(const Finding& finding, std::size_t rule, const Result& result) {
  Json json = {{"ruleId", finding.invariant},
               {"ruleIndex", rule},
               {"level", "error"},
               {"message", {{"text", finding_text(finding)}}}};
  if (!finding.code_file.empty()) {
    Json place = {{"artifactLocation", {{"uri", uri(finding.code_file)}, {"uriBaseId", kRoot}}}};
    if (finding.code_line != 0) place["region"] = {{"startLine", finding.code_line}};
    json["locations"] = Json::array({{{"physicalLocation", std::move(place)}}});
  }
  if (!finding.id.empty()) json["partialFingerprints"] = {{"nospanFinding/v1", finding.id}};
  if (result.gate) json["baselineState"] = is_new(*result.gate, finding) ? "new" : "unchanged";
  Json tags = Json::array();
  if (finding.security) tags.push_back("security");
  if (finding.flaky) tags.push_back("flaky");
  json["properties"] = {{"tags", std::move(tags)},
                        {"target", finding.target},
                        {"reproduce", finding.reproduce},
                        {"scenario", finding.scenario}};
  return json;
}

}  // namespace

std::string sarif(const Result& result) {
  Rules rules;
  Json results = Json::array();
  for (const Finding* finding : findings_of(result)) {
    results.push_back(result_of(*finding, rules.index_of(*finding), result));
  }
  // Findings do not make the run of the tool a failure.
  const bool ran = result.verdict != Verdict::kError && result.verdict != Verdict::kSkip;
  Json invocation = {{"executionSuccessful", ran},
                     {"exitCode", exit_code(result.verdict)},
                     {"commandLine", fmt::format("{}", fmt::join(result.command_line, " "))}};
  if (!result.started.empty()) invocation["startTimeUtc"] = result.started;
  Json driver = {
      {"name", "nospan"},
      {"version", result.version},
      {"shortDescription", {{"text", "Verifies that IOMMU mappings stay within memory of their owner."}}},
      {"rules", rules.take()}};
  Json run = {{"tool", {{"driver", std::move(driver)}}},
              {"invocations", Json::array({std::move(invocation)})},
              {"originalUriBaseIds",
               {{kRoot, {{"description", {{"text", "The root of the kernel tree under test."}}}}}}},
              {"columnKind", "utf16CodeUnits"},
              {"results", std::move(results)}};
  return write_json({{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({std::move(run)})}});
}

}  // namespace nospan::reports
