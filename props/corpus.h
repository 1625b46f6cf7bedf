// SPDX-License-Identifier: BSD-2-Clause
// The regression corpus: a folder of scenario files, each of which once violated an invariant, that are run
// before anything else (design section 6). Any number of processes may use one folder, and each may be killed
// at any moment: a file appears whole or not at all.
#ifndef NOSPAN_PROPS_CORPUS_H
#define NOSPAN_PROPS_CORPUS_H

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "model/invariants.h"
#include "props/executor.h"
#include "props/guards.h"
#include "props/scenario.h"
#include "reports/error.h"
#include "targets/target.h"

namespace nospan::props {

struct CorpusEntry {
  std::filesystem::path file;
  // What it violated when it was kept: the file is called "ALIGN-1-<hash>.json". Files with other names, put
  // there by hand, have none.
  std::optional<model::Invariant> invariant;
  Scenario scenario;
};

// All *.json of the folder in the order of their names; none if there is no such folder. Hidden files, such as
// those that a killed process left half-written, are passed over. An Error names a file that is no scenario.
reports::Expected<std::vector<CorpusEntry>> read_corpus(const std::filesystem::path& folder);

// Keeps a scenario that violates `invariant`, and says in which file. Makes the folder. The same scenario, its
// note aside, is kept once.
reports::Expected<std::filesystem::path> keep_in_corpus(const std::filesystem::path& folder,
                                                        model::Invariant invariant, const Scenario& scenario);

// What a scenario does on a target.
struct Replayed {
  Outcome outcome;
  // A fingerprint of how far the target got: window, TCEs and allocated entries after the last command that
  // returned, and what was called last. Violations of the same invariant with the same state are the same
  // finding. 0 if nothing is violated.
  std::uint64_t state = 0;
};

// Runs a valid scenario, in processes of its own. `guards` are those in force.
Replayed replay(const nospan_target& target, const GuardSet& guards, const Scenario& scenario);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_CORPUS_H
