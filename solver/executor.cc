// SPDX-License-Identifier: BSD-2-Clause
#include "solver/executor.h"

#include <fmt/format.h>

#include <algorithm>

#include "solver/engine.h"

namespace nospan::solver {

using reports::Expected;
using reports::failure;

std::string_view name(Obligation::Kind kind) {
  switch (kind) {
    case Obligation::Kind::kShift: return "shift";
    case Obligation::Kind::kDivision: return "division";
    case Obligation::Kind::kBounds: return "bounds";
    case Obligation::Kind::kNull: return "null";
    case Obligation::Kind::kUnreachable: return "unreachable";
    case Obligation::Kind::kBug: return "bug";
    case Obligation::Kind::kContract: return "contract";
    case Obligation::Kind::kInvariant: return "invariant";
    case Obligation::Kind::kUndefined: return "undefined";
  }
  return "";
}

// ---- State ----

State::State() = default;
State::State(const State&) = default;
State::State(State&&) noexcept = default;
State& State::operator=(const State&) = default;
State& State::operator=(State&&) noexcept = default;
State::~State() = default;

void State::assume(const Term& condition) {
  if (condition.is_true()) return;
  if (condition.is_false()) impossible_ = true;
  conditions.push_back(condition);
}

void State::learn(const Term& fact) {
  const std::size_t before = conditions.size();
  assume(fact);
  if (conditions.size() != before) learned_.push_back(before);
}

void State::require(Obligation::Kind kind, const Term& holds, std::string what, std::string place) {
  if (holds.is_true()) return;
  obligations.push_back({kind, holds, std::move(what), std::move(place), conditions.size()});
  assume(holds);
}

void State::happened(Event::Kind kind, std::vector<Term> arguments, std::string place, std::string name) {
  events.push_back({kind, std::move(arguments), std::move(name), std::move(place), conditions.size()});
}

Contract simple(std::function<Expected<Value>(State& state, const Call& call)> body) {
  return [body = std::move(body)](State state, const Call& call) -> Expected<std::vector<Outcome>> {
    auto value = body(state, call);
    if (!value) return tl::unexpected(value.error());
    std::vector<Outcome> outcomes;
    outcomes.push_back({std::move(state), std::move(*value)});
    return outcomes;
  };
}

Expected<LoopView::Carried*> LoopView::find(std::string_view name) {
  for (Carried& variable : carried) {
    if (variable.name == name) return &variable;
  }
  std::string known;
  for (const Carried& variable : carried) known += " " + variable.name;
  return failure("loop contract", fmt::format("the loop carries no variable {}, only{}", name, known),
                 "the tree has changed this loop: its contract in solver/ has to follow");
}

// ---- Paths ----

Stop unsupported(const llvm::Instruction& instruction, std::string what) {
  return failure(Program::place(instruction), std::move(what), "the executor in solver/ has to learn it");
}

Executor::Engine::Engine(const Program& the_program, Limits the_limits)
    : program(the_program), limits(the_limits), layout(the_program.module().getDataLayout()) {}

void Executor::Engine::explore() {
  while (!waiting.empty()) {
    State state = std::move(waiting.back());
    waiting.pop_back();
    follow(std::move(state));
  }
}

void Executor::Engine::follow(State state) {
  while (true) {
    if (state.impossible()) {
      // After an obligation that never holds: that is how the path ends. Otherwise there is no such path.
      if (!state.obligations.empty() && state.obligations.back().holds.is_false())
        end(state, Path::End::kStopped);
      return;
    }
    if (steps >= limits.steps || paths.size() >= limits.paths) {
      end(state, Path::End::kUnsupported, "more paths or instructions than this run was allowed");
      waiting.clear();
      return;
    }
    ++steps;
    if (!step(state)) return;
  }
}

void Executor::Engine::end(State& state, Path::End how, std::string reason, std::optional<Value> result) {
  Path path;
  path.end = how;
  path.reason = std::move(reason);
  path.result = std::move(result);
  path.conditions = std::move(state.conditions);
  path.events = std::move(state.events);
  path.obligations = std::move(state.obligations);
  path.memory = std::move(state.memory);
  path.ghosts = std::move(state.ghosts);
  paths.push_back(std::move(path));
}

void Executor::Engine::stop(State& state, const reports::Error& error) {
  if (guard) {
    refused = true;
    return;
  }
  end(state, Path::End::kUnsupported, error.line());
}

bool Executor::Engine::possible(const State& state, const Term& condition) {
  if (const auto value = condition.truth()) return *value;
  if (state.learned_.empty()) return solver().possible(state.conditions, condition);
  std::vector<Term> decisive;
  auto learned = state.learned_.begin();
  for (std::size_t i = 0; i < state.conditions.size(); ++i) {
    if (learned != state.learned_.end() && *learned == i) {
      ++learned;
    } else {
      decisive.push_back(state.conditions[i]);
    }
  }
  return solver().possible(decisive, condition);
}

Feasibility& Executor::Engine::solver() {
  if (!feasibility) feasibility = std::make_unique<Feasibility>(domain);
  return *feasibility;
}

void Executor::Engine::require(State& state, Obligation::Kind kind, const Term& holds, std::string_view what,
                               const llvm::Instruction& instruction) {
  if (holds.is_true()) return;
  if (guard && holds.is_false()) refused = true;
  state.require(kind, guard ? implies(*guard, holds) : holds, std::string(what), Program::place(instruction));
}

const Numbering& Executor::Engine::numbering(const llvm::Function& function) {
  std::unique_ptr<Numbering>& numbers = numberings[&function];
  if (!numbers) {
    numbers = std::make_unique<Numbering>();
    for (const llvm::Argument& argument : function.args()) numbers->index[&argument] = numbers->count++;
    for (const llvm::BasicBlock& block : function) {
      for (const llvm::Instruction& instruction : block) {
        if (!instruction.getType()->isVoidTy()) numbers->index[&instruction] = numbers->count++;
      }
    }
    for (const llvm::BasicBlock* header : program.loop_headers(function)) {
      numbers->headers[header] = contract_for(*header);
    }
  }
  return *numbers;
}

const Contract* Executor::Engine::contract_for(const llvm::Function& function) {
  const auto known = resolved.find(&function);
  if (known != resolved.end()) return known->second;
  auto found = contracts.find(function.getName().str());
  if (found == contracts.end()) found = contracts.find(Program::scoped_name(function));
  const Contract* contract = found == contracts.end() ? nullptr : &found->second;
  resolved[&function] = contract;
  return contract;
}

const LoopContract* Executor::Engine::contract_for(const llvm::BasicBlock& header) const {
  const llvm::Function& function = *header.getParent();
  for (const LoopContract& contract : loop_contracts) {
    if (contract.function != function.getName().str() && contract.function != Program::scoped_name(function))
      continue;
    const auto& headers = program.loop_headers(function);
    if (contract.loop < headers.size() && headers[contract.loop] == &header) return &contract;
  }
  return nullptr;
}

// ---- Control flow ----

bool Executor::Engine::step(State& state) {
  State::Frame& frame = top(state);
  const llvm::Instruction& instruction = *frame.next;
  ++frame.next;
  return execute(state, instruction);
}

// Follows both sides if both are possible. The side that is not taken first waits.
bool Executor::Engine::branch(State& state, const Term& condition, const llvm::BasicBlock& yes,
                              const llvm::BasicBlock& no) {
  if (const auto value = condition.truth()) return enter_block(state, *value ? yes : no);
  const bool may = possible(state, condition);
  const bool may_not = !may || possible(state, !condition);
  if (may && may_not) {
    if (const auto goes_on = join(state, {{&yes, condition}, {&no, !condition}})) return *goes_on;
    State other = state;
    other.assume(!condition);
    if (enter_block(other, no)) waiting.push_back(std::move(other));
    state.assume(condition);
    return enter_block(state, yes);
  }
  // The other side is impossible: saying so again would only lengthen every formula.
  return enter_block(state, may ? yes : no);
}

Maybe<Executor::Engine::Targets> Executor::Engine::targets_of(State& state,
                                                              const llvm::SwitchInst& instruction) {
  auto subject = number(state, *instruction.getCondition());
  if (!subject) return tl::unexpected(subject.error());
  Targets targets;
  Term none = Term::boolean(true);
  for (const auto& handle : instruction.cases()) {
    const Term equal = *subject == Term::bits(subject->width(), handle.getCaseValue()->getZExtValue());
    none = none & !equal;
    const llvm::BasicBlock* block = handle.getCaseSuccessor();
    const auto same =
        std::find_if(targets.begin(), targets.end(), [&](const auto& target) { return target.first == block; });
    if (same == targets.end()) {
      targets.emplace_back(block, equal);
    } else {
      same->second = same->second | equal;
    }
  }
  targets.emplace_back(instruction.getDefaultDest(), none);
  return targets;
}

bool Executor::Engine::switch_to(State& state, const llvm::SwitchInst& instruction) {
  auto targets = targets_of(state, instruction);
  if (!targets) {
    stop(state, targets.error());
    return false;
  }
  std::erase_if(*targets, [&](const auto& target) { return !possible(state, target.second); });
  if (targets->size() > 1) {
    if (const auto goes_on = join(state, *targets)) return *goes_on;
  }
  for (const auto& [block, condition] : *targets) {
    if (condition.is_true()) return enter_block(state, *block);
    State taken = state;
    taken.assume(condition);
    if (enter_block(taken, *block)) waiting.push_back(std::move(taken));
  }
  return false;
}

Maybe<std::vector<Value>> Executor::Engine::incoming(State& state, const llvm::BasicBlock& block,
                                                     const llvm::BasicBlock& from) {
  std::vector<Value> values;
  for (const llvm::PHINode& phi : block.phis()) {
    auto value = operand(state, *phi.getIncomingValueForBlock(&from));
    if (!value) return tl::unexpected(value.error());
    values.push_back(std::move(*value));
  }
  return values;
}

bool Executor::Engine::enter_block(State& state, const llvm::BasicBlock& block) {
  const llvm::BasicBlock& from = *top(state).block;
  auto values = incoming(state, block, from);
  if (!values) {
    stop(state, values.error());
    return false;
  }
  return arrive(state, block, program.in_loop(block, from), std::move(*values));
}

// `again`: from inside the loop whose header the block is, if it is one.
bool Executor::Engine::arrive(State& state, const llvm::BasicBlock& block, bool again,
                              std::vector<Value> incoming) {
  State::Frame& frame = top(state);
  const auto header = frame.numbering->headers.find(&block);
  if (header != frame.numbering->headers.end()) {
    if (const LoopContract* contract = header->second) {
      return enter_loop(state, block, *contract, again, std::move(incoming));
    }
    unsigned& iterations = frame.iterations[&block];
    iterations = again ? iterations + 1 : 0;
    if (iterations > limits.iterations) {
      end(state, Path::End::kLoopBound,
          fmt::format("the loop at {} has more than {} iterations", Program::place(*block.getTerminator()),
                      limits.iterations));
      return false;
    }
  }
  std::size_t at = 0;
  for (const llvm::PHINode& phi : block.phis()) define(state, phi, std::move(incoming[at++]));
  frame.block = &block;
  frame.next = block.getFirstNonPHIIt();
  return true;
}

// Ends the activation on top.
bool Executor::Engine::give_back(State& state, std::optional<Value> result) {
  const llvm::CallBase* call = top(state).call;
  const llvm::Function& function = *top(state).function;
  for (const ObjectId local : top(state).locals) state.memory.change(local).die();
  frames(state).pop_back();
  if (frames(state).empty()) {
    if (result && result->is_undefined() && width_of(*function.getReturnType()) != 0) {
      result = free_value(*function.getReturnType(), "undefined");
    }
    end(state, Path::End::kReturned, {}, std::move(result));
    return false;
  }
  if (result) define(state, *call, std::move(*result));
  return true;
}

// ---- The public face ----

Executor::Executor(const Program& program, Limits limits)
    : engine_(std::make_unique<Engine>(program, limits)) {}
Executor::~Executor() = default;

void Executor::add(std::string function, Contract contract) {
  engine_->contracts.insert_or_assign(std::move(function), std::move(contract));
  engine_->resolved.clear();
}

void Executor::add(LoopContract contract) {
  engine_->loop_contracts.push_back(std::move(contract));
  engine_->numberings.clear();
}

Value Executor::function_pointer(State& state, std::string_view name) {
  return Value::pointer(state.memory.add(Object::of_function(std::string(name))));
}

Expected<Value> Executor::global(State& state, std::string_view name) {
  const llvm::GlobalVariable* variable =
      engine_->program.module().getGlobalVariable(llvm::StringRef(name.data(), name.size()), true);
  if (variable == nullptr) {
    return failure(std::string(name), "is no variable of the program",
                   "the tree may have renamed it: see solver/");
  }
  return Value::pointer(engine_->object_of(state, *variable));
}

Expected<std::vector<Path>> Executor::run(std::string_view name, State state, std::vector<Value> arguments,
                                          const std::vector<Term>& domain) {
  auto function = engine_->program.function(name);
  if (!function) return tl::unexpected(function.error());
  if ((*function)->arg_size() != arguments.size() || (*function)->isDeclaration()) {
    return failure(std::string(name),
                   fmt::format("takes {} arguments, {} are given", (*function)->arg_size(), arguments.size()),
                   "the tree has changed it: its claims in solver/ have to follow");
  }
  engine_->domain = domain;
  engine_->feasibility.reset();
  engine_->paths.clear();
  engine_->steps = 0;
  engine_->executed.clear();
  engine_->waiting.clear();
  if (engine_->enter_function(state, **function, std::move(arguments), nullptr)) {
    engine_->waiting.push_back(std::move(state));
  }
  engine_->explore();
  return std::move(engine_->paths);
}

const Program& Executor::program() const { return engine_->program; }
std::set<std::string> Executor::executed() const {
  std::set<std::string> names;
  for (const llvm::Function* function : engine_->executed) names.insert(function->getName().str());
  return names;
}
std::size_t Executor::steps() const { return engine_->steps; }
std::size_t Executor::feasibility_questions() const {
  return engine_->feasibility ? engine_->feasibility->questions() : 0;
}

}  // namespace nospan::solver
