// SPDX-License-Identifier: BSD-2-Clause
// The inside of the executor: shared by executor.cc (paths), calls.cc, joining.cc,
// instructions.cc, memory_instructions.cc and intrinsics.cc only.
#ifndef NOSPAN_SOLVER_ENGINE_H
#define NOSPAN_SOLVER_ENGINE_H

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/IR/DataLayout.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Operator.h>

#include <deque>
#include <unordered_map>

#include "solver/executor.h"

namespace nospan::solver {

// Why a path cannot be followed further.
using Stop = tl::unexpected<reports::Error>;
template <class T>
using Maybe = reports::Expected<T>;

// The values of a function, numbered, and the headers of its loops: what is looked up at every step.
struct Numbering {
  llvm::DenseMap<const llvm::Value*, unsigned> index;
  unsigned count = 0;
  llvm::DenseMap<const llvm::BasicBlock*, const LoopContract*> headers;  // null: no contract
};

// One activation of a function.
struct State::Frame {
  const llvm::Function* function = nullptr;
  const Numbering* numbering = nullptr;  // of `function`
  const llvm::BasicBlock* block = nullptr;
  llvm::BasicBlock::const_iterator next;
  std::vector<Value> registers;                            // by Engine::Numbering
  std::vector<ObjectId> locals;                            // die with the frame
  const llvm::CallBase* call = nullptr;                    // in the caller, waits for the result
  std::map<const llvm::BasicBlock*, unsigned> iterations;  // of loops without contract
  // Loops whose arbitrary iteration this is, with what they were entered with.
  struct OpenLoop {
    std::vector<Value> entry;
    // Memory and ghosts before the contract let go of what the loop changes, and after.
    Memory before;
    Memory at_head;
    std::map<std::string, Term, std::less<>> ghosts_before;
    std::map<std::string, Term, std::less<>> ghosts_at_head;
  };
  std::map<const llvm::BasicBlock*, OpenLoop> open_loops;
  std::map<const llvm::BasicBlock*, Term> measures;  // when that iteration began, where the contract has one
};

// Where an access goes whose pointer has an offset that is not one number, in memory that needs one.
struct Places {
  Term offset;
  std::vector<uint64_t> choices;  // all that it can be; empty: memory takes the offset as it is
};

// May the pointer be null, although it points into an object?
inline bool has_null(const Value& value) { return value.null_if.sort() != Term::Sort::kNone; }

// `yes` if the condition holds, else `no`; none where no one value says that: pointers into different objects,
// a value that is undefined.
std::optional<Value> chosen(const Term& condition, const Value& yes, const Value& no);

struct Executor::Engine {
  Engine(const Program& the_program, Limits the_limits);

  const Program& program;
  const Limits limits;
  const llvm::DataLayout& layout;
  std::map<std::string, Contract, std::less<>> contracts;
  std::vector<LoopContract> loop_contracts;
  llvm::DenseMap<const llvm::Function*, const Contract*> resolved;
  std::unordered_map<const llvm::Function*, std::unique_ptr<Numbering>> numberings;
  llvm::DenseSet<const llvm::Function*> executed;

  // Of the current run.
  std::vector<Term> domain;
  std::unique_ptr<Feasibility> feasibility;  // made for the first question: constants ask none
  std::deque<State> waiting;                 // the last one is taken next: depth first
  std::vector<Path> paths;
  std::size_t steps = 0;
  unsigned fresh = 0;  // numbers for names of free constants
  // While code is executed for several paths at once (joining.cc): which of them reach it. What would split or
  // end the state then only sets `refused`.
  std::optional<Term> guard;
  bool refused = false;

  // ---- Paths (executor.cc) ----
  void explore();
  void follow(State state);
  void end(State& state, Path::End how, std::string reason = {}, std::optional<Value> result = {});
  void stop(State& state, const reports::Error& error);
  bool possible(const State& state, const Term& condition);
  const Numbering& numbering(const llvm::Function& function);
  const Contract* contract_for(const llvm::Function& function);
  const LoopContract* contract_for(const llvm::BasicBlock& header) const;
  Feasibility& solver();
  // State::require() with the place of the instruction, which is looked up only where something is recorded.
  void require(State& state, Obligation::Kind kind, const Term& holds, std::string_view what,
               const llvm::Instruction& instruction);

  // ---- One step (executor.cc, instructions.cc, intrinsics.cc) ----
  // The path goes on in `state`, or not at all (false): it has ended, or goes on in `waiting`.
  bool step(State& state);
  bool execute(State& state, const llvm::Instruction& instruction);
  bool branch(State& state, const Term& condition, const llvm::BasicBlock& yes, const llvm::BasicBlock& no);
  bool switch_to(State& state, const llvm::SwitchInst& instruction);
  bool enter_block(State& state, const llvm::BasicBlock& block);
  // What the phi nodes of `block` get if it is reached from `from`.
  Maybe<std::vector<Value>> incoming(State& state, const llvm::BasicBlock& block, const llvm::BasicBlock& from);
  bool arrive(State& state, const llvm::BasicBlock& block, bool again, std::vector<Value> incoming);
  bool enter_loop(State& state, const llvm::BasicBlock& header, const LoopContract& contract, bool again,
                  std::vector<Value> incoming);
  bool begin_iteration(State& state, const llvm::BasicBlock& header, const LoopContract& contract,
                       State::Frame::OpenLoop loop, std::vector<LoopView::Carried> carried);
  // That an iteration changed only what the loop's contract let go of.
  void require_rest_unchanged(State& state, const State::Frame::OpenLoop& loop, const std::string& place);
  bool give_back(State& state, std::optional<Value> result);
  bool call(State& state, const llvm::CallBase& instruction);
  bool call_contract(State& state, const llvm::CallBase& instruction, const Contract& contract,
                     std::string name);
  bool enter_function(State& state, const llvm::Function& function, std::vector<Value> arguments,
                      const llvm::CallBase* call);
  bool intrinsic(State& state, const llvm::IntrinsicInst& instruction);
  bool end_of_scope(State& state, const llvm::IntrinsicInst& instruction);

  // ---- Several paths as one (joining.cc) ----
  using Targets = std::vector<std::pair<const llvm::BasicBlock*, Term>>;
  // Follows all targets at once for as long as code only computes, then splits the state by where that leads
  // to. None: there is no such code, and nothing was done.
  std::optional<bool> join(State& state, const Targets& targets);
  bool can_join(const Targets& targets, const Numbering& numbering) const;
  // Cases of a switch that lead to the same block are one target.
  Maybe<Targets> targets_of(State& state, const llvm::SwitchInst& instruction);

  // ---- Values (instructions.cc) ----
  Maybe<Value> operand(State& state, const llvm::Value& value);
  Maybe<Value> constant(State& state, const llvm::Constant& constant);
  // An operand whose value matters from here on: one that is undefined becomes any value, another one at each
  // use, as LLVM has it. Not an obligation: a bit field is set by reading what surrounds it.
  Maybe<Value> used(State& state, const llvm::Value& value);
  ObjectId object_of(State& state, const llvm::GlobalVariable& variable);
  Maybe<void> initialize(State& state, Object& object, uint64_t offset, const llvm::Constant& content);
  void define(State& state, const llvm::Instruction& instruction, Value value);
  // A number of the instruction's width, pointers as the address that they are.
  Maybe<Term> number(State& state, const llvm::Value& value);
  Maybe<Value> arithmetic(State& state, const llvm::BinaryOperator& instruction);
  Maybe<Term> comparison(State& state, const llvm::ICmpInst& instruction);
  Maybe<Value> element_address(State& state, const llvm::GEPOperator& operation);
  bool choose_value(State& state, const llvm::SelectInst& instruction);

  // Makes the pointer one that `bytes` can be accessed through, or records that it is not. False: the path
  // ended.
  bool check_access(State& state, const Value& pointer, uint64_t bytes, const llvm::Instruction& instruction);
  // Finds the values of an offset that is not one number, where memory needs one; splits the state by them
  // unless paths are joined. False: the path has ended, or goes on in `waiting`, at the same instruction.
  bool settle_offset(State& state, const llvm::Instruction& instruction, const Value& pointer, Places& places);
  void split_by_offset(State& state, const llvm::Instruction& instruction, const Value& pointer,
                       const std::vector<uint64_t>& values);
  void apply_settled(State& state, const llvm::Instruction& instruction, Value& pointer);
  // Splits the state by whether the pointer that an address is computed from is null: null and something is a
  // number. False: the path goes on in `waiting`, at the same instruction.
  bool settle_null(State& state, const llvm::GetElementPtrInst& instruction);
  bool load(State& state, const llvm::LoadInst& instruction);
  bool store(State& state, const llvm::StoreInst& instruction);
  bool store_at(State& state, const llvm::Instruction& instruction, const Value& pointer, const Places& places,
                unsigned bytes, const Value& value);
  std::optional<Value> read_number(State& state, const llvm::Instruction& instruction, const Value& pointer,
                                   const Places& places, unsigned bytes);
  bool update_atomically(State& state, const llvm::AtomicRMWInst& instruction);
  bool compare_and_exchange(State& state, const llvm::AtomicCmpXchgInst& instruction);
  bool copy(State& state, const llvm::MemTransferInst& instruction);
  bool fill(State& state, const llvm::MemSetInst& instruction);

  unsigned width_of(const llvm::Type& type) const;
  unsigned bytes_of(const llvm::Type& type) const;
  Value free_value(const llvm::Type& type, std::string_view name);

  static State::Frame& top(State& state) { return state.frames_.back(); }
  std::vector<State::Frame>& frames(State& state) { return state.frames_; }
};

Stop unsupported(const llvm::Instruction& instruction, std::string what);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_ENGINE_H
