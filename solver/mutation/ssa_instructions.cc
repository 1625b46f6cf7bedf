// SPDX-License-Identifier: BSD-2-Clause
// What each instruction computes, and what it asks of its operands.
#include <fmt/format.h>
#include <llvm/IR/DataLayout.h>
#include <llvm/IR/GetElementPtrTypeIterator.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Operator.h>

#include <algorithm>

#include "solver/comparison.h"
#include "solver/mutation/ssa_walker.h"

namespace nospan::solver {

using llvm::Instruction;

namespace {

// A negative error number, as the kernel's are (include/linux/err.h, MAX_ERRNO).
Term is_error(const Term& number) {
  return less_equal(Term::bits(number.width(), ~uint64_t{0} - 4094), number);
}

// By the linker's name or C++'s with its scope.
bool has_name(const llvm::Function& function, const std::string& name) {
  return function.getName() == name.c_str() || Program::scoped_name(function) == name;
}

}  // namespace

void SsaWalker::execute(SsaWalk& walk, const Instruction& instruction) {
  const auto set = [&](Term term) { walk.values.insert_or_assign(&instruction, std::move(term)); };
  if (const auto* operation = llvm::dyn_cast<llvm::BinaryOperator>(&instruction)) {
    if (width(*operation->getType()) != 0) return set(arithmetic(walk, *operation));
  } else if (const auto* comparison = llvm::dyn_cast<llvm::ICmpInst>(&instruction)) {
    if (width(*comparison->getOperand(0)->getType()) != 0) return set(compare(walk, *comparison));
  } else if (const auto* choice = llvm::dyn_cast<llvm::SelectInst>(&instruction)) {
    if (width(*choice->getType()) != 0) {
      return set(choose(value(walk, *choice->getCondition()), value(walk, *choice->getTrueValue()),
                        value(walk, *choice->getFalseValue())));
    }
  } else if (const auto* cast = llvm::dyn_cast<llvm::CastInst>(&instruction)) {
    if (width(*cast->getType()) != 0 && width(*cast->getOperand(0)->getType()) != 0)
      return set(convert(walk, *cast));
  } else if (llvm::isa<llvm::FreezeInst>(instruction)) {
    if (width(*instruction.getType()) != 0) return set(value(walk, *instruction.getOperand(0)));
  } else if (const auto* address = llvm::dyn_cast<llvm::GetElementPtrInst>(&instruction)) {
    return set(element(walk, *address));
  } else if (llvm::isa<llvm::AllocaInst>(instruction)) {
    return set(free_word(fmt::format("local {}", walk.allocas++)));
  } else if (const auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction)) {
    if (width(*load->getType()) > 1) return execute_load(walk, *load);
  } else if (const auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) {
    const llvm::Value& stored = *store->getValueOperand();
    if (const unsigned wide = width(*stored.getType()); wide != 0) {
      see(walk, fmt::format("store {}", wide), {value(walk, *store->getPointerOperand()), value(walk, stored)});
      ++walk.memory;
      return;
    }
  } else if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
    return execute_call(walk, *call);
  } else if (const auto* insertion = llvm::dyn_cast<llvm::InsertValueInst>(&instruction)) {
    return execute_insertion(walk, *insertion);
  } else if (const auto* extraction = llvm::dyn_cast<llvm::ExtractValueInst>(&instruction)) {
    const auto members = members_of(walk, *extraction->getAggregateOperand());
    if (members && extraction->getNumIndices() == 1) return set((*members)[extraction->getIndices()[0]]);
  } else if (llvm::isa<llvm::FenceInst>(instruction)) {
    return seen_call(walk, instruction, "fence", {});
  } else if (llvm::isa<llvm::AtomicRMWInst, llvm::AtomicCmpXchgInst>(instruction) &&
             width(*instruction.getType()) != 0) {
    std::vector<Term> given;
    for (const llvm::Use& operand : instruction.operands()) given.push_back(value(walk, *operand));
    std::string what = instruction.getOpcodeName();
    if (const auto* update = llvm::dyn_cast<llvm::AtomicRMWInst>(&instruction)) {
      what += llvm::AtomicRMWInst::getOperationName(update->getOperation());
    }
    return seen_call(walk, instruction, what, std::move(given));
  }
  give_up(instruction, fmt::format("an instruction that is not understood: {}", instruction.getOpcodeName()));
}

void SsaWalker::execute_insertion(SsaWalk& walk, const llvm::InsertValueInst& insertion) {
  auto members = members_of(walk, *insertion.getAggregateOperand());
  if (!members || insertion.getNumIndices() != 1) return give_up(insertion, "a struct that is not understood");
  (*members)[insertion.getIndices()[0]] = value(walk, *insertion.getInsertedValueOperand());
  walk.structs.insert_or_assign(&insertion, std::move(*members));
}

Term SsaWalker::arithmetic(SsaWalk& walk, const llvm::BinaryOperator& operation) {
  Term a = value(walk, *operation.getOperand(0));
  Term b = value(walk, *operation.getOperand(1));
  const unsigned wide = width(*operation.getType());
  if (wide == 1) {
    switch (operation.getOpcode()) {
      case Instruction::And: return a & b;
      case Instruction::Or: return a | b;
      case Instruction::Xor: return a != b;
      default: give_up(operation, "arithmetic of truth values"); return a;
    }
  }
  switch (operation.getOpcode()) {
    case Instruction::Shl:
    case Instruction::LShr:
    case Instruction::AShr: need(walk, less(b, Term::bits(wide, wide)), operation); break;
    case Instruction::UDiv:
    case Instruction::SDiv:
    case Instruction::URem:
    case Instruction::SRem: need(walk, b != Term::bits(wide, 0), operation); break;
    default: break;
  }
  switch (operation.getOpcode()) {
    case Instruction::Add: return a + b;
    case Instruction::Sub: return a - b;
    case Instruction::Mul: return a * b;
    case Instruction::UDiv: return unsigned_divide(a, b);
    case Instruction::SDiv: return signed_divide(a, b);
    case Instruction::URem: return unsigned_remainder(a, b);
    case Instruction::SRem: return signed_remainder(a, b);
    case Instruction::And: return a & b;
    case Instruction::Or: return a | b;
    case Instruction::Xor: return a ^ b;
    case Instruction::Shl: return shift_left(a, b);
    case Instruction::LShr: return shift_right(a, b);
    case Instruction::AShr: return arithmetic_shift_right(a, b);
    default: give_up(operation, "arithmetic that is not understood"); return a;
  }
}

Term SsaWalker::compare(SsaWalk& walk, const llvm::ICmpInst& comparison) {
  Term a = value(walk, *comparison.getOperand(0));
  Term b = value(walk, *comparison.getOperand(1));
  if (a.is_boolean() && !comparison.isEquality()) {
    a = bits(a, 1 + 7);
    b = bits(b, 1 + 7);
    if (comparison.isSigned()) give_up(comparison, "a signed comparison of truth values");
  }
  // An ICmpInst has no other predicates.
  return compared(comparison.getPredicate(), a, b).value();
}

Term SsaWalker::convert(SsaWalk& walk, const llvm::CastInst& cast) {
  Term from = value(walk, *cast.getOperand(0));
  const unsigned wide = width(*cast.getType());
  if (from.is_boolean()) {
    if (wide == 1) return from;
    const uint64_t yes = cast.getOpcode() == Instruction::SExt ? ~uint64_t{0} : 1;
    return choose(from, Term::bits(wide, yes), Term::bits(wide, 0));
  }
  if (wide == 1) return extract(from, 0, 0) == Term::bits(1, 1);
  if (wide < from.width()) return truncate(from, wide);
  if (wide == from.width()) return from;
  return cast.getOpcode() == Instruction::SExt ? sign_extend(from, wide) : zero_extend(from, wide);
}

Term SsaWalker::element(SsaWalk& walk, const llvm::GetElementPtrInst& address) {
  Term result = value(walk, *address.getPointerOperand());
  for (auto at = llvm::gep_type_begin(address); at != llvm::gep_type_end(address); ++at) {
    const llvm::Value& index = *at.getOperand();
    if (const llvm::StructType* type = at.getStructTypeOrNull()) {
      const auto member = llvm::cast<llvm::ConstantInt>(index).getZExtValue();
      result = result + word(layout_.getStructLayout(const_cast<llvm::StructType*>(type))
                                 ->getElementOffset(static_cast<unsigned>(member)));
      continue;
    }
    const uint64_t scale = at.getSequentialElementStride(layout_).getFixedValue();
    Term count = value(walk, index);
    if (count.width() < 64) count = sign_extend(count, 64);
    result = result + count * word(scale);
  }
  return result;
}

void SsaWalker::execute_load(SsaWalk& walk, const llvm::LoadInst& load) {
  const unsigned wide = width(*load.getType());
  const Term address = value(walk, *load.getPointerOperand());
  if (!load.isSimple()) {
    // Another CPU may write in between: each read sees what it sees.
    return seen_call(walk, load, "volatile load", {address});
  }
  Term loaded = select(Term::free_map(fmt::format("memory {} of {}", walk.memory, wide)), address);
  if (wide < 64) loaded = truncate(loaded, wide);
  walk.values.insert_or_assign(&load, loaded);
  if (const auto* argument = llvm::dyn_cast<llvm::Argument>(load.getPointerOperand())) {
    for (const SsaFacts::Parameter& fact : facts_.parameters) {
      if (fact.pointee && is_named(fact, *argument)) know(walk, loaded, fact);
    }
  }
  const auto [type, offset] = member_at(*load.getPointerOperand());
  for (const SsaFacts::Member& fact : facts_.members) {
    if (type == fact.type && offset == fact.offset) know(walk, loaded, fact);
  }
}

std::pair<std::string, uint64_t> SsaWalker::member_at(const llvm::Value& address) const {
  const auto* member = llvm::dyn_cast<llvm::GEPOperator>(&address);
  if (member == nullptr) return {};
  const auto* type = llvm::dyn_cast<llvm::StructType>(member->getSourceElementType());
  llvm::APInt offset(64, 0);
  if (type == nullptr || !type->hasName() || !member->accumulateConstantOffset(layout_, offset)) return {};
  return {type->getName().str(), offset.getZExtValue()};
}

std::string SsaWalker::callee_of(const llvm::CallBase& call) const {
  if (const llvm::Function* function = call.getCalledFunction()) return function->getName().str();
  const auto* load = llvm::dyn_cast<llvm::LoadInst>(call.getCalledOperand());
  if (load == nullptr) return "";
  const auto [type, offset] = member_at(*load->getPointerOperand());
  return type.empty() ? "" : fmt::format("{}+{}", type, offset);
}

Term SsaWalker::looked_at(SsaWalk& walk, const llvm::CallBase& call, unsigned number) {
  Term given = value(walk, *call.getArgOperand(number));
  const std::string callee = callee_of(call);
  for (const SsaFacts::Argument& fact : facts_.arguments) {
    if (callee.empty() || fact.callee != callee || fact.number != number) continue;
    assume(fact.assumed);
    if (fact.use == SsaFacts::Argument::Use::kNone) return Term::bits(given.width(), 0);
    const Term table = value(walk, *call.getArgOperand(0));
    return shift_right(given, select(Term::free_map(fmt::format("memory {} of 64", walk.memory)),
                                     table + word(facts_.page_shift)));
  }
  return given;
}

bool SsaWalker::only_reads(const llvm::CallBase& call) {
  const llvm::Function* function = call.getCalledFunction();
  if (function == nullptr || function->isDeclaration()) return false;
  for (const llvm::Instruction& instruction : llvm::instructions(*function)) {
    if (llvm::isa<llvm::DbgInfoIntrinsic>(instruction)) continue;
    if (instruction.mayWriteToMemory() || llvm::isa<llvm::CallBase, llvm::UnreachableInst>(instruction))
      return false;
  }
  return true;
}

void SsaWalker::seen_call(SsaWalk& walk, const Instruction& instruction, std::string what,
                          std::vector<Term> given) {
  see(walk, std::move(what), std::move(given));
  const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
  if (call == nullptr || !only_reads(*call)) ++walk.memory;
  const llvm::Type& type = *instruction.getType();
  if (type.isVoidTy()) return;
  const std::string name = fmt::format("{} result", walk.path.seen.size());
  if (width(type) != 0) {
    walk.values.insert_or_assign(&instruction, unknown_of(type, name));
  } else if (auto members = unknown_members(type, name)) {
    walk.structs.insert_or_assign(&instruction, std::move(*members));
  }  // else what looks into it is not understood
}

void SsaWalker::execute_call(SsaWalk& walk, const llvm::CallBase& call) {
  std::string name = "a function pointer";
  std::vector<Term> given;
  if (const llvm::Function* function = call.getCalledFunction()) {
    name = function->getName().str();
  } else if (call.isInlineAsm()) {
    if (call.getType()->isVoidTy() && call.arg_size() == 0) return;
    return give_up(call, "inline assembly");
  } else {
    given.push_back(value(walk, *call.getCalledOperand()));
  }
  if (std::find(facts_.unseen_calls.begin(), facts_.unseen_calls.end(), name) != facts_.unseen_calls.end() &&
      call.getType()->isVoidTy()) {
    return;
  }
  if (const auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&call)) {
    if (execute_intrinsic(walk, *intrinsic)) return;
  }
  for (unsigned i = 0; i < call.arg_size(); ++i) {
    if (width(*call.getArgOperand(i)->getType()) == 0) return give_up(call, "an argument that is no number");
    given.push_back(looked_at(walk, call, i));
  }
  seen_call(walk, call, "call " + name, std::move(given));
  know_result(walk, call);
}

void SsaWalker::know_result(SsaWalk& walk, const llvm::CallBase& call) {
  const llvm::Function* function = call.getCalledFunction();
  const std::string name = callee_of(call);
  for (const SsaFacts::Result& fact : facts_.results) {
    const bool is_callee = function == nullptr ? fact.callee == name : has_name(*function, fact.callee);
    if (!is_callee || (!fact.caller.empty() && !has_name(function_, fact.caller))) continue;
    const Term result = value(walk, call);
    switch (fact.is) {
      case SsaFacts::Result::Is::kNotArgument:
        if (fact.argument >= call.arg_size()) continue;
        walk.path.conditions.push_back(result != value(walk, *call.getArgOperand(fact.argument)));
        break;
      case SsaFacts::Result::Is::kPageAddressOrOnes: {
        const Term is_page = less_equal(word(4096), result) & ((result & word(4095)) == word(0));
        walk.path.conditions.push_back((result == word(~uint64_t{0})) | is_page);
        break;
      }
      case SsaFacts::Result::Is::kTrue:
        walk.path.conditions.push_back(result.is_boolean() ? result : result != Term::bits(result.width(), 0));
        break;
      case SsaFacts::Result::Is::kZeroOrError:
        walk.path.conditions.push_back((result == Term::bits(result.width(), 0)) | is_error(result));
        break;
    }
    assume(fact.assumed);
  }
}

Term SsaWalker::returned(const Term& value) {
  if (value.is_boolean()) return value;
  for (const SsaFacts::Errors& fact : facts_.errors) {
    if (!has_name(function_, fact.function)) continue;
    assume(fact.assumed);
    return choose(is_error(value), Term::bits(value.width(), ~uint64_t{0}), value);
  }
  return value;
}

bool SsaWalker::execute_intrinsic(SsaWalk& walk, const llvm::IntrinsicInst& call) {
  if (llvm::isa<llvm::DbgInfoIntrinsic>(call) || call.isLifetimeStartOrEnd()) return true;
  const auto set = [&](Term term) {
    walk.values.insert_or_assign(&call, std::move(term));
    return true;
  };
  const unsigned wide = width(*call.getType());
  const auto operand = [&](unsigned i) { return value(walk, *call.getArgOperand(i)); };
  switch (call.getIntrinsicID()) {
    case llvm::Intrinsic::assume: return true;
    // One thread: its variable lies where it lies.
    case llvm::Intrinsic::threadlocal_address:
    case llvm::Intrinsic::expect: return set(operand(0));
    case llvm::Intrinsic::umin: return set(choose(less(operand(0), operand(1)), operand(0), operand(1)));
    case llvm::Intrinsic::umax: return set(choose(less(operand(0), operand(1)), operand(1), operand(0)));
    case llvm::Intrinsic::smin: return set(choose(signed_less(operand(0), operand(1)), operand(0), operand(1)));
    case llvm::Intrinsic::smax: return set(choose(signed_less(operand(0), operand(1)), operand(1), operand(0)));
    case llvm::Intrinsic::cttz: return wide > 1 && set(trailing_zeros(operand(0)));
    case llvm::Intrinsic::ctlz: return wide > 1 && set(leading_zeros(operand(0)));
    case llvm::Intrinsic::ctpop: return wide > 1 && set(count_ones(operand(0)));
    default: return false;
  }
}

}  // namespace nospan::solver
