// SPDX-License-Identifier: BSD-2-Clause
// Asks the claims about a function (nospan prove) whether they still hold of a mutant of it.
//
// A mutant is refuted by a model of a claim's negation only: a time-out kills nothing. If the model can be
// written as a scenario, that must violate an invariant on the compiled mutant, and none on the unmutated code.
// Where it cannot (contracts of functions that are called, arbitrary iterations of loops), the claim must be
// proved of the unmutated code: then the mutant breaks what its callers are promised.
#ifndef NOSPAN_CLI_MUTATION_PROOF_H
#define NOSPAN_CLI_MUTATION_PROOF_H

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "reports/error.h"
#include "solver/runner.h"

namespace nospan::cli {

// The unmutated program.
struct ProofSubject {
  solver::Subject subject = solver::Subject::kKernel;
  std::filesystem::path bitcode;
  std::filesystem::path library;
  unsigned system_page_shift = 12;
  std::string target;            // as results name it
  std::chrono::seconds time{0};  // of one group of claims, at most; 0: nothing is asked
};

struct RefutedClaim {
  std::string claim;  // its id
  std::string how;    // what the mutant does wrong
};

// The group of claims about a function (solver/claims/registry.h), or about the one with which its code is
// executed; "" if there is none that is decided soon.
std::string group_about(solver::Subject subject, std::string_view function);

// Keeps what it found out about the unmutated program. Not thread-safe.
class MutationProof {
 public:
  explicit MutationProof(ProofSubject subject) : subject_(std::move(subject)) {}

  // Whether there are claims about the function that are decided soon, and they are asked for at all.
  bool has_claims_about(const std::string& function) const {
    return subject_.time.count() != 0 && !group_about(subject_.subject, function).empty();
  }

  // A claim about `function` (the linker's name, or C++'s with its scope) that the mutant refutes; none if
  // there is none, or it is not known: *why_not then says what was asked and answered.
  reports::Expected<std::optional<RefutedClaim>> refuted(const std::string& function,
                                                         const std::filesystem::path& bitcode,
                                                         const std::filesystem::path& library,
                                                         std::string* why_not);

 private:
  // Answers about the unmutated program are kept, and those about mutants are not: they have many in common.
  std::vector<solver::ClaimResult> decide(const std::string& group, const std::set<std::string>& claims,
                                          const std::filesystem::path& bitcode) const;
  // Ids of the group's claims about `claimed` that are proved of the unmutated program.
  const std::set<std::string>& proved(const std::string& claimed, const std::string& group);

  ProofSubject subject_;
  std::map<std::string, std::set<std::string>> proved_;  // by what they are about
};

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_MUTATION_PROOF_H
