// SPDX-License-Identifier: BSD-2-Clause
// What became of a claim: the answer and everything that says how far to trust it.
#ifndef NOSPAN_SOLVER_RESULT_H
#define NOSPAN_SOLVER_RESULT_H

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "reports/error.h"
#include "reports/verdict.h"
#include "solver/claims/claim.h"

namespace nospan::solver {

// A model of the negation of a claim.
struct Counterexample {
  std::string in;        // name of the case
  Model inputs;          // by the names of the instance's inputs
  std::string scenario;  // JSON text of a scenario file; "" if it cannot be replayed
};

struct CaseResult {
  std::string name;
  std::string answer;  // name(Answer::Kind)
  std::string reason;  // of an answer that is none
  double seconds = 0;  // of the solver, or of the first time if it was kept
  bool kept = false;   // the answer was taken from an earlier run
  std::string hash;    // SHA-256 of the question's SMT-LIB text
  std::string second;  // the second solver's answer; "" if it was not asked
  double second_seconds = 0;
};

struct DropResult {
  std::string hypothesis;
  enum class Outcome : uint8_t {
    kUnknown,    // no answer in time
    kRedundant,  // the claim is proved without it
    kNeeded,     // there is a counterexample without it
  };
  Outcome outcome = Outcome::kUnknown;
  std::optional<Counterexample> counterexample;
  bool replayed = false;  // the counterexample violates an invariant on the compiled code
};

std::string_view name(DropResult::Outcome outcome);

struct ClaimResult {
  std::string id;      // "exact/iommu_map_page"
  std::string target;  // "linux 6.12.90, 4K pages"
  std::string words;
  std::vector<unsigned>
      page_shifts;  // covered_page_shifts() of a claim that is proved but for its chain; else empty
  // kProved, kUnknown, kVacuous, kDisagree, kError; and kRefuted once the counterexample was replayed on the
  // compiled code. Before that a model of the negation is kUnknown with a counterexample.
  reports::Verdict verdict = reports::Verdict::kError;
  std::string reason;  // why the verdict is not kProved, in a sentence
  std::vector<std::string> rests_on;
  std::vector<Hypothesis> hypotheses;  // without their terms when read from JSON
  std::vector<Assumption> assumptions;
  std::vector<std::string> core;  // hypotheses that the solver used; over all cases
  bool core_known = false;
  bool witness = false;  // there is a call that the claim is about
  std::vector<CaseResult> cases;
  std::vector<DropResult> drops;
  std::optional<Counterexample> counterexample;
  bool scenario_is_example = false;   // see Instance::scenario_is_example
  std::vector<std::string> examples;  // Instance::examples, if there is a counterexample
  std::string replayed_by;
  std::size_t paths = 0;
  double seconds = 0;  // wall clock, execution of the code not counted
  uint64_t peak_kib = 0;
};

void to_json(nlohmann::json& json, const ClaimResult& result);
void from_json(const nlohmann::json& json, ClaimResult& result);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_RESULT_H
