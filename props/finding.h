// SPDX-License-Identifier: BSD-2-Clause
// Known findings: defects of real code, each with the scenario that shows it (props/findings/<id>.json).
#ifndef NOSPAN_PROPS_FINDING_H
#define NOSPAN_PROPS_FINDING_H

#include <filesystem>
#include <string>
#include <vector>

#include "model/invariants.h"
#include "props/guards.h"
#include "props/scenario.h"
#include "reports/error.h"
#include "targets/target.h"

namespace nospan::props {

inline constexpr std::string_view kFindingSchema = "nospan.finding/1";

// A defect, told so that a maintainer can judge it.
struct Finding {
  std::string id;     // the file's name without ".json", and that of its guards
  std::string title;  // one line
  model::Invariant invariant = model::Invariant::kSafe1;
  std::vector<std::string> trees;  // kernel versions on which it was seen
  bool security = false;           // a guest or a device could exploit it
  bool sanitized = false;          // shows only in a build that reports undefined behaviour
  std::string promise;             // what the API promises
  std::string behaviour;           // what the code does instead, with file and function
  std::string guard;               // in words: when the invariant is not asserted
  Scenario scenario;
};

// Reads a finding file. Errors name the file and the JSON path.
reports::Expected<Finding> read_finding(const std::filesystem::path& file);
// All findings of a folder, in the order of their ids.
reports::Expected<std::vector<Finding>> read_findings(const std::filesystem::path& folder);

// The finding's scenario for a target with this system page shift; its own one is for one of them.
Scenario scenario_for(const Finding& finding, model::SystemPageShift system_page);

// Does the finding's scenario still violate its invariant on this target? Runs in a process of its own.
bool reproduces(const nospan_target& target, const Finding& finding, model::SystemPageShift system_page);

// The guards of these findings that are meant for such a target.
GuardSet guards_of(const std::vector<const Finding*>& findings, bool sanitized);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_FINDING_H
