// SPDX-License-Identifier: BSD-2-Clause
// Calls: into functions that are executed, too, and of contracts in place of others.
#include <fmt/format.h>
#include <llvm/IR/InlineAsm.h>

#include "solver/engine.h"

namespace nospan::solver {

bool Executor::Engine::enter_function(State& state, const llvm::Function& function,
                                      std::vector<Value> arguments, const llvm::CallBase* call) {
  if (frames(state).size() >= 64) {
    end(state, Path::End::kUnsupported, fmt::format("{} is called recursively", function.getName().str()));
    return false;
  }
  executed.insert(&function);
  const Numbering& numbers = numbering(function);
  State::Frame frame;
  frame.function = &function;
  frame.numbering = &numbers;
  frame.block = &function.getEntryBlock();
  frame.next = frame.block->begin();
  frame.registers.resize(numbers.count);
  frame.call = call;
  for (const llvm::Argument& argument : function.args()) {
    frame.registers[numbers.index.lookup(&argument)] = std::move(arguments[argument.getArgNo()]);
  }
  frames(state).push_back(std::move(frame));
  return true;
}

bool Executor::Engine::call_contract(State& state, const llvm::CallBase& instruction, const Contract& contract,
                                     std::string name) {
  Call call;
  call.function = std::move(name);
  call.place = Program::place(instruction);
  const llvm::Type& type = *instruction.getType();
  call.returns_pointer = type.isPointerTy();
  if (!type.isVoidTy() && !type.isStructTy()) call.result_width = width_of(type);
  for (const llvm::Use& argument : instruction.args()) {
    auto value = used(state, *argument);
    if (!value) {
      stop(state, value.error());
      return false;
    }
    call.arguments.push_back(std::move(*value));
  }
  auto outcomes = contract(std::move(state), call);
  if (!outcomes) {
    State nowhere;
    stop(nowhere, outcomes.error());
    return false;
  }
  for (Outcome& outcome : *outcomes) {
    const Term& bits = outcome.result.bits;
    if (call.result_width != 0 && bits.sort() != Term::Sort::kNone &&
        (bits.width() != call.result_width || bits.is_boolean() != (call.result_width == 1))) {
      stop(outcome.state,
           unsupported(instruction, fmt::format("the contract of {} returns {} bits instead of {}",
                                                call.function, bits.width(), call.result_width))
               .value());
      continue;
    }
    if (!type.isVoidTy()) define(outcome.state, instruction, std::move(outcome.result));
    waiting.push_back(std::move(outcome.state));
  }
  return false;
}

bool Executor::Engine::call(State& state, const llvm::CallBase& instruction) {
  if (const auto* known = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) return intrinsic(state, *known);
  if (const auto* assembly = llvm::dyn_cast<llvm::InlineAsm>(instruction.getCalledOperand())) {
    // An empty one only keeps the compiler from moving code.
    if (assembly->getAsmString().empty() && instruction.getType()->isVoidTy()) return true;
    stop(state, unsupported(instruction, "inline assembly: " + assembly->getAsmString()).value());
    return false;
  }
  const llvm::Function* function = instruction.getCalledFunction();
  if (function == nullptr) {
    auto target = operand(state, *instruction.getCalledOperand());
    if (!target) {
      stop(state, target.error());
      return false;
    }
    if (!target->is_pointer()) {
      require(state, Obligation::Kind::kNull, Term::boolean(false), "a call through a pointer to no function",
              instruction);
      return true;
    }
    if (target->null_if.sort() != Term::Sort::kNone) {
      require(state, Obligation::Kind::kNull, !target->null_if, "a call through a null pointer", instruction);
    }
    const Object& object = state.memory.at(target->object);
    if (!object.is_function()) {
      stop(state, unsupported(instruction, "a call of " + object.name()).value());
      return false;
    }
    const std::string name = object.name();
    const auto contract = contracts.find(name);
    if (contract != contracts.end()) return call_contract(state, instruction, contract->second, name);
    function = program.module().getFunction(name);
    if (function == nullptr) {
      stop(state, unsupported(instruction, "a call of " + name + ", which has no contract").value());
      return false;
    }
  }
  if (const Contract* contract = contract_for(*function)) {
    return call_contract(state, instruction, *contract, function->getName().str());
  }
  if (function->isDeclaration()) {
    stop(
        state,
        unsupported(instruction, "a call of " + function->getName().str() + ", which has no contract").value());
    return false;
  }
  std::vector<Value> arguments;
  for (const llvm::Use& argument : instruction.args()) {
    auto value = operand(state, *argument);
    if (!value) {
      stop(state, value.error());
      return false;
    }
    arguments.push_back(std::move(*value));
  }
  if (arguments.size() < function->arg_size()) {
    stop(state, unsupported(instruction, "a call with too few arguments").value());
    return false;
  }
  return enter_function(state, *function, std::move(arguments), &instruction);
}

}  // namespace nospan::solver
