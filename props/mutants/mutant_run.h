// SPDX-License-Identifier: BSD-2-Clause
// Runs campaigns on mutants and says how each died.
#ifndef NOSPAN_PROPS_MUTANTS_MUTANT_RUN_H
#define NOSPAN_PROPS_MUTANTS_MUTANT_RUN_H

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "props/campaign.h"
#include "props/mutants/mutant.h"
#include "reports/error.h"

namespace nospan::props {

struct MutantOptions {
  std::uint64_t seed = 1;
  // Run the unedited sources on as many scenarios of the same seed: they must hold.
  bool control = true;
};

// How a campaign on a mutant ended.
struct MutantResult {
  const Mutant* mutant = nullptr;
  std::optional<reports::Error> error;  // it could not be made or run; then nothing below is set
  std::optional<Failure> failure;       // of the mutant; absent if it survived
  std::uint64_t scenarios = 0;          // run up to the failure, or in all
  double build_seconds = 0;
  double seconds = 0;      // to the failure, or in all; without shrinking
  double cpu_seconds = 0;  // the same of the one worker: what a quiet machine would take
  std::optional<Failure> control_failure;

  // The violation that the campaign reports first, unshrunk.
  model::Invariant found() const { return failure->outcome.violations.front().invariant; }
  std::size_t shrunk_commands() const { return failure->shrunk.scenario.commands.size(); }
  double shrink_seconds() const { return failure->shrink_seconds; }

  // What is not as the mutant's table says: survived, another invariant, too late, too long, flaky, the control
  // fails. Empty: as expected.
  std::vector<std::string> complaints() const;
};

MutantResult run_mutant(const Mutant& mutant, const MutantOptions& options);

// One after the other; `on_result` is called after each and may be empty.
std::vector<MutantResult> run_all_mutants(std::span<const Mutant> mutants, const MutantOptions& options,
                                          const std::function<void(const MutantResult&)>& on_result);

// The benchmark's figure shrink_seconds: from the first failing scenario to its shrunk form. 0 if none was
// shrunk.
double median_shrink_seconds(std::span<const MutantResult> results);

// One line of a table, and its heading.
std::string table_heading();
std::string table_line(const MutantResult& result);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_MUTANTS_MUTANT_RUN_H
