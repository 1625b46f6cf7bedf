// SPDX-License-Identifier: BSD-2-Clause
#include "reports/result.h"

namespace nospan::reports {

std::vector<const Finding*> findings_of(const Result& result) {
  std::vector<const Finding*> findings;
  for (const TargetCheck& target : result.targets) {
    if (target.finding) findings.push_back(&*target.finding);
  }
  for (const ClaimOutcome& claim : result.claims) {
    if (claim.finding) findings.push_back(&*claim.finding);
  }
  return findings;
}

}  // namespace nospan::reports
