// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/ssa_paths.h"

#include <fmt/format.h>
#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/DataLayout.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/GetElementPtrTypeIterator.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Operator.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <map>
#include <optional>

#include "solver/feasibility.h"

namespace nospan::solver {
namespace {

using llvm::Instruction;
using reports::Expected;

// One path on its way.
struct Walk {
  SsaPath path;
  std::map<const llvm::Value*, Term> values;
  const llvm::BasicBlock* block = nullptr;
  llvm::BasicBlock::const_iterator next;
  std::size_t memory = 0;   // how often memory has become unknown
  std::size_t allocas = 0;  // locals so far
};

// The source's name of a parameter's type; "" if debug information does not say.
std::string type_of(const llvm::Argument& argument) {
  const llvm::DISubprogram* subprogram = argument.getParent()->getSubprogram();
  if (subprogram == nullptr || subprogram->getType() == nullptr) return "";
  const auto types = subprogram->getType()->getTypeArray();
  if (types.size() != argument.getParent()->arg_size() + 1) return "";  // the first is the result
  const llvm::DIType* type = types[argument.getArgNo() + 1];
  while (const auto* derived = llvm::dyn_cast_or_null<llvm::DIDerivedType>(type)) {
    if (derived->getTag() == llvm::dwarf::DW_TAG_pointer_type) return "";
    type = derived->getBaseType();
  }
  return type == nullptr ? "" : type->getName().str();
}

class Walker {
 public:
  Walker(const Program& program, const llvm::Function& function, const SsaFacts& facts,
         const std::vector<LoopFact>& loop_facts, std::size_t most)
      : program_(program),
        function_(function),
        facts_(facts),
        loop_facts_(loop_facts),
        most_(most),
        layout_(program.module().getDataLayout()),
        feasibility_({}) {}

  // Collects those of the loop facts that are not shown to hold where a loop is entered or goes on.
  void test(std::vector<LoopFact>* broken) { broken_ = broken; }

  Expected<SsaFunction> walk() {
    Walk first;
    for (const llvm::Argument& argument : function_.args()) {
      if (width(*argument.getType()) == 0) return unknown("a parameter that is no number", "");
      const Term value = unknown_of(*argument.getType(), fmt::format("parameter {}", argument.getArgNo()));
      const std::string type = type_of(argument);
      for (const SsaFacts::Parameter& fact : facts_.parameters) {
        const bool by_type = !fact.type.empty() && fact.type == type;
        if ((by_type || is_named(fact, argument)) && !fact.pointee) know(first, value, fact);
      }
      first.values.emplace(&argument, value);
    }
    first.block = &function_.getEntryBlock();
    first.next = first.block->begin();
    waiting_.push_back(std::move(first));
    while (!waiting_.empty()) {
      if (paths_.size() + waiting_.size() > most_) return unknown("too many paths", "");
      Walk walk = std::move(waiting_.back());
      waiting_.pop_back();
      follow(std::move(walk));
      if (error_) return tl::unexpected(*error_);
    }
    return SsaFunction{std::move(paths_), std::move(assumed_)};
  }

 private:
  bool is_named(const SsaFacts::Parameter& fact, const llvm::Argument& argument) const {
    if (fact.name.empty() || argument.getName() != fact.name.c_str()) return false;
    if (!fact.pointee && !argument.getType()->isIntegerTy()) return false;
    const std::string scoped = Program::scoped_name(function_);
    return function_.getName() == fact.function.c_str() || scoped == fact.function ||
           (fact.function.ends_with("::") && scoped.starts_with(fact.function));
  }
  tl::unexpected<reports::Error> unknown(std::string what, std::string place) const {
    return reports::failure(place.empty() ? function_.getName().str() : std::move(place), std::move(what));
  }
  void give_up(const Instruction& instruction, std::string what) {
    if (!error_) error_ = unknown(std::move(what), Program::place(instruction)).value();
  }

  // In bits; 0: no number that fits a word.
  unsigned width(const llvm::Type& type) const {
    if (type.isPointerTy()) return 64;
    return type.isIntegerTy() && type.getIntegerBitWidth() <= 64 ? type.getIntegerBitWidth() : 0;
  }
  Term unknown_of(const llvm::Type& type, const std::string& name) const {
    const unsigned bits = width(type);
    return bits == 1 ? Term::free_boolean(name) : Term::free_bits(bits, name);
  }
  template <class Fact>
  void know(Walk& walk, const Term& value, const Fact& fact) {
    const unsigned bits = value.width();
    if (value.is_boolean() || (bits < 64 && fact.most >> bits != 0)) return;
    assume(fact.assumed);
    walk.path.conditions.push_back(less_equal(Term::bits(bits, fact.least), value));
    walk.path.conditions.push_back(less_equal(value, Term::bits(bits, fact.most)));
  }
  void assume(const std::string& name) {
    if (!name.empty()) assumed_.insert(name);
  }

  // ---- What loops carry ----

  std::optional<Term> holds(const LoopFact& fact, const std::vector<Term>& carried) const {
    const Term& value = carried[fact.carried];
    if (value.is_boolean()) return std::nullopt;
    if (!fact.bound) return signed_less_equal(Term::bits(value.width(), fact.least), value);
    const Term& bound = carried[*fact.bound];
    if (bound.is_boolean() || bound.width() != value.width()) return std::nullopt;
    return signed_less_equal(value - Term::bits(value.width(), 1), bound);
  }
  void test(const Walk& walk, std::size_t loop, const std::vector<Term>& carried) {
    if (broken_ == nullptr) return;
    for (const LoopFact& fact : loop_facts_) {
      if (fact.loop != loop || std::find(broken_->begin(), broken_->end(), fact) != broken_->end()) continue;
      const auto wanted = holds(fact, carried);
      if (!wanted || (!wanted->is_true() && feasibility_.possible(walk.path.conditions, !*wanted)))
        broken_->push_back(fact);
    }
  }

  Term constant(const llvm::Constant& value) const {
    if (const auto* number = llvm::dyn_cast<llvm::ConstantInt>(&value)) {
      if (number->getBitWidth() == 1) return Term::boolean(number->isOne());
      return Term::bits(number->getBitWidth(), number->getZExtValue());
    }
    if (llvm::isa<llvm::ConstantPointerNull>(value)) return word(0);
    // An address: the same in both programs if it reads the same.
    std::string text;
    llvm::raw_string_ostream stream(text);
    value.printAsOperand(stream, true, &program_.module());
    return unknown_of(*value.getType(), "constant " + text);
  }

  Term value(const Walk& walk, const llvm::Value& value) {
    if (const auto* known = llvm::dyn_cast<llvm::Constant>(&value)) return constant(*known);
    const auto found = walk.values.find(&value);
    if (found != walk.values.end()) return found->second;
    if (!error_) error_ = unknown("a value that is not understood", "").value();
    return word(0);
  }
  // As bits: a truth value is a number of one bit.
  Term bits(const Term& term, unsigned wide) {
    return term.is_boolean() ? choose(term, Term::bits(wide, 1), Term::bits(wide, 0)) : zero_extend(term, wide);
  }

  static void see(Walk& walk, std::string what, std::vector<Term> given) {
    walk.path.seen.push_back({std::move(what), std::move(given)});
  }
  void need(Walk& walk, const Term& holds, const Instruction& instruction) {
    if (holds.is_true()) return;
    if (holds.is_false() || !feasibility_.possible(walk.path.conditions, holds)) {
      walk.path.stopped = true;
      return;
    }
    walk.path.needed.push_back({holds, walk.path.conditions.size(), Program::place(instruction)});
    walk.path.conditions.push_back(holds);
  }

  void follow(Walk walk) {
    while (!error_) {
      const Instruction& instruction = *walk.next++;
      if (instruction.isTerminator()) {
        leave(std::move(walk), instruction);
        return;
      }
      if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
        if (call->doesNotReturn()) {
          walk.path.stopped = true;
          paths_.push_back(std::move(walk.path));
          return;
        }
      }
      execute(walk, instruction);
      // Undefined behaviour, whatever the inputs.
      if (walk.path.stopped) {
        paths_.push_back(std::move(walk.path));
        return;
      }
    }
  }

  // ---- Control ----

  void leave(Walk walk, const Instruction& instruction) {
    if (const auto* branch = llvm::dyn_cast<llvm::BranchInst>(&instruction)) {
      if (!branch->isConditional()) {
        enter(std::move(walk), *branch->getSuccessor(0));
        return;
      }
      const Term condition = value(walk, *branch->getCondition());
      split(walk, !condition, *branch->getSuccessor(1));
      split(walk, condition, *branch->getSuccessor(0));
    } else if (const auto* choice = llvm::dyn_cast<llvm::SwitchInst>(&instruction)) {
      const Term of = value(walk, *choice->getCondition());
      Term other = Term::boolean(true);
      for (const auto& one : choice->cases()) {
        const Term equal = of == constant(*one.getCaseValue());
        other = other & !equal;
        split(walk, equal, *one.getCaseSuccessor());
      }
      split(walk, other, *choice->getDefaultDest());
    } else if (const auto* end = llvm::dyn_cast<llvm::ReturnInst>(&instruction)) {
      std::vector<Term> given;
      if (const llvm::Value* result = end->getReturnValue()) {
        if (width(*result->getType()) == 0) {
          give_up(instruction, "a struct is returned");
          return;
        }
        given.push_back(value(walk, *result));
      }
      see(walk, "return", std::move(given));
      paths_.push_back(std::move(walk.path));
    } else if (llvm::isa<llvm::UnreachableInst>(instruction)) {
      walk.path.stopped = true;
      paths_.push_back(std::move(walk.path));
    } else {
      give_up(instruction, "control that is not understood");
    }
  }

  void split(Walk walk, const Term& condition, const llvm::BasicBlock& to) {
    if (condition.is_false()) return;
    if (!condition.is_true()) {
      if (!feasibility_.possible(walk.path.conditions, condition)) return;
      walk.path.conditions.push_back(condition);
    }
    enter(std::move(walk), to);
  }

  void enter(Walk walk, const llvm::BasicBlock& to) {
    std::vector<Term> incoming;
    for (const llvm::PHINode& phi : to.phis()) {
      if (width(*phi.getType()) == 0) {
        give_up(phi, "a value that is no number");
        return;
      }
      incoming.push_back(value(walk, *phi.getIncomingValueForBlock(walk.block)));
    }
    const auto& headers = program_.loop_headers(function_);
    const auto header = std::find(headers.begin(), headers.end(), &to);
    if (header != headers.end()) {
      const auto number = header - headers.begin();
      test(walk, static_cast<std::size_t>(number), incoming);
      if (program_.in_loop(to, *walk.block)) {
        see(walk, fmt::format("loop {} again", number), std::move(incoming));
        paths_.push_back(std::move(walk.path));
        return;
      }
      see(walk, fmt::format("loop {}", number), incoming);
      ++walk.memory;
      std::size_t at = 0;
      for (const llvm::PHINode& phi : to.phis()) {
        incoming[at] = unknown_of(*phi.getType(), fmt::format("{} carried {}", walk.path.seen.size(), at));
        ++at;
      }
      for (const LoopFact& fact : loop_facts_) {
        if (fact.loop != static_cast<std::size_t>(number)) continue;
        if (const auto known = holds(fact, incoming)) walk.path.conditions.push_back(*known);
      }
    }
    std::size_t at = 0;
    for (const llvm::PHINode& phi : to.phis()) walk.values.insert_or_assign(&phi, incoming[at++]);
    walk.block = &to;
    walk.next = to.getFirstNonPHIIt();
    waiting_.push_back(std::move(walk));
  }

  // ---- Instructions ----

  void execute(Walk& walk, const Instruction& instruction) {
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
        see(walk, fmt::format("store {}", wide),
            {value(walk, *store->getPointerOperand()), value(walk, stored)});
        ++walk.memory;
        return;
      }
    } else if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
      return execute_call(walk, *call);
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

  Term arithmetic(Walk& walk, const llvm::BinaryOperator& operation) {
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

  Term compare(Walk& walk, const llvm::ICmpInst& comparison) {
    Term a = value(walk, *comparison.getOperand(0));
    Term b = value(walk, *comparison.getOperand(1));
    if (a.is_boolean() && !comparison.isEquality()) {
      a = bits(a, 1 + 7);
      b = bits(b, 1 + 7);
      if (comparison.isSigned()) give_up(comparison, "a signed comparison of truth values");
    }
    switch (comparison.getPredicate()) {
      case llvm::CmpInst::ICMP_EQ: return a == b;
      case llvm::CmpInst::ICMP_NE: return a != b;
      case llvm::CmpInst::ICMP_ULT: return less(a, b);
      case llvm::CmpInst::ICMP_ULE: return less_equal(a, b);
      case llvm::CmpInst::ICMP_UGT: return less(b, a);
      case llvm::CmpInst::ICMP_UGE: return less_equal(b, a);
      case llvm::CmpInst::ICMP_SLT: return signed_less(a, b);
      case llvm::CmpInst::ICMP_SLE: return signed_less_equal(a, b);
      case llvm::CmpInst::ICMP_SGT: return signed_less(b, a);
      default: return signed_less_equal(b, a);
    }
  }

  Term convert(Walk& walk, const llvm::CastInst& cast) {
    const Term from = value(walk, *cast.getOperand(0));
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

  Term element(Walk& walk, const llvm::GetElementPtrInst& address) {
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

  void execute_load(Walk& walk, const llvm::LoadInst& load) {
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

  // The struct, by LLVM's name, and the offset that an address is computed from; "" if it is not.
  std::pair<std::string, uint64_t> member_at(const llvm::Value& address) const {
    const auto* member = llvm::dyn_cast<llvm::GEPOperator>(&address);
    if (member == nullptr) return {};
    const auto* type = llvm::dyn_cast<llvm::StructType>(member->getSourceElementType());
    llvm::APInt offset(64, 0);
    if (type == nullptr || !type->hasName() || !member->accumulateConstantOffset(layout_, offset)) return {};
    return {type->getName().str(), offset.getZExtValue()};
  }

  // How facts name what is called.
  std::string callee_of(const llvm::CallBase& call) const {
    if (const llvm::Function* function = call.getCalledFunction()) return function->getName().str();
    const auto* load = llvm::dyn_cast<llvm::LoadInst>(call.getCalledOperand());
    if (load == nullptr) return "";
    const auto [type, offset] = member_at(*load->getPointerOperand());
    return type.empty() ? "" : fmt::format("{}+{}", type, offset);
  }

  // What the callee looks at of an argument.
  Term looked_at(Walk& walk, const llvm::CallBase& call, unsigned number) {
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

  // Reads memory at most: it is the same afterwards.
  static bool only_reads(const llvm::CallBase& call) {
    const llvm::Function* function = call.getCalledFunction();
    if (function == nullptr || function->isDeclaration()) return false;
    for (const llvm::Instruction& instruction : llvm::instructions(*function)) {
      if (llvm::isa<llvm::DbgInfoIntrinsic>(instruction)) continue;
      if (instruction.mayWriteToMemory() || llvm::isa<llvm::CallBase, llvm::UnreachableInst>(instruction))
        return false;
    }
    return true;
  }

  void seen_call(Walk& walk, const Instruction& instruction, std::string what, std::vector<Term> given) {
    see(walk, std::move(what), std::move(given));
    const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    if (call == nullptr || !only_reads(*call)) ++walk.memory;
    const llvm::Type& type = *instruction.getType();
    if (type.isVoidTy()) return;
    // Of a struct, nothing is known: what looks into it is not understood.
    if (width(type) == 0) return;
    walk.values.insert_or_assign(&instruction,
                                 unknown_of(type, fmt::format("{} result", walk.path.seen.size())));
  }

  void execute_call(Walk& walk, const llvm::CallBase& call) {
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
    for (const SsaFacts::Result& fact : facts_.results) {
      if (fact.callee != name || fact.not_argument >= call.arg_size()) continue;
      assume(fact.assumed);
      walk.path.conditions.push_back(value(walk, call) != value(walk, *call.getArgOperand(fact.not_argument)));
    }
  }

  // False: like any other call.
  bool execute_intrinsic(Walk& walk, const llvm::IntrinsicInst& call) {
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
      case llvm::Intrinsic::threadlocal_address: return set(operand(0));
      case llvm::Intrinsic::expect: return set(operand(0));
      case llvm::Intrinsic::umin: return set(choose(less(operand(0), operand(1)), operand(0), operand(1)));
      case llvm::Intrinsic::umax: return set(choose(less(operand(0), operand(1)), operand(1), operand(0)));
      case llvm::Intrinsic::smin:
        return set(choose(signed_less(operand(0), operand(1)), operand(0), operand(1)));
      case llvm::Intrinsic::smax:
        return set(choose(signed_less(operand(0), operand(1)), operand(1), operand(0)));
      case llvm::Intrinsic::cttz: return wide > 1 && set(trailing_zeros(operand(0)));
      case llvm::Intrinsic::ctlz: return wide > 1 && set(leading_zeros(operand(0)));
      case llvm::Intrinsic::ctpop: return wide > 1 && set(count_ones(operand(0)));
      default: return false;
    }
  }

  const Program& program_;
  const llvm::Function& function_;
  const SsaFacts& facts_;
  const std::vector<LoopFact>& loop_facts_;
  const std::size_t most_;
  const llvm::DataLayout& layout_;
  Feasibility feasibility_;
  std::vector<Walk> waiting_;
  std::vector<SsaPath> paths_;
  std::optional<reports::Error> error_;
  std::set<std::string> assumed_;
  std::vector<LoopFact>* broken_ = nullptr;
};

// What might be known of a loop that carries these.
std::vector<LoopFact> guesses(std::size_t loop, const llvm::BasicBlock& head) {
  std::vector<const llvm::PHINode*> carried;
  for (const llvm::PHINode& phi : head.phis()) carried.push_back(&phi);
  std::vector<LoopFact> facts;
  for (std::size_t i = 0; i < carried.size(); ++i) {
    const llvm::Type* type = carried[i]->getType();
    if (!type->isIntegerTy() || type->isIntegerTy(1)) continue;
    facts.push_back({loop, i, 0, std::nullopt});
    facts.push_back({loop, i, 1, std::nullopt});
    for (std::size_t k = 0; k < carried.size(); ++k) {
      if (k != i && carried[k]->getType() == type) facts.push_back({loop, i, 0, k});
    }
  }
  return facts;
}

}  // namespace

SsaFacts SsaFacts::without(const std::string& assumed) const {
  SsaFacts rest = *this;
  const auto is_it = [&](const auto& fact) { return fact.assumed == assumed; };
  std::erase_if(rest.members, is_it);
  std::erase_if(rest.parameters, is_it);
  std::erase_if(rest.arguments, is_it);
  std::erase_if(rest.results, is_it);
  return rest;
}

Expected<SsaFunction> ssa_paths(const Program& program, const std::string& name, const SsaFacts& facts,
                                const std::vector<LoopFact>& loop_facts, std::size_t most) {
  auto function = program.function(name);
  if (!function) return tl::unexpected(function.error());
  if ((*function)->isDeclaration()) return reports::failure(name, "has no body");
  return Walker(program, **function, facts, loop_facts, most).walk();
}

std::vector<LoopFact> loop_facts(const Program& program, const std::string& name, const SsaFacts& facts,
                                 std::size_t most) {
  const auto function = program.function(name);
  if (!function || (*function)->isDeclaration()) return {};
  std::vector<LoopFact> known;
  const auto& headers = program.loop_headers(**function);
  for (std::size_t loop = 0; loop < headers.size(); ++loop) {
    for (const LoopFact& guess : guesses(loop, *headers[loop])) known.push_back(guess);
  }
  // Facts that one another rests on fall together, until what is left holds by itself.
  while (!known.empty()) {
    std::vector<LoopFact> broken;
    Walker walker(program, **function, facts, known, most);
    walker.test(&broken);
    if (!walker.walk()) return {};
    if (broken.empty()) return known;
    std::erase_if(known, [&](const LoopFact& fact) {
      return std::find(broken.begin(), broken.end(), fact) != broken.end();
    });
  }
  return {};
}

}  // namespace nospan::solver
