// SPDX-License-Identifier: BSD-2-Clause
// Answers of solvers, kept by the hash of the question: an unchanged question is not asked again.
#ifndef NOSPAN_SOLVER_PROOF_CACHE_H
#define NOSPAN_SOLVER_PROOF_CACHE_H

#include <chrono>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
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
  // An empty path: nothing is kept and nothing found. With `only_read`, what is there is found, nothing is
  // kept.
  explicit ProofCache(std::filesystem::path folder, bool only_read = false)
      : folder_(std::move(folder)), only_read_(only_read) {}

  std::optional<Answer> find(std::string_view smtlib, std::string_view solver) const;
  // A failure to write is no error: the next run asks again.
  void keep(std::string_view smtlib, std::string_view solver, const Answer& answer) const;

  // For attempts, which are worth a few seconds and after which another question is asked: it had no answer in
  // as much of the processor's time as `time`, or more.
  bool was_without_answer(std::string_view smtlib, std::string_view solver,
                          std::chrono::milliseconds time) const;
  void keep_without_answer(std::string_view smtlib, std::string_view solver,
                           std::chrono::milliseconds time) const;

 private:
  // What write() wrote; null: nothing that can be believed.
  nlohmann::json read(const std::string& key) const;
  void write(const std::string& key, const nlohmann::json& members) const;

  std::filesystem::path folder_;
  bool only_read_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_PROOF_CACHE_H
