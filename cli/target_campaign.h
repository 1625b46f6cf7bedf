// SPDX-License-Identifier: BSD-2-Clause
// What is done with one target before and after its campaign: known findings and the corpus are replayed first,
// counterexamples are saved and kept. What check and gate have in common. Prints nothing.
#ifndef NOSPAN_CLI_TARGET_CAMPAIGN_H
#define NOSPAN_CLI_TARGET_CAMPAIGN_H

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/check_report.h"
#include "cli/target_selection.h"
#include "props/campaign.h"
#include "props/corpus.h"
#include "props/finding.h"
#include "props/guards.h"
#include "reports/error.h"

namespace nospan::cli {

// Replays the known findings of kernels on a kernel, into result.known and result.fixed; nothing on other
// targets. The guards of those that reproduce.
props::GuardSet replay_known_findings(const SelectedTarget& target, const std::vector<props::Finding>& findings,
                                      TargetResult& result);

// An entry of the corpus that violates something.
struct CorpusFailure {
  const props::CorpusEntry* entry = nullptr;
  props::Outcome outcome;
};
// Runs the entries that are made for the target's system page size, in their order. `ran` counts them.
std::vector<CorpusFailure> replay_corpus(const SelectedTarget& target, const props::GuardSet& guards,
                                         const std::vector<props::CorpusEntry>& corpus, std::size_t& ran);

// Where counterexamples go.
struct Keeping {
  std::filesystem::path save_folder;    // the newest of each campaign, by target and invariant
  std::filesystem::path corpus_folder;  // all, shrunk, for later runs; empty: none
  std::string found_by;                 // for notes: "nospan check"
};
// Makes the folders. A campaign must not end with a finding that cannot be kept: an Error says which folder
// cannot be written. can_write() is the same for a file that is written at the end.
reports::Expected<void> can_keep(const Keeping& keeping);
reports::Expected<void> can_write(const std::filesystem::path& file);
// Saves the failure of a campaign, as it was found and at once; result.saved is the file.
reports::Expected<void> save_found(const Keeping& keeping, std::uint64_t seed, const props::Failure& failure,
                                   TargetResult& result);
// Saves result.campaign.failure again, shrunk, and keeps it in the corpus unless it is flaky.
reports::Expected<void> save_shrunk(const Keeping& keeping, std::uint64_t seed, TargetResult& result);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_TARGET_CAMPAIGN_H
