// SPDX-License-Identifier: BSD-2-Clause
// Makes mutants of one target and tries them on check, several at a time, each in a process of its own: a
// compiler that crashes on a mutant costs that mutant's answer and nothing else.
#ifndef NOSPAN_CLI_MUTATION_RUN_H
#define NOSPAN_CLI_MUTATION_RUN_H

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/mutation_proof.h"
#include "props/campaign.h"
#include "reports/error.h"
#include "solver/mutation/equivalence.h"
#include "solver/mutation/mutation.h"
#include "targets/toolchain/library_frame.h"

namespace nospan::cli {

// What is mutated, and how a mutant is tried.
struct MutationSubject {
  std::filesystem::path bitcode;
  std::string entry;  // the function of the module that the frame or the loader looks for
  toolchain::LibraryFrame frame;
  props::GuardSet guards;           // in force on the control
  props::CampaignOptions campaign;  // of each mutant; one worker
  // So many of the campaign's scenarios are run before the solver is asked for equivalence, the rest after.
  std::uint64_t first_scenarios = 0;
  std::filesystem::path folder;  // for files while they are used
  solver::SsaFacts facts;        // that the solver may use on what survives
  ProofSubject proof;            // for claims about what survives that, too
  bool only_prove = false;       // claims alone: no scenarios
};

// What became of a mutant.
enum class Fate : std::uint8_t {
  kNotTried,            // the run was cut short
  kError,               // it could not be made or run: `how`
  kKilled,              // check found a violation, of the invariant `by`; or prove did: "prove CLAIM"
  kIdentical,           // equivalent: the optimizer makes the same code of it
  kEquivalent,          // equivalent: the solver proves it
  kEquivalentAssuming,  // the same, under the assumptions that `how` names
  kSurvived,
};
std::string_view name(Fate fate);
inline bool is_equivalent(Fate fate) {
  return fate == Fate::kIdentical || fate == Fate::kEquivalent || fate == Fate::kEquivalentAssuming;
}

struct MutantOutcome {
  Fate fate = Fate::kNotTried;
  std::string by;               // the invariant
  std::string how;              // what was expected and seen; why there is no answer; what is assumed
  std::uint64_t scenarios = 0;  // run
  double cpu_seconds = 0;       // of check
  double build_seconds = 0;     // wall clock
  double solver_seconds = 0;    // wall clock, of the question whether it is equivalent
  double prove_seconds = 0;     // wall clock, of claims
};

// Compiles the program without a mutation, the way of the mutants, into `library`.
reports::Expected<void> build_control(const MutationSubject& subject, const std::filesystem::path& library);

struct MutationRunOptions {
  unsigned jobs = 1;
  // The caller wants to stop. Asked several times a second.
  std::function<bool()> stop;
  // After each mutant, in any order.
  std::function<void(std::size_t mutant, const MutantOutcome& outcome)> done;
};

// Outcomes in the order of the mutations. Call from a single thread.
reports::Expected<std::vector<MutantOutcome>> run_mutants(const MutationSubject& subject,
                                                          const std::vector<solver::Mutation>& mutations,
                                                          const MutationRunOptions& options);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_MUTATION_RUN_H
