// SPDX-License-Identifier: BSD-2-Clause
// Small changes of a program, made on its bitcode: mutants, which tell how far to trust a green run.
//
// A mutation is one edit of one instruction, named by where the instruction stands, so that it can be told,
// kept and made again on another copy of the same module. What counts as a mutation is decided in operators.cc.
#ifndef NOSPAN_SOLVER_MUTATION_MUTATION_H
#define NOSPAN_SOLVER_MUTATION_MUTATION_H

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"
#include "solver/program.h"

namespace nospan::solver {

// What is done to the instruction. The numbers are of no meaning outside one run.
enum class Edit : std::uint8_t {
  kConstant,         // the constant `operand` becomes `choice`
  kPredicate,        // a comparison's predicate becomes `choice` (llvm::CmpInst::Predicate)
  kOpcode,           // an arithmetic operator becomes `choice` (llvm::Instruction::BinaryOps)
  kDropCall,         // the call is not made; where its result is used, it is 0
  kDropStore,        // memory is not written
  kSwapOperands,     // of an operation that is not commutative
  kNegateCondition,  // of a branch or a choice
  kShiftCount,       // a shift is by `choice` bits: the page shift of another kind of page
};

// "constant", "comparison": what a report counts by.
std::string_view name(Edit edit);

struct Mutation {
  Edit edit = Edit::kConstant;
  std::string function;         // whose body is edited, by the linker's name
  std::size_t instruction = 0;  // its number in the body; debug intrinsics are not counted
  unsigned operand = 0;
  std::uint64_t choice = 0;
  std::string inside;  // the source's function, which may have been inlined into `function`
  std::string place;   // "arch/powerpc/kernel/iommu.c:312"
  std::string words;   // the edit: "`<` of unsigned numbers becomes `<=`"

  // The same for the same edit of the same module, and for no other: "iommu_alloc#12 constant 1 2".
  std::string id() const;
};

// Which code is mutated.
struct MutationScope {
  // What these functions reach through direct calls, by names as Program::function() takes them. One that the
  // program does not have is an error.
  std::vector<std::string> entries;
  // Code that stands in a file whose name begins with one of these. Headers of the harness, which may be
  // inlined anywhere, are not the code under test.
  std::vector<std::string> files;
  // Calls of functions whose names begin so are no behaviour of the code under test, but its reports (WARN,
  // BUG) and what the harness provides. Neither dropped nor called with other arguments. Variables of such
  // names are the harness', too.
  std::vector<std::string> untouched_calls;
  // Functions of the source; empty: all. As Mutation::inside has them, or without their scope.
  std::vector<std::string> functions;
  // What a count of a shift is exchanged for.
  unsigned system_page_shift = 12;
};

// All mutations of the program in that scope, in the order of its text. The same program gives the same list.
reports::Expected<std::vector<Mutation>> find_mutations(const Program& program, const MutationScope& scope);

// Makes the mutation on a module that is a copy of the one it was found in, with or without debug information.
// An Error if it has no such instruction, or LLVM's verifier does not accept what comes out.
reports::Expected<void> apply(const Mutation& mutation, llvm::Module& module);

// Writes the bitcode of the program with the mutation, debug information included: what Program::load() reads.
reports::Expected<void> write_mutant(const Program& program, const Mutation& mutation,
                                     const std::filesystem::path& file);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_MUTATION_H
