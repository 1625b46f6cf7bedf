// SPDX-License-Identifier: BSD-2-Clause
// What `nospan check` found, as a value of reports/result.h.
#ifndef NOSPAN_CLI_CHECK_RESULT_H
#define NOSPAN_CLI_CHECK_RESULT_H

#include <string>
#include <vector>

#include "cli/check_report.h"
#include "props/campaign.h"
#include "props/finding.h"
#include "reports/result.h"

namespace nospan::cli {

// One campaign.
reports::TargetCheck target_check(const TargetResult& result);

// A known finding as results list it.
reports::KnownFinding known_finding(const props::Finding& finding);

// Adds what `nospan check` did to a result that holds the run's record.
void add_check_result(reports::Result& result, const std::vector<TargetResult>& targets,
                      const std::vector<props::Finding>& findings, const props::CampaignOptions& campaign,
                      const std::string& assumption, reports::Verdict verdict);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_CHECK_RESULT_H
