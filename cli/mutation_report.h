// SPDX-License-Identifier: BSD-2-Clause
// What `nospan mutate` prints and writes.
#ifndef NOSPAN_CLI_MUTATION_REPORT_H
#define NOSPAN_CLI_MUTATION_REPORT_H

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/mutation_run.h"
#include "reports/verdict.h"
#include "solver/mutation/mutation.h"

namespace nospan::cli {

// All mutants of one target.
struct MutationResult {
  std::string target;  // "linux 6.12.90 64K"
  std::vector<solver::Mutation> mutations;
  std::vector<MutantOutcome> outcomes;  // of each
  std::size_t possible = 0;             // mutations that there are, of which these were drawn
  double seconds = 0;                   // wall clock
};

// How many mutants came to what.
struct MutationCounts {
  std::size_t made = 0;
  std::size_t killed = 0;
  std::size_t equivalent = 0;
  std::size_t survived = 0;
  std::size_t errors = 0;
  std::size_t not_tried = 0;

  void count(Fate fate);
  // Killed of those that can be, as far as they were tried: in percent. None if there are none.
  std::optional<double> score() const;
};
MutationCounts counts(const MutationResult& result);

// kHolds if every mutant was tried and the score reaches the least one; kRefuted below it; kVacuous if there is
// no mutant that can be killed; kUnknown if the run was cut short; kError if a mutant could not be made or run.
reports::Verdict verdict(const MutationResult& result, double least_score);

// One line for each function, then what killed, then the survivors, one by one.
void print(const MutationResult& result, double least_score);

nlohmann::ordered_json to_json_value(const MutationResult& result, double least_score);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_MUTATION_REPORT_H
