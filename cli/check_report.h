// SPDX-License-Identifier: BSD-2-Clause
// What `nospan check` found, for a terminal and as JSON.
#ifndef NOSPAN_CLI_CHECK_REPORT_H
#define NOSPAN_CLI_CHECK_REPORT_H

#include <filesystem>
#include <string>
#include <vector>

#include "cli/target_selection.h"
#include "props/campaign.h"
#include "props/finding.h"

namespace nospan::cli {

// One target's campaign.
struct TargetResult {
  SelectedTarget target;
  props::CampaignResult campaign;
  std::vector<std::string> known;  // ids of findings that reproduce: their guards are in force
  std::vector<std::string> fixed;  // ids of findings that do not
  std::filesystem::path saved;     // the counterexample, if there is one
};

// Prints each coverage class and its share.
void print_coverage(const std::vector<TargetResult>& results);

// The run as JSON, schema nospan.result/1.
std::string check_result_json(const std::vector<TargetResult>& results,
                              const std::vector<props::Finding>& findings,
                              const props::CampaignOptions& campaign, const std::string& assumption,
                              reports::Verdict verdict);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_CHECK_REPORT_H
