// SPDX-License-Identifier: BSD-2-Clause
// Answers of solvers, kept by the hash of the question: an unchanged question is not asked again.
#ifndef NOSPAN_SOLVER_PROOF_CACHE_H
#define NOSPAN_SOLVER_PROOF_CACHE_H

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "solver/decide.h"

namespace nospan::solver {

// One folder, one file per answer. Any number of processes may use it at once, and each may be killed at any
// moment. An entry is believed only if its own checksum is right and it is the answer of this solver to exactly
// this question. Only definite answers are kept: a time-out may be an answer tomorrow.
class ProofCache {
 public:
  // An empty path: nothing is kept and nothing found.
  explicit ProofCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::optional<Answer> find(std::string_view smtlib, std::string_view solver) const;
  // A failure to write is no error: the next run asks again.
  void keep(std::string_view smtlib, std::string_view solver, const Answer& answer) const;

 private:
  std::optional<Answer> read(std::string_view smtlib, std::string_view solver) const;

  std::filesystem::path folder_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_PROOF_CACHE_H
