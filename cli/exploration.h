// SPDX-License-Identifier: BSD-2-Clause
// Looks at one kernel tree for the gate: known findings, corpus and campaigns on each page size, and whether
// what is found is new.
#ifndef NOSPAN_CLI_EXPLORATION_H
#define NOSPAN_CLI_EXPLORATION_H

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "cli/gate_judgement.h"
#include "cli/target_campaign.h"
#include "cli/target_selection.h"
#include "props/campaign.h"
#include "props/corpus.h"
#include "props/finding.h"
#include "reports/error.h"
#include "targets/linux/tree.h"

namespace nospan::cli {

struct ExplorationOptions {
  props::CampaignOptions campaign;  // for each page size; the generator's page size is set here
  std::vector<unsigned> page_shifts;
  std::vector<props::Finding> findings;  // known ones
  std::vector<props::CorpusEntry> corpus;
  Keeping keeping;
};

// What a caller may watch.
struct ExplorationWatch {
  std::function<void(const std::string&)> tell;  // what takes time
  std::function<void(const SelectedTarget&, const props::Tally&, double seconds)> on_progress;
  std::function<void(const SelectedTarget&, const props::Failure&)> on_failure;  // unshrunk, at once
};

// A digest of the libraries that the tree compiles to, for all page sizes, without the lines that reports of
// BUG and WARN name. Trees with the same digest do the same on every scenario. What does not compile is
// Verdict::kSkip.
reports::Expected<std::string> compiled_code(const linux_target::Tree& tree,
                                             const std::vector<unsigned>& page_shifts);

// A name for a finding that stays the same whenever the same scenario violates the same invariant.
std::string finding_id(const reports::Finding& finding);

// Known findings and campaigns on the targets, one for each page size. After a failure the campaign goes on
// without asserting the invariant that failed: up to four invariants are told of, each with a scenario of its
// own.
reports::Expected<TreeRecord> explore(const std::vector<SelectedTarget>& targets,
                                      const ExplorationOptions& options, const ExplorationWatch& watch);

// Runs the corpus with the guards of the known findings that `record` says are in force, and notes in it what
// fails.
void replay_corpus_on(const std::vector<SelectedTarget>& targets, const ExplorationOptions& options,
                      TreeRecord& record);

// Tells what is new in `after` from what the tree before shows as well, by replaying it there. Adds, as
// findings, what known findings and entries of the corpus show now and did not before. Returns the ids of what
// is old. `before_targets` and `after_targets` are in the same order.
std::set<std::string> sort_out(const std::vector<SelectedTarget>& before_targets, const TreeRecord& before,
                               const std::vector<SelectedTarget>& after_targets, TreeRecord& after,
                               const ExplorationOptions& options);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_EXPLORATION_H
