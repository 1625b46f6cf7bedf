// SPDX-License-Identifier: BSD-2-Clause
// What `nospan check` found, for a terminal.
#ifndef NOSPAN_CLI_CHECK_REPORT_H
#define NOSPAN_CLI_CHECK_REPORT_H

#include <filesystem>
#include <string>
#include <vector>

#include "cli/target_selection.h"
#include "props/campaign.h"

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

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_CHECK_REPORT_H
