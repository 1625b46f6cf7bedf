// SPDX-License-Identifier: BSD-2-Clause
// Loops under contract (LoopContract in executor.h): the invariant on entry, an arbitrary iteration, and that
// what the contract does not let go of stays as it is.
#include <fmt/format.h>

#include <algorithm>

#include "solver/engine.h"

namespace nospan::solver {

using reports::failure;

namespace {

// The source variable of a phi node: clang calls it "name.addr.0", "name.0", or "name".
std::string variable_of(const llvm::PHINode& phi) {
  const std::string text = phi.getName().str();
  return text.substr(0, text.find('.'));
}

// The pointer that LoopContract::offsets speaks of.
Maybe<Value*> only_pointer(std::vector<LoopView::Carried>& carried, const LoopContract& contract) {
  Value* result = nullptr;
  for (LoopView::Carried& variable : carried) {
    if (!variable.is_pointer) continue;
    if (result != nullptr) return failure(contract.function, "has a loop that carries two pointers, not one");
    result = &variable.value;
  }
  if (result == nullptr || !result->is_pointer()) {
    return failure(contract.function, "has a loop that carries no pointer into an object");
  }
  return result;
}

Maybe<Term> invariant_of(LoopView& view, const LoopContract& contract) {
  auto result = contract.invariant ? contract.invariant(view) : Term::boolean(true);
  if (!result || contract.offsets.empty()) return result;
  auto pointer = only_pointer(view.carried, contract);
  if (!pointer) return tl::unexpected(pointer.error());
  std::vector<Term> known;
  known.reserve(contract.offsets.size());
  for (const uint64_t offset : contract.offsets) known.push_back((*pointer)->bits == word(offset));
  return any_of(known) & *result;
}

}  // namespace

bool Executor::Engine::enter_loop(State& state, const llvm::BasicBlock& header, const LoopContract& contract,
                                  bool again, std::vector<Value> incoming) {
  State::Frame& frame = top(state);
  std::vector<LoopView::Carried> carried;
  std::size_t at = 0;
  for (const llvm::PHINode& phi : header.phis()) {
    const Value entry = again ? frame.open_loops.at(&header).entry[at] : incoming[at];
    carried.push_back(
        {variable_of(phi), incoming[at], entry, width_of(*phi.getType()), phi.getType()->isPointerTy()});
    ++at;
  }
  LoopView view{state, carried};
  const std::string place = Program::place(*header.getTerminator());
  auto before = invariant_of(view, contract);
  if (!before) {
    stop(state, before.error());
    return false;
  }
  state.require(Obligation::Kind::kInvariant, *before,
                fmt::format("{} {}", again ? kPreserved : "on entry:", contract.words), place);
  if (again) {
    if (contract.measure) {
      auto after = contract.measure(view);
      if (!after) {
        stop(state, after.error());
        return false;
      }
      state.require(Obligation::Kind::kInvariant, less(*after, frame.measures.at(&header)),
                    "an iteration brings the loop nearer to its end", place);
    }
    require_rest_unchanged(state, frame.open_loops.at(&header), place);
    end(state, Path::End::kLoopClosed);
    return false;
  }
  for (LoopView::Carried& variable : carried) {
    const std::string name = fmt::format("{}#{}", variable.name, fresh++);
    if (!variable.is_pointer) {
      variable.value = Value::number(Term::free_bits(variable.width, name));
    } else if (variable.value.is_pointer()) {
      variable.value.bits = free_word(name);
    } else {
      variable.value = Value::number(free_word(name));
    }
  }
  const State::Frame::OpenLoop loop{std::move(incoming), state.memory, {}, state.ghosts, {}};
  if (contract.offsets.empty()) return begin_iteration(state, header, contract, loop, std::move(carried));
  for (const uint64_t offset : contract.offsets) {
    auto pointer = only_pointer(carried, contract);
    if (!pointer) {
      stop(state, pointer.error());
      return false;
    }
    (*pointer)->bits = word(offset);
    State other = state;
    if (begin_iteration(other, header, contract, loop, carried)) waiting.push_back(std::move(other));
  }
  return false;
}

// The arbitrary iteration, and what comes behind it.
bool Executor::Engine::begin_iteration(State& state, const llvm::BasicBlock& header,
                                       const LoopContract& contract, State::Frame::OpenLoop loop,
                                       std::vector<LoopView::Carried> carried) {
  LoopView view{state, carried};
  if (contract.havoc) {
    // One offset at a time is looked at: were it replaced by another one, some would never be.
    auto pointer = contract.offsets.empty() ? Maybe<Value*>(nullptr) : only_pointer(view.carried, contract);
    const Term offset = pointer && *pointer != nullptr ? (*pointer)->bits : word(0);
    auto done = contract.havoc(view);
    if (done && pointer && *pointer != nullptr && !(*pointer)->bits.same(offset)) {
      done = failure(contract.function, "has a loop contract that replaces the offset that it says");
    }
    if (!done) {
      stop(state, done.error());
      return false;
    }
  }
  auto assumed = invariant_of(view, contract);
  if (!assumed) {
    stop(state, assumed.error());
    return false;
  }
  state.assume(*assumed);
  State::Frame& frame = top(state);
  if (contract.measure) {
    auto measure = contract.measure(view);
    if (!measure) {
      stop(state, measure.error());
      return false;
    }
    frame.measures.insert_or_assign(&header, std::move(*measure));
  }
  loop.at_head = state.memory;
  loop.ghosts_at_head = state.ghosts;
  frame.open_loops.insert_or_assign(&header, std::move(loop));
  std::size_t at = 0;
  for (const llvm::PHINode& phi : header.phis()) define(state, phi, carried[at++].value);
  frame.block = &header;
  frame.next = header.getFirstNonPHIIt();
  return true;
}

void Executor::Engine::require_rest_unchanged(State& state, const State::Frame::OpenLoop& loop,
                                              const std::string& place) {
  const auto require_kept = [&](const Term& unchanged, const std::string& what) {
    state.require(
        Obligation::Kind::kInvariant, unchanged,
        fmt::format("the loop's contract does not let go of {}, which an iteration keeps as it is", what),
        place);
  };
  for (std::size_t i = 1; i <= loop.before.count(); ++i) {
    const auto id = static_cast<ObjectId>(i);
    if (state.memory.shares(loop.at_head, id)) continue;
    const Object& before = loop.before.at(id);
    const Object& at_head = loop.at_head.at(id);
    const std::vector<Object::Change> let_go = at_head.changes_since(before);
    for (const Object::Change& change : state.memory.at(id).changes_since(at_head)) {
      const bool known = std::any_of(let_go.begin(), let_go.end(), [&](const Object::Change& other) {
        return other.offset <= change.offset && change.offset + change.bytes <= other.offset + other.bytes;
      });
      if (!known) require_kept(change.unchanged, fmt::format("{}+{:#x}", at_head.name(), change.offset));
    }
  }
  for (const auto& [name, value] : loop.ghosts_at_head) {
    const auto before = loop.ghosts_before.find(name);
    if (before == loop.ghosts_before.end() || !before->second.same(value)) continue;
    const auto now = state.ghosts.find(name);
    const bool comparable =
        now != state.ghosts.end() && now->second.sort() == value.sort() && now->second.width() == value.width();
    require_kept(comparable ? now->second == value : Term::boolean(false), name);
  }
}

}  // namespace nospan::solver
