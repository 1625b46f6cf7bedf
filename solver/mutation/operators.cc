// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/operators.h"

#include <fmt/format.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Operator.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace nospan::solver {
namespace {

using llvm::BinaryOperator;
using llvm::CmpInst;
using Opcode = llvm::Instruction::BinaryOps;

constexpr unsigned kSmallPageShift = 12;
constexpr unsigned kLargePageShift = 16;

std::string_view symbol(unsigned opcode) {
  switch (opcode) {
    case llvm::Instruction::Add: return "+";
    case llvm::Instruction::Sub: return "-";
    case llvm::Instruction::Mul: return "*";
    case llvm::Instruction::UDiv: return "/";
    case llvm::Instruction::SDiv: return "signed /";
    case llvm::Instruction::URem: return "%";
    case llvm::Instruction::SRem: return "signed %";
    case llvm::Instruction::And: return "&";
    case llvm::Instruction::Or: return "|";
    case llvm::Instruction::Xor: return "^";
    case llvm::Instruction::Shl: return "<<";
    case llvm::Instruction::LShr: return ">>";
    case llvm::Instruction::AShr: return "signed >>";
    default: return "?";
  }
}

std::string_view symbol(CmpInst::Predicate predicate) {
  switch (predicate) {
    case CmpInst::ICMP_EQ: return "==";
    case CmpInst::ICMP_NE: return "!=";
    case CmpInst::ICMP_ULT: return "<";
    case CmpInst::ICMP_ULE: return "<=";
    case CmpInst::ICMP_UGT: return ">";
    case CmpInst::ICMP_UGE: return ">=";
    case CmpInst::ICMP_SLT: return "signed <";
    case CmpInst::ICMP_SLE: return "signed <=";
    case CmpInst::ICMP_SGT: return "signed >";
    case CmpInst::ICMP_SGE: return "signed >=";
    default: return "?";
  }
}

bool is_shift(const llvm::Instruction& instruction) {
  return instruction.isShift() && instruction.getType()->isIntegerTy();
}

bool is_division(unsigned opcode) {
  return opcode == llvm::Instruction::UDiv || opcode == llvm::Instruction::SDiv ||
         opcode == llvm::Instruction::URem || opcode == llvm::Instruction::SRem;
}

// The variable, argument or member that a value is, by the source's name; "" if it has none.
std::string name_of(const llvm::Value& value) {
  const llvm::Value* plain = &value;
  if (const auto* load = llvm::dyn_cast<llvm::LoadInst>(plain)) plain = load->getPointerOperand();
  std::string name = plain->getName().str();
  // LLVM numbers names that it has several of, and appends what it did.
  while (!name.empty() && std::isdigit(static_cast<unsigned char>(name.back()))) name.pop_back();
  if (const std::size_t dot = name.find('.'); dot != std::string::npos) name.erase(dot);
  // Names that the compiler made up.
  for (const std::string_view made_up : {"add", "sub", "call", "conv", "arrayidx", "incdec", "tmp", "cmp",
                                         "shl", "shr", "and", "or", "idxprom"}) {
    if (name == made_up) return "";
  }
  return name;
}

std::string called(const llvm::CallBase& call) {
  const llvm::Function* function = call.getCalledFunction();
  if (function == nullptr) {
    const std::string member = name_of(*call.getCalledOperand());
    return member.empty() ? "a function pointer" : member;
  }
  const std::string scoped = Program::scoped_name(*function);
  return scoped.empty() ? function->getName().str() : scoped;
}

// What surrounds a constant, in words.
std::string context_of(const llvm::Instruction& instruction, unsigned operand) {
  if (llvm::isa<BinaryOperator>(instruction)) {
    const std::string other = name_of(*instruction.getOperand(1 - operand));
    return fmt::format("of `{}`{}", symbol(instruction.getOpcode()), other.empty() ? "" : " with " + other);
  }
  if (const auto* comparison = llvm::dyn_cast<llvm::ICmpInst>(&instruction)) {
    const std::string other = name_of(*instruction.getOperand(1 - operand));
    return fmt::format("of `{}`{}", symbol(comparison->getPredicate()), other.empty() ? "" : " with " + other);
  }
  if (llvm::isa<llvm::StoreInst>(instruction)) {
    const std::string where = name_of(*instruction.getOperand(1));
    return where.empty() ? "stored" : "stored in " + where;
  }
  if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
    return fmt::format("as argument {} of {}()", operand + 1, called(*call));
  }
  if (llvm::isa<llvm::ReturnInst>(instruction)) return "returned";
  if (llvm::isa<llvm::GetElementPtrInst>(instruction)) return "as index";
  const std::string variable = name_of(instruction);
  return variable.empty() ? "as value" : "as value of " + variable;
}

// The constants of an instruction that may be another one.
bool may_change(const llvm::Instruction& instruction, unsigned operand) {
  if (llvm::isa<BinaryOperator, llvm::ICmpInst, llvm::PHINode, llvm::ReturnInst>(instruction)) return true;
  if (llvm::isa<llvm::StoreInst>(instruction)) return operand == 0;
  if (llvm::isa<llvm::SelectInst>(instruction)) return operand != 0;
  // An index of an array; not a member of a struct.
  if (llvm::isa<llvm::GetElementPtrInst>(instruction)) {
    return operand == 1 && instruction.getNumOperands() == 2;
  }
  if (llvm::isa<llvm::IntrinsicInst>(instruction)) return false;
  if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) return operand < call->arg_size();
  return false;
}

class Finder {
 public:
  Finder(const llvm::Instruction& instruction, const MutationScope& scope)
      : instruction_(instruction), scope_(scope) {}

  std::vector<Mutation> find() {
    if (is_untouched_call() || is_untouched_variable()) return {};
    constants();
    predicates();
    opcodes();
    shift_counts();
    swapped_operands();
    negations();
    drops();
    return std::move(found_);
  }

 private:
  void add(Edit edit, unsigned operand, uint64_t choice, std::string words) {
    Mutation mutation;
    mutation.edit = edit;
    mutation.operand = operand;
    mutation.choice = choice;
    mutation.words = std::move(words);
    found_.push_back(std::move(mutation));
  }

  bool is_untouched_call() const {
    const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction_);
    if (call == nullptr) return false;
    if (call->isInlineAsm() || call->doesNotReturn()) return true;
    const llvm::Function* function = call->getCalledFunction();
    if (function == nullptr) return false;
    return std::any_of(
        scope_.untouched_calls.begin(), scope_.untouched_calls.end(),
        [&](const std::string& prefix) { return function->getName().starts_with(prefix.c_str()); });
  }

  // A store to a variable of the harness, by a macro in the place of the kernel's.
  bool is_untouched_variable() const {
    const auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction_);
    if (store == nullptr) return false;
    const llvm::Value* base = store->getPointerOperand()->stripInBoundsConstantOffsets();
    if (const auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(base)) {
      if (call->getIntrinsicID() == llvm::Intrinsic::threadlocal_address) base = call->getArgOperand(0);
    }
    return llvm::isa<llvm::GlobalVariable>(base) &&
           std::any_of(scope_.untouched_calls.begin(), scope_.untouched_calls.end(),
                       [&](const std::string& prefix) { return base->getName().starts_with(prefix.c_str()); });
  }

  // The number that clang gives to a way out of a scope: nobody wrote it.
  bool is_way_out() const {
    return llvm::isa<llvm::PHINode>(instruction_) && instruction_.getName().starts_with("cleanup.dest");
  }

  void constants() {
    if (is_way_out()) return;
    for (unsigned i = 0; i < instruction_.getNumOperands(); ++i) {
      const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(instruction_.getOperand(i));
      if (constant == nullptr || constant->getBitWidth() > 64 || !may_change(instruction_, i)) continue;
      const unsigned width = constant->getBitWidth();
      if (width == 1) {
        // A comparison of truth values is a negation, which is mutated as such.
        if (llvm::isa<llvm::ICmpInst>(instruction_)) continue;
        const bool now = constant->isOne();
        add(Edit::kConstant, i, now ? 0 : 1,
            fmt::format("{} becomes {} {}", now, !now, context_of(instruction_, i)));
        continue;
      }
      for (const int step : {1, -1}) {
        const llvm::APInt changed =
            constant->getValue() + llvm::APInt(width, static_cast<uint64_t>(step), true);
        if (i == 1 && is_shift(instruction_) && changed.uge(width)) continue;
        if (i == 1 && is_division(instruction_.getOpcode()) && changed.isZero()) continue;
        add(Edit::kConstant, i, changed.getZExtValue(),
            fmt::format("{} becomes {} {}", constant->getSExtValue(), changed.getSExtValue(),
                        context_of(instruction_, i)));
      }
    }
  }

  void predicates() {
    const auto* comparison = llvm::dyn_cast<llvm::ICmpInst>(&instruction_);
    if (comparison == nullptr) return;
    const CmpInst::Predicate now = comparison->getPredicate();
    const auto become = [&](CmpInst::Predicate other) {
      add(Edit::kPredicate, 0, other, fmt::format("`{}` becomes `{}`", symbol(now), symbol(other)));
    };
    if (comparison->isEquality()) {
      // A branch on it is negated instead.
      const bool only_branch =
          instruction_.hasOneUse() && llvm::isa<llvm::BranchInst, llvm::SelectInst>(*instruction_.user_begin());
      if (!only_branch) become(CmpInst::getInversePredicate(now));
      return;
    }
    become(CmpInst::isStrictPredicate(now) ? CmpInst::getNonStrictPredicate(now)
                                           : CmpInst::getStrictPredicate(now));
    become(CmpInst::isSigned(now) ? llvm::ICmpInst::getUnsignedPredicate(now)
                                  : llvm::ICmpInst::getSignedPredicate(now));
  }

  void opcodes() {
    const auto* operation = llvm::dyn_cast<BinaryOperator>(&instruction_);
    if (operation == nullptr || !operation->getType()->isIntegerTy()) return;
    const auto become = [&](Opcode other) {
      add(Edit::kOpcode, 0, other,
          fmt::format("`{}` becomes `{}`", symbol(operation->getOpcode()), symbol(other)));
    };
    using I = llvm::Instruction;
    static constexpr std::pair<Opcode, Opcode> kBecome[] = {
        {I::Add, I::Sub},   {I::Sub, I::Add},   {I::Mul, I::Add},   {I::UDiv, I::Mul},  {I::SDiv, I::UDiv},
        {I::URem, I::UDiv}, {I::SRem, I::URem}, {I::And, I::Or},    {I::Or, I::And},    {I::Xor, I::And},
        {I::Shl, I::LShr},  {I::LShr, I::Shl},  {I::LShr, I::AShr}, {I::AShr, I::LShr},
    };
    for (const auto& [now, other] : kBecome) {
      if (operation->getOpcode() == now) become(other);
    }
  }

  void shift_counts() {
    if (!is_shift(instruction_)) return;
    const unsigned width = instruction_.getType()->getIntegerBitWidth();
    const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(instruction_.getOperand(1));
    if (constant == nullptr) {
      if (scope_.system_page_shift >= width) return;
      add(Edit::kShiftCount, 1, scope_.system_page_shift,
          fmt::format("`{}` is by the system page shift, {}", symbol(instruction_.getOpcode()),
                      scope_.system_page_shift));
      return;
    }
    const uint64_t now = constant->getZExtValue();
    if (now != kSmallPageShift && now != kLargePageShift) return;
    const unsigned other = now == kSmallPageShift ? kLargePageShift : kSmallPageShift;
    if (other >= width) return;
    add(Edit::kShiftCount, 1, other,
        fmt::format("`{}` by {} becomes by {}", symbol(instruction_.getOpcode()), now, other));
  }

  void swapped_operands() {
    if (instruction_.getNumOperands() != 2 || instruction_.getOperand(0) == instruction_.getOperand(1)) return;
    if (const auto* comparison = llvm::dyn_cast<llvm::ICmpInst>(&instruction_)) {
      if (comparison->isEquality()) return;
      add(Edit::kSwapOperands, 0, 0,
          fmt::format("operands of `{}` swapped", symbol(comparison->getPredicate())));
    } else if (llvm::isa<BinaryOperator>(instruction_) && !instruction_.isCommutative()) {
      add(Edit::kSwapOperands, 0, 0, fmt::format("operands of `{}` swapped", symbol(instruction_.getOpcode())));
    }
  }

  void negations() {
    if (const auto* branch = llvm::dyn_cast<llvm::BranchInst>(&instruction_)) {
      if (branch->isConditional()) add(Edit::kNegateCondition, 0, 0, "condition negated");
    } else if (llvm::isa<llvm::SelectInst>(instruction_)) {
      add(Edit::kNegateCondition, 0, 0, "condition of a choice negated");
    }
  }

  void drops() {
    if (llvm::isa<llvm::StoreInst>(instruction_)) {
      const std::string where = name_of(*instruction_.getOperand(1));
      add(Edit::kDropStore, 0, 0, where.empty() ? "store dropped" : fmt::format("store in {} dropped", where));
    } else if (llvm::isa<llvm::AtomicRMWInst>(instruction_)) {
      add(Edit::kDropStore, 0, 0, "atomic update dropped: the old value is only read");
    } else if (const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction_)) {
      if (llvm::isa<llvm::IntrinsicInst>(call) && !llvm::isa<llvm::AnyMemIntrinsic>(call)) return;
      const llvm::Type& type = *call->getType();
      if (!type.isVoidTy() && !type.isIntegerTy() && !type.isPointerTy()) return;
      const bool used = !call->use_empty();
      add(Edit::kDropCall, 0, 0,
          fmt::format("call of {}() dropped{}", called(*call), used ? ", its result is 0" : ""));
    }
  }

  const llvm::Instruction& instruction_;
  const MutationScope& scope_;
  std::vector<Mutation> found_;
};

}  // namespace

std::vector<Mutation> edits_of(const llvm::Instruction& instruction, const MutationScope& scope) {
  return Finder(instruction, scope).find();
}

void make_edit(const Mutation& mutation, llvm::Instruction& instruction) {
  switch (mutation.edit) {
    case Edit::kConstant:
    case Edit::kShiftCount: {
      llvm::Type* type = instruction.getOperand(mutation.operand)->getType();
      instruction.setOperand(mutation.operand, llvm::ConstantInt::get(type, mutation.choice));
      break;
    }
    case Edit::kPredicate:
      llvm::cast<llvm::ICmpInst>(instruction).setPredicate(static_cast<CmpInst::Predicate>(mutation.choice));
      break;
    case Edit::kOpcode: {
      BinaryOperator* other =
          BinaryOperator::Create(static_cast<Opcode>(mutation.choice), instruction.getOperand(0),
                                 instruction.getOperand(1), "", instruction.getIterator());
      instruction.replaceAllUsesWith(other);
      instruction.eraseFromParent();
      break;
    }
    case Edit::kSwapOperands: {
      llvm::Value* first = instruction.getOperand(0);
      instruction.setOperand(0, instruction.getOperand(1));
      instruction.setOperand(1, first);
      // What was promised of one order says nothing of the other.
      instruction.dropPoisonGeneratingFlags();
      break;
    }
    case Edit::kNegateCondition:
      if (auto* branch = llvm::dyn_cast<llvm::BranchInst>(&instruction)) {
        branch->swapSuccessors();
      } else {
        llvm::cast<llvm::SelectInst>(instruction).swapValues();
      }
      break;
    case Edit::kDropStore:
      if (auto* update = llvm::dyn_cast<llvm::AtomicRMWInst>(&instruction)) {
        auto* load = new llvm::LoadInst(update->getType(), update->getPointerOperand(), "", false,
                                        update->getAlign(), instruction.getIterator());
        instruction.replaceAllUsesWith(load);
      }
      instruction.eraseFromParent();
      break;
    case Edit::kDropCall:
      if (!instruction.getType()->isVoidTy()) {
        instruction.replaceAllUsesWith(llvm::Constant::getNullValue(instruction.getType()));
      }
      instruction.eraseFromParent();
      break;
  }
}

}  // namespace nospan::solver
