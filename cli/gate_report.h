// SPDX-License-Identifier: BSD-2-Clause
// What `nospan gate` prints.
#ifndef NOSPAN_CLI_GATE_REPORT_H
#define NOSPAN_CLI_GATE_REPORT_H

#include <string>
#include <vector>

#include "cli/gate_judgement.h"
#include "cli/target_selection.h"
#include "reports/result.h"

namespace nospan::cli {

// "patch 2 of 3, 'powerpc/iommu: save TCEs'"
std::string patch_name(std::size_t index, std::size_t count, const reports::PatchIdentity& patch);

// A line on the tree before, and one for each of its own findings.
void print_before(const std::string& label, const TreeRecord& record, bool from_cache);

// A patch's verdict and everything in it that is new, lost or fixed. `name` is patch_name().
void print_judgement(const std::string& name, const reports::PatchJudgement& judgement);

// A new finding: rule, steps, picture, scenario, command to reproduce. On `targets` it is replayed for the
// steps.
void print_finding(const reports::Finding& finding, const std::vector<SelectedTarget>& targets);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_GATE_REPORT_H
