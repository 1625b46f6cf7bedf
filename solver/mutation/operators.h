// SPDX-License-Identifier: BSD-2-Clause
// The mutation operators: what can be done to one instruction. For mutation.cc and tests.
#ifndef NOSPAN_SOLVER_MUTATION_OPERATORS_H
#define NOSPAN_SOLVER_MUTATION_OPERATORS_H

#include <vector>

#include "solver/mutation/mutation.h"

namespace nospan::solver {

// All edits of the instruction: `edit`, `operand`, `choice` and `words` of each are set. An edit that leaves
// the program without meaning (a shift by the width or more, a division by a constant 0) or unchanged is none,
// and of two that come to the same one is left out.
std::vector<Mutation> edits_of(const llvm::Instruction& instruction, const MutationScope& scope);

// Makes the edit. The instruction may be gone afterwards.
void make_edit(const Mutation& mutation, llvm::Instruction& instruction);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_OPERATORS_H
