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

#include "solver/mutation/ssa_walker.h"

namespace nospan::solver {
namespace {

using llvm::Instruction;
using reports::Expected;

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

Expected<SsaFunction> SsaWalker::walk() {
  SsaWalk first;
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
    SsaWalk walk = std::move(waiting_.back());
    waiting_.pop_back();
    follow(std::move(walk));
    if (error_) return tl::unexpected(*error_);
  }
  return SsaFunction{std::move(paths_), std::move(assumed_)};
}

bool SsaWalker::is_named(const SsaFacts::Parameter& fact, const llvm::Argument& argument) const {
  if (fact.name.empty() || argument.getName() != fact.name.c_str()) return false;
  if (!fact.pointee && !argument.getType()->isIntegerTy()) return false;
  const std::string scoped = Program::scoped_name(function_);
  return function_.getName() == fact.function.c_str() || scoped == fact.function ||
         (fact.function.ends_with("::") && scoped.starts_with(fact.function));
}

unsigned SsaWalker::width(const llvm::Type& type) const {
  if (type.isPointerTy()) return 64;
  return type.isIntegerTy() && type.getIntegerBitWidth() <= 64 ? type.getIntegerBitWidth() : 0;
}

Term SsaWalker::unknown_of(const llvm::Type& type, const std::string& name) const {
  const unsigned bits = width(type);
  return bits == 1 ? Term::free_boolean(name) : Term::free_bits(bits, name);
}

std::optional<std::vector<Term>> SsaWalker::unknown_members(const llvm::Type& type,
                                                            const std::string& name) const {
  const auto* of = llvm::dyn_cast<llvm::StructType>(&type);
  if (of == nullptr) return std::nullopt;
  std::vector<Term> members;
  for (const llvm::Type* member : of->elements()) {
    if (width(*member) == 0) return std::nullopt;
    members.push_back(unknown_of(*member, fmt::format("{}, member {}", name, members.size())));
  }
  return members;
}

std::optional<std::vector<Term>> SsaWalker::members_of(const SsaWalk& walk, const llvm::Value& value) const {
  if (llvm::isa<llvm::UndefValue>(value)) return unknown_members(*value.getType(), "undefined");
  const auto found = walk.structs.find(&value);
  if (found == walk.structs.end()) return std::nullopt;
  return found->second;
}

std::optional<Term> SsaWalker::holds(const LoopFact& fact, const std::vector<Term>& carried) const {
  const Term& value = carried[fact.carried];
  if (value.is_boolean()) return std::nullopt;
  if (!fact.bound) return signed_less_equal(Term::bits(value.width(), fact.least), value);
  const Term& bound = carried[*fact.bound];
  if (bound.is_boolean() || bound.width() != value.width()) return std::nullopt;
  return signed_less_equal(value - Term::bits(value.width(), 1), bound);
}

std::vector<Term> SsaWalker::arbitrary(SsaWalk& walk, std::size_t loop, const llvm::BasicBlock& head) const {
  std::vector<Term> carried;
  for (const llvm::PHINode& phi : head.phis()) {
    carried.push_back(
        unknown_of(*phi.getType(), fmt::format("{} carried {}", walk.path.seen.size(), carried.size())));
  }
  const bool differs = indifference_ && indifference_->loop == loop;
  if (differs) {
    Term& number = carried[indifference_->carried];
    const std::string own =
        fmt::format("{} carried {}, another", walk.path.seen.size(), indifference_->carried);
    number =
        choose(carried[indifference_->unless] == carried[indifference_->equals],
               number.is_boolean() ? Term::free_boolean(own) : Term::free_bits(number.width(), own), number);
  }
  for (const LoopFact& fact : loop_facts_) {
    if (fact.loop != loop) continue;
    if (differs && (fact.carried == indifference_->carried || fact.bound == indifference_->carried)) continue;
    if (const auto known = holds(fact, carried)) walk.path.conditions.push_back(*known);
  }
  return carried;
}

void SsaWalker::test(const SsaWalk& walk, std::size_t loop, const std::vector<Term>& carried) {
  if (broken_ == nullptr) return;
  for (const LoopFact& fact : loop_facts_) {
    if (fact.loop != loop || std::find(broken_->begin(), broken_->end(), fact) != broken_->end()) continue;
    const auto wanted = holds(fact, carried);
    if (!wanted || (!wanted->is_true() && feasibility_.possible(walk.path.conditions, !*wanted)))
      broken_->push_back(fact);
  }
}

Term SsaWalker::constant(const llvm::Constant& value) const {
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

Term SsaWalker::value(const SsaWalk& walk, const llvm::Value& value) {
  if (const auto* known = llvm::dyn_cast<llvm::Constant>(&value)) return constant(*known);
  const auto found = walk.values.find(&value);
  if (found != walk.values.end()) return found->second;
  if (!error_) error_ = unknown("a value that is not understood", "").value();
  return word(0);
}

void SsaWalker::need(SsaWalk& walk, const Term& holds, const Instruction& instruction) {
  if (holds.is_true()) return;
  if (holds.is_false() || !feasibility_.possible(walk.path.conditions, holds)) {
    walk.path.stopped = true;
    return;
  }
  walk.path.needed.push_back({holds, walk.path.conditions.size(), Program::place(instruction)});
  walk.path.conditions.push_back(holds);
}

void SsaWalker::follow(SsaWalk walk) {
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

void SsaWalker::leave(SsaWalk walk, const Instruction& instruction) {
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
      if (auto members = members_of(walk, *result)) {
        given = std::move(*members);
      } else if (width(*result->getType()) != 0) {
        given.push_back(returned(value(walk, *result)));
      } else {
        give_up(instruction, "something is returned that is not understood");
        return;
      }
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

void SsaWalker::split(SsaWalk walk, const Term& condition, const llvm::BasicBlock& to) {
  if (condition.is_false()) return;
  if (!condition.is_true()) {
    if (!feasibility_.possible(walk.path.conditions, condition)) return;
    walk.path.conditions.push_back(condition);
  }
  enter(std::move(walk), to);
}

void SsaWalker::enter(SsaWalk walk, const llvm::BasicBlock& to) {
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
    const auto number = static_cast<std::size_t>(header - headers.begin());
    test(walk, number, incoming);
    if (program_.in_loop(to, *walk.block)) {
      walk.path.seen.push_back({fmt::format("loop {} again", number), std::move(incoming), number});
      paths_.push_back(std::move(walk.path));
      return;
    }
    walk.path.seen.push_back({fmt::format("loop {}", number), std::move(incoming), number});
    ++walk.memory;
    incoming = arbitrary(walk, number, to);
  }
  std::size_t at = 0;
  for (const llvm::PHINode& phi : to.phis()) walk.values.insert_or_assign(&phi, incoming[at++]);
  walk.block = &to;
  walk.next = to.getFirstNonPHIIt();
  waiting_.push_back(std::move(walk));
}

SsaFacts SsaFacts::without(const std::string& assumed) const {
  SsaFacts rest = *this;
  const auto is_it = [&](const auto& fact) { return fact.assumed == assumed; };
  std::erase_if(rest.members, is_it);
  std::erase_if(rest.parameters, is_it);
  std::erase_if(rest.arguments, is_it);
  std::erase_if(rest.results, is_it);
  std::erase_if(rest.errors, is_it);
  return rest;
}

Expected<SsaFunction> ssa_paths(const Program& program, const std::string& name, const SsaFacts& facts,
                                const std::vector<LoopFact>& loop_facts, std::size_t most,
                                const std::optional<LoopIndifference>& indifference) {
  auto function = program.function(name);
  if (!function) return tl::unexpected(function.error());
  if ((*function)->isDeclaration()) return reports::failure(name, "has no body");
  return SsaWalker(program, **function, facts, loop_facts, most, indifference).walk();
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
    SsaWalker walker(program, **function, facts, known, most);
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
