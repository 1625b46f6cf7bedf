// SPDX-License-Identifier: BSD-2-Clause
#include "props/finding.h"

#include <algorithm>
#include <system_error>

#include "props/scenario_file.h"
#include "props/worker.h"
#include "reports/json_file.h"

namespace nospan::props {
namespace {

using Json = nlohmann::ordered_json;
using reports::Expected;
using reports::failure;

constexpr std::size_t kMostFindingBytes = 1 << 20;
// A finding that hangs costs this much CPU time at every replay.
constexpr HangLimit kReplayHangLimit{100};

}  // namespace

Expected<Finding> read_finding(const std::filesystem::path& file) {
  const std::string name = file.string();
  auto text = reports::read_file(file, kMostFindingBytes);
  if (!text) return tl::make_unexpected(text.error());
  auto json = reports::parse_json(*text, name);
  if (!json) return tl::make_unexpected(json.error());
  if (!json->is_object()) return failure(name + ": $", "is not an object", "see docs/findings.md");
  Finding finding;
  bool schema = false;
  bool scenario = false;
  for (const auto& [key, value] : json->items()) {
    std::string path = name;
    path.append(": $.").append(key);
    const auto text_of = [&text = value, &path](std::string& to) -> Expected<void> {
      if (!text.is_string()) return failure(path, "is not a string");
      to = text.get<std::string>();
      return {};
    };
    Expected<void> read{};
    if (key == "schema") {
      if (!value.is_string() || value.get<std::string>() != kFindingSchema) {
        return failure(path, "is not \"" + std::string(kFindingSchema) + "\"");
      }
      schema = true;
    } else if (key == "id") {
      read = text_of(finding.id);
    } else if (key == "title") {
      read = text_of(finding.title);
    } else if (key == "promise") {
      read = text_of(finding.promise);
    } else if (key == "behaviour") {
      read = text_of(finding.behaviour);
    } else if (key == "guard") {
      read = text_of(finding.guard);
    } else if (key == "invariant") {
      const auto invariant =
          value.is_string() ? model::invariant_with_id(value.get<std::string>()) : std::nullopt;
      if (!invariant) return failure(path, "is not the id of an invariant", "use one such as \"ISO-1\"");
      finding.invariant = *invariant;
    } else if (key == "security" || key == "sanitized") {
      if (!value.is_boolean()) return failure(path, "is not true or false");
      (key == "security" ? finding.security : finding.sanitized) = value.get<bool>();
    } else if (key == "trees") {
      if (!value.is_array()) return failure(path, "is not a list of kernel versions");
      for (const Json& tree : value) {
        if (!tree.is_string()) return failure(path, "is not a list of kernel versions");
        finding.trees.push_back(tree.get<std::string>());
      }
    } else if (key == "scenario") {
      auto parsed = from_json_value(value, path);
      if (!parsed) return tl::make_unexpected(parsed.error());
      finding.scenario = std::move(*parsed);
      scenario = true;
    } else {
      return failure(path, "is no key of a finding", "remove it; see docs/findings.md");
    }
    if (!read) return tl::make_unexpected(read.error());
  }
  if (!schema)
    return failure(name + ": $", "has no \"schema\"",
                   "add \"schema\": \"" + std::string(kFindingSchema) + "\"");
  if (!scenario) return failure(name + ": $", "has no \"scenario\"");
  if (finding.id.empty() || finding.id != file.stem().string()) {
    return failure(name + ": $.id", "is not the file's name", "call it \"" + file.stem().string() + "\"");
  }
  return finding;
}

Expected<std::vector<Finding>> read_findings(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (error)
    return failure(folder.string(), "cannot be read: " + error.message(),
                   "set NOSPAN_SHARE to nospan's folder");
  std::sort(files.begin(), files.end());
  std::vector<Finding> findings;
  for (const auto& file : files) {
    auto finding = read_finding(file);
    if (!finding) return tl::make_unexpected(finding.error());
    findings.push_back(std::move(*finding));
  }
  return findings;
}

Scenario scenario_for(const Finding& finding, model::SystemPageShift system_page) {
  Scenario scenario = finding.scenario;
  scenario.configuration.system_page = system_page;
  scenario.configuration.granule = std::max(scenario.configuration.granule, system_page.bytes());
  return scenario;
}

bool reproduces(const nospan_target& target, const Finding& finding, model::SystemPageShift system_page) {
  const Scenario scenario = scenario_for(finding, system_page);
  if (!validate(scenario)) return false;
  Worker worker(target, GuardSet{}, kReplayHangLimit);
  const Outcome outcome = worker.run(scenario);
  return std::any_of(
      outcome.violations.begin(), outcome.violations.end(),
      [&](const model::Violation& violation) { return violation.invariant == finding.invariant; });
}

GuardSet guards_of(const std::vector<const Finding*>& findings, bool sanitized) {
  std::vector<const Guard*> guards;
  for (const Guard& guard : all_guards()) {
    if (guard.sanitized_only && !sanitized) continue;
    const bool wanted = std::any_of(findings.begin(), findings.end(),
                                    [&](const Finding* finding) { return finding->id == guard.id; });
    if (wanted) guards.push_back(&guard);
  }
  return GuardSet(std::move(guards));
}

}  // namespace nospan::props
