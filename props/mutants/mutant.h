// SPDX-License-Identifier: BSD-2-Clause
// Implementations that are wrong on purpose: the proof that the harness can fail (docs/mutants.md).
#ifndef NOSPAN_PROPS_MUTANTS_MUTANT_H
#define NOSPAN_PROPS_MUTANTS_MUTANT_H

#include <span>
#include <string_view>
#include <vector>

#include "model/invariants.h"
#include "props/mutants/source_edit.h"

namespace nospan::props {

// What is edited.
enum class MutantBase : std::uint8_t {
  kKernel,   // the packaged Linux 6.12, through targets/linux
  kBuiltin,  // targets/builtin
};

// The most commands that a shrunk scenario has, unless the mutant says why it needs more.
inline constexpr std::size_t kFewCommands = 4;

// One wrong implementation, and what must be found in it.
struct Mutant {
  std::string_view name;     // "kernel.alloc_ignores_boundary": base and mistake
  std::string_view mistake;  // in words
  std::vector<SourceEdit> edits;
  // The invariant that is told first of the first scenario that fails. More than one where either is right;
  // `why_several` says why.
  std::vector<model::Invariant> violates;
  std::string_view why_several = {};
  // Violations that the campaign looks away from, because they come with the mistake and would hide the one
  // that it is here for.
  std::vector<model::Invariant> looks_away = {};
  int system_page_shift = 16;
  double limit_seconds = 30;  // to find it; 5 for rare triggers
  // The shrunk scenario may have more than kFewCommands: says why.
  std::string_view why_many = {};
  // Which claim of the prover the mistake refutes, with a scenario that violates an invariant on the compiled
  // code: the counterexample, or an example of what comes of it (solver/claims/contract_examples.h); "" where
  // no claim is about it. Whether that takes more than a few seconds.
  std::string_view refuted_claim = {};
  bool proof_takes_long = false;
  // Not killed today, because no rule of the model covers it: says which rule is missing. The test then demands
  // that it survives, so that whoever adds the rule comes by here.
  std::string_view missing_rule = {};

  MutantBase base() const { return name.starts_with("kernel.") ? MutantBase::kKernel : MutantBase::kBuiltin; }
};

std::span<const Mutant> all_mutants();

// The two halves of all_mutants().
std::vector<Mutant> kernel_mutants();
std::vector<Mutant> builtin_mutants();

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_MUTANTS_MUTANT_H
