// SPDX-License-Identifier: BSD-2-Clause
// What a patch changed: two records of a tree, before and after it, compared. Values only.
#ifndef NOSPAN_CLI_GATE_JUDGEMENT_H
#define NOSPAN_CLI_GATE_JUDGEMENT_H

#include <set>
#include <string>
#include <vector>

#include "reports/result.h"

namespace nospan::cli {

// What one tree shows. Targets and claims are told apart by page size, as their names differ with patches.
struct TreeRecord {
  std::vector<reports::TargetCheck> checks;  // several of one target: it was looked at again after a finding
  std::vector<reports::ClaimOutcome> claims;
  std::set<std::string> corpus_failing;  // "ALIGN-1-0123.json, 64K pages"
  bool cut_short = false;
};

// Compares. `old_findings` are ids of findings in `after` that the tree before shows, too. The verdict is
// - kRefuted for a new finding, or a claim that was proved and is refuted,
// - what has become of a claim that was proved and is not now; an error in the claim counts as kUnknown,
// - kUnknown for a new assumption, or if the comparison was cut short,
// - kVacuous for a coverage class that fell below its minimum,
// - kHolds if there is nothing new, whatever was wrong before.
// The patch's identity is for the caller to fill in.
reports::PatchJudgement judge(const TreeRecord& before, const TreeRecord& after,
                              const std::set<std::string>& old_findings);

// Claims that nobody has decided, and claims that are proved.
std::size_t undecided_claims(const TreeRecord& record);
std::size_t proved_claims(const TreeRecord& record);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_GATE_JUDGEMENT_H
