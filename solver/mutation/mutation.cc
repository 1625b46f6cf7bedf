// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/mutation.h"

#include <fmt/format.h>
#include <llvm/Bitcode/BitcodeWriter.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <algorithm>
#include <memory>
#include <set>

#include "solver/mutation/operators.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// Functions with a body that the entries reach through direct calls.
Expected<std::set<const llvm::Function*>> reachable(const Program& program,
                                                    const std::vector<std::string>& entries) {
  std::set<const llvm::Function*> reached;
  std::vector<const llvm::Function*> waiting;
  for (const std::string& entry : entries) {
    auto function = program.function(entry);
    if (!function) return tl::unexpected(function.error());
    waiting.push_back(*function);
  }
  while (!waiting.empty()) {
    const llvm::Function* function = waiting.back();
    waiting.pop_back();
    if (function->isDeclaration() || !reached.insert(function).second) continue;
    for (const llvm::Instruction& instruction : llvm::instructions(*function)) {
      const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      if (call != nullptr && call->getCalledFunction() != nullptr) waiting.push_back(call->getCalledFunction());
    }
  }
  return reached;
}

// Where an instruction stands. Phi nodes have no place of their own: the one that follows them.
const llvm::DILocation* location_of(const llvm::Instruction& instruction) {
  if (const llvm::DILocation* location = instruction.getDebugLoc().get()) return location;
  if (!llvm::isa<llvm::PHINode>(instruction)) return nullptr;
  for (const llvm::Instruction& next : *instruction.getParent()) {
    if (const llvm::DILocation* location = next.getDebugLoc().get()) return location;
  }
  return nullptr;
}

std::string file_of(const llvm::DILocation& location) {
  std::string file = location.getFilename().str();
  if (file.starts_with("./")) file.erase(0, 2);
  return file;
}

// The source's function.
std::string function_at(const llvm::Module& module, const llvm::DILocation& location) {
  const llvm::DISubprogram* subprogram = location.getScope()->getSubprogram();
  const llvm::StringRef linkage = subprogram->getLinkageName();
  if (!linkage.empty()) {
    if (const llvm::Function* function = module.getFunction(linkage)) {
      const std::string scoped = Program::scoped_name(*function);
      if (!scoped.empty()) return scoped;
    }
  }
  return subprogram->getName().str();
}

bool is_wanted(const MutationScope& scope, const std::string& function) {
  return scope.functions.empty() ||
         std::any_of(scope.functions.begin(), scope.functions.end(), [&](const std::string& wanted) {
           return function == wanted || function.ends_with("::" + wanted);
         });
}

}  // namespace

std::string_view name(Edit edit) {
  switch (edit) {
    case Edit::kConstant: return "constant";
    case Edit::kPredicate: return "comparison";
    case Edit::kOpcode: return "operator";
    case Edit::kDropCall: return "call dropped";
    case Edit::kDropStore: return "store dropped";
    case Edit::kSwapOperands: return "operands swapped";
    case Edit::kNegateCondition: return "condition negated";
    case Edit::kShiftCount: return "shift count";
  }
  return "";
}

std::string Mutation::id() const {
  return fmt::format("{}#{} {} {} {}", function, instruction, name(edit), operand, choice);
}

Expected<std::vector<Mutation>> find_mutations(const Program& program, const MutationScope& scope) {
  auto reached = reachable(program, scope.entries);
  if (!reached) return tl::unexpected(reached.error());
  std::vector<Mutation> mutations;
  for (const llvm::Function& function : program.module()) {
    if (!reached->contains(&function)) continue;
    std::size_t number = 0;
    for (const llvm::Instruction& instruction : llvm::instructions(function)) {
      if (llvm::isa<llvm::DbgInfoIntrinsic>(instruction)) continue;
      const std::size_t here = number++;
      const llvm::DILocation* location = location_of(instruction);
      if (location == nullptr) continue;
      const std::string file = file_of(*location);
      if (std::none_of(scope.files.begin(), scope.files.end(),
                       [&](const std::string& prefix) { return file.starts_with(prefix); })) {
        continue;
      }
      const std::string inside = function_at(program.module(), *location);
      if (!is_wanted(scope, inside)) continue;
      for (Mutation& mutation : edits_of(instruction, scope)) {
        mutation.function = function.getName().str();
        mutation.instruction = here;
        mutation.inside = inside;
        mutation.place = fmt::format("{}:{}", file, location->getLine());
        mutations.push_back(std::move(mutation));
      }
    }
  }
  return mutations;
}

Expected<void> apply(const Mutation& mutation, llvm::Module& module) {
  llvm::Function* function = module.getFunction(mutation.function);
  llvm::Instruction* found = nullptr;
  if (function != nullptr) {
    std::size_t number = 0;
    for (llvm::Instruction& instruction : llvm::instructions(*function)) {
      if (llvm::isa<llvm::DbgInfoIntrinsic>(instruction)) continue;
      if (number++ != mutation.instruction) continue;
      found = &instruction;
      break;
    }
  }
  if (found == nullptr) {
    return reports::failure(mutation.place, "the module has no such instruction",
                            "mutations belong to the module they were found in");
  }
  make_edit(mutation, *found);
  std::string complaint;
  llvm::raw_string_ostream stream(complaint);
  if (llvm::verifyFunction(*function, &stream)) {
    return reports::failure(mutation.place,
                            fmt::format("{}: LLVM does not accept it: {}", mutation.words, complaint));
  }
  return {};
}

Expected<void> write_mutant(const Program& program, const Mutation& mutation,
                            const std::filesystem::path& file) {
  const std::unique_ptr<llvm::Module> mutant = llvm::CloneModule(program.module());
  if (auto applied = apply(mutation, *mutant); !applied) return applied;
  std::error_code error;
  llvm::raw_fd_ostream stream(file.string(), error);
  if (!error) {
    llvm::WriteBitcodeToFile(*mutant, stream);
    stream.close();
    error = stream.error();
    stream.clear_error();
  }
  if (error)
    return reports::failure(file.string(), "cannot be written: " + error.message(), "free some disk space");
  return {};
}

}  // namespace nospan::solver
