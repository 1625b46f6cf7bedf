// SPDX-License-Identifier: BSD-2-Clause
// Whether a mutated function does what the unmutated one does, for all inputs: the solver's word for it.
//
// Both are walked through path by path (ssa_paths.h). Where what is seen from outside is equal step by step,
// for all inputs and for whatever memory and other functions give back, the functions are equivalent. Functions
// that are equivalent for another reason (a sum over a whole loop, what a callee computes) are not recognised,
// which costs an answer and is never wrong.
#ifndef NOSPAN_SOLVER_MUTATION_EQUIVALENCE_H
#define NOSPAN_SOLVER_MUTATION_EQUIVALENCE_H

#include <chrono>
#include <cstddef>
#include <string>

#include "solver/mutation/ssa_paths.h"
#include "solver/program.h"

namespace nospan::solver {

struct EquivalenceLimits {
  std::size_t paths = 1000;               // of each function
  std::chrono::milliseconds time{2'000};  // of one question
  std::chrono::milliseconds total_time{10'000};
};

// True: proved equivalent. False: not known, or different; *why says what stands in the way.
//
// Where the original has undefined behaviour or stops at a BUG, the mutant may do anything: nobody relies on
// it. The mutant must do neither where the original does not.
bool is_equivalent(const Program& original, const Program& mutant, const std::string& function,
                   const SsaFacts& facts, const EquivalenceLimits& limits, std::string* why);

// What the platform and iommu_init_table() guarantee of the kernel's tables (the same as the contracts of
// solver/claims/linux_table.h), and the API of its callers.
reports::Expected<SsaFacts> kernel_facts(const Program& program);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_EQUIVALENCE_H
