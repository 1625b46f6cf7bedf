// SPDX-License-Identifier: BSD-2-Clause
// How ssa_paths() walks through a function, path by path: internal to it. ssa_paths.cc follows control, and
// ssa_instructions.cc says what instructions compute.
#ifndef NOSPAN_SOLVER_MUTATION_SSA_WALKER_H
#define NOSPAN_SOLVER_MUTATION_SSA_WALKER_H

#include <fmt/format.h>
#include <llvm/IR/DataLayout.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "solver/feasibility.h"
#include "solver/mutation/ssa_paths.h"

namespace nospan::solver {

// One path on its way.
struct SsaWalk {
  SsaPath path;
  std::map<const llvm::Value*, Term> values;
  std::map<const llvm::Value*, std::vector<Term>> structs;  // of numbers, member by member
  const llvm::BasicBlock* block = nullptr;
  llvm::BasicBlock::const_iterator next;
  std::size_t memory = 0;   // how often memory has become unknown
  std::size_t allocas = 0;  // locals so far
};

// Of one function. Not thread-safe.
class SsaWalker {
 public:
  SsaWalker(const Program& program, const llvm::Function& function, const SsaFacts& facts,
            const std::vector<LoopFact>& loop_facts, std::size_t most,
            const std::optional<LoopIndifference>& indifference = {})
      : program_(program),
        function_(function),
        facts_(facts),
        loop_facts_(loop_facts),
        indifference_(indifference),
        most_(most),
        layout_(program.module().getDataLayout()),
        feasibility_({}) {}

  // Collects those of the loop facts that are not shown to hold where a loop is entered or goes on.
  void test(std::vector<LoopFact>* broken) { broken_ = broken; }

  reports::Expected<SsaFunction> walk();

 private:
  bool is_named(const SsaFacts::Parameter& fact, const llvm::Argument& argument) const;
  tl::unexpected<reports::Error> unknown(std::string what, std::string place) const {
    return reports::failure(place.empty() ? function_.getName().str() : std::move(place), std::move(what));
  }
  void give_up(const llvm::Instruction& instruction, std::string what) {
    if (!error_) error_ = unknown(std::move(what), Program::place(instruction)).value();
  }

  // In bits; 0: no number that fits a word.
  unsigned width(const llvm::Type& type) const;
  Term unknown_of(const llvm::Type& type, const std::string& name) const;
  template <class Fact>
  void know(SsaWalk& walk, const Term& value, const Fact& fact) {
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

  std::optional<Term> holds(const LoopFact& fact, const std::vector<Term>& carried) const;
  // What an arbitrary iteration starts with, and what is known of that.
  std::vector<Term> arbitrary(SsaWalk& walk, std::size_t loop, const llvm::BasicBlock& head) const;
  void test(const SsaWalk& walk, std::size_t loop, const std::vector<Term>& carried);

  Term constant(const llvm::Constant& value) const;

  Term value(const SsaWalk& walk, const llvm::Value& value);
  // As bits: a truth value is a number of one bit.
  Term bits(const Term& term, unsigned wide) {
    return term.is_boolean() ? choose(term, Term::bits(wide, 1), Term::bits(wide, 0)) : zero_extend(term, wide);
  }

  static void see(SsaWalk& walk, std::string what, std::vector<Term> given) {
    walk.path.seen.push_back({std::move(what), std::move(given)});
  }
  void need(SsaWalk& walk, const Term& holds, const llvm::Instruction& instruction);

  void follow(SsaWalk walk);

  // ---- Control ----

  void leave(SsaWalk walk, const llvm::Instruction& instruction);
  void split(SsaWalk walk, const Term& condition, const llvm::BasicBlock& to);
  void enter(SsaWalk walk, const llvm::BasicBlock& to);

  // ---- Instructions ----

  void execute(SsaWalk& walk, const llvm::Instruction& instruction);
  // The members of a struct of numbers; none if it is something else.
  std::optional<std::vector<Term>> members_of(const SsaWalk& walk, const llvm::Value& value) const;
  std::optional<std::vector<Term>> unknown_members(const llvm::Type& type, const std::string& name) const;
  void execute_insertion(SsaWalk& walk, const llvm::InsertValueInst& insertion);
  Term arithmetic(SsaWalk& walk, const llvm::BinaryOperator& operation);
  Term compare(SsaWalk& walk, const llvm::ICmpInst& comparison);
  Term convert(SsaWalk& walk, const llvm::CastInst& cast);
  Term element(SsaWalk& walk, const llvm::GetElementPtrInst& address);
  void execute_load(SsaWalk& walk, const llvm::LoadInst& load);

  // The struct, by LLVM's name, and the offset that an address is computed from; "" if it is not.
  std::pair<std::string, uint64_t> member_at(const llvm::Value& address) const;

  // How facts name what is called.
  std::string callee_of(const llvm::CallBase& call) const;

  // What the callee looks at of an argument.
  Term looked_at(SsaWalk& walk, const llvm::CallBase& call, unsigned number);

  // What callers look at of what the function returns.
  Term returned(const Term& value);
  // What is known of what a call returned.
  void know_result(SsaWalk& walk, const llvm::CallBase& call);

  // Reads memory at most: it is the same afterwards.
  static bool only_reads(const llvm::CallBase& call);
  void seen_call(SsaWalk& walk, const llvm::Instruction& instruction, std::string what,
                 std::vector<Term> given);
  void execute_call(SsaWalk& walk, const llvm::CallBase& call);

  // False: like any other call.
  bool execute_intrinsic(SsaWalk& walk, const llvm::IntrinsicInst& call);

  const Program& program_;
  const llvm::Function& function_;
  const SsaFacts& facts_;
  const std::vector<LoopFact>& loop_facts_;
  const std::optional<LoopIndifference> indifference_;
  const std::size_t most_;
  const llvm::DataLayout& layout_;
  Feasibility feasibility_;
  std::vector<SsaWalk> waiting_;
  std::vector<SsaPath> paths_;
  std::optional<reports::Error> error_;
  std::set<std::string> assumed_;
  std::vector<LoopFact>* broken_ = nullptr;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_SSA_WALKER_H
