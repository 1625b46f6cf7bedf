// SPDX-License-Identifier: BSD-2-Clause
#include "cli/replayed_finding.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/invariants.h"
#include "props/concerned_memory.h"
#include "props/explanation.h"
#include "props/scenario_file.h"
#include "targets/linux/place.h"
#include "targets/toolchain/digest.h"

namespace nospan::cli {
namespace {

constexpr const char* kCodeFile = "arch/powerpc/kernel/iommu.c";

// The kernel's function that a command calls.
const char* entry_point(props::CommandKind kind) {
  switch (kind) {
    case props::CommandKind::kMapPage: return "iommu_map_page";
    case props::CommandKind::kMapSg: return "ppc_iommu_map_sg";
    case props::CommandKind::kAllocCoherent: return "iommu_alloc_coherent";
    case props::CommandKind::kUnmapPage: return "iommu_unmap_page";
    case props::CommandKind::kUnmapSg: return "ppc_iommu_unmap_sg";
    case props::CommandKind::kFreeCoherent: return "iommu_free_coherent";
    case props::CommandKind::kInUse: return "iommu_table_in_use";
    case props::CommandKind::kCheckIoba: return "iommu_tce_check_ioba";
    case props::CommandKind::kCheckGpa: return "iommu_tce_check_gpa";
    case props::CommandKind::kTceDirection: return "iommu_tce_direction";
    case props::CommandKind::kDirectionPermissions: return "iommu_direction_to_tce_perm";
  }
  return "";
}

// Where the kernel's code is that the violation is about: the entry point that was called.
void locate(const SelectedTarget& target, const props::Scenario& scenario, const props::Outcome& outcome,
            reports::Finding& finding) {
  if (!target.tree || scenario.commands.empty()) return;
  // What shows at the end, when all is given back, is told of the last call.
  const std::size_t command = std::min(outcome.command, scenario.commands.size() - 1);
  const auto line =
      linux_target::line_of_function(*target.tree, kCodeFile, entry_point(scenario.commands[command].kind));
  if (!line) return;
  finding.code_file = kCodeFile;
  finding.code_line = *line;
}

// The same for the same violation of the same scenario, whoever finds it and whatever the note says.
std::string stable_id(const std::string& invariant, props::Scenario scenario) {
  scenario.note.clear();
  std::string id = invariant;
  for (char& letter : id)
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return id + "-" + toolchain::Digest().add(invariant).add(props::to_json(scenario)).hex().substr(0, 16);
}

}  // namespace

std::string reproducing_command(const SelectedTarget& target, const std::filesystem::path& file) {
  return fmt::format("nospan repro {} {} --page-shift {}{}", file.string(), target.selector,
                     target.system_page.value, target.sanitized ? " --sanitize" : "");
}

reports::Finding replayed_finding(const SelectedTarget& target, const props::Scenario& scenario,
                                  const props::Outcome& outcome, const std::filesystem::path& file) {
  return replayed_finding(target, scenario, outcome, props::effects(*target.target, scenario), file);
}

reports::Finding replayed_finding(const SelectedTarget& target, const props::Scenario& scenario,
                                  const props::Outcome& outcome, const std::vector<std::string>& effects,
                                  const std::filesystem::path& file) {
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
  finding.id = stable_id(finding.invariant, scenario);
  finding.steps = props::steps(effects, scenario, outcome);
  if (const auto memory = props::concerned_memory(scenario, outcome)) {
    finding.picture = props::picture_data(props::ConcernedMemory(*memory));
  }
  locate(target, scenario, outcome, finding);
  if (!file.empty()) finding.reproduce = reproducing_command(target, file);
  return finding;
}

}  // namespace nospan::cli
