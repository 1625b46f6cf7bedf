// SPDX-License-Identifier: BSD-2-Clause
// Several paths followed as one. Behind a branch, code that only computes, reads and writes is executed once
// for all paths through it: where they meet, a value is a choice by the conditions that led there; what is
// written, and what must hold, is so under the condition that the code is reached. The state splits only by
// where all that leads to. Kernel code has many branches like `if (a && b && *c)`, and 2^n paths through n of
// them.
#include <llvm/IR/CFG.h>

#include <algorithm>

#include "solver/engine.h"

namespace nospan::solver {
namespace {

constexpr std::size_t kMostBlocks = 32;
constexpr std::size_t kMostCubes = 64;

bool only_computes(const llvm::Instruction& instruction) {
  if (const auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) {
    switch (call->getIntrinsicID()) {
      case llvm::Intrinsic::expect:
      case llvm::Intrinsic::is_constant:
      case llvm::Intrinsic::threadlocal_address:
      case llvm::Intrinsic::cttz:
      case llvm::Intrinsic::ctlz:
      case llvm::Intrinsic::ctpop:
      case llvm::Intrinsic::bswap:
      case llvm::Intrinsic::umin:
      case llvm::Intrinsic::umax:
      case llvm::Intrinsic::smin:
      case llvm::Intrinsic::smax: return true;
      default: return false;
    }
  }
  switch (instruction.getOpcode()) {
    case llvm::Instruction::PHI:
    case llvm::Instruction::Load:
    case llvm::Instruction::Store:
    case llvm::Instruction::ICmp:
    case llvm::Instruction::Select:
    case llvm::Instruction::Freeze:
    case llvm::Instruction::GetElementPtr: return true;
    default: return instruction.isBinaryOp() || instruction.isCast();
  }
}

// Can a path through this block be followed together with others? A loop's header is where its contract stands.
bool is_joinable(const llvm::BasicBlock& block, const Numbering& numbering) {
  if (numbering.headers.contains(&block)) return false;
  const llvm::Instruction& last = *block.getTerminator();
  if (!llvm::isa<llvm::BranchInst>(last) && !llvm::isa<llvm::SwitchInst>(last)) return false;
  return std::all_of(block.begin(), last.getIterator(), only_computes);
}

// Joinable blocks that can be reached from `targets` by way of each other, each before those behind it. Empty
// if there are too many, or they make a circle.
class Region {
 public:
  Region(const Numbering& numbering, const Executor::Engine::Targets& targets) : numbering_(numbering) {
    for (const auto& [block, condition] : targets) visit(*block);
    if (failed_ || blocks_.size() > kMostBlocks) blocks_.clear();
    std::reverse(blocks_.begin(), blocks_.end());
  }

  const std::vector<const llvm::BasicBlock*>& blocks() const { return blocks_; }

 private:
  void visit(const llvm::BasicBlock& block) {
    if (failed_ || !is_joinable(block, numbering_)) return;
    const auto [place, is_new] = done_.try_emplace(&block, false);
    if (!is_new) {
      failed_ = failed_ || !place->second;
      return;
    }
    if (done_.size() > kMostBlocks) {
      failed_ = true;
      return;
    }
    for (const llvm::BasicBlock* next : llvm::successors(&block)) visit(*next);
    done_[&block] = true;
    blocks_.push_back(&block);
  }

  const Numbering& numbering_;
  std::vector<const llvm::BasicBlock*> blocks_;
  llvm::DenseMap<const llvm::BasicBlock*, bool> done_;  // false: on the way to where we are
  bool failed_ = false;
};

// Under which conditions something is reached: one of some conjunctions ("cubes") of decisions. Conjunctions of
// sibling decisions are taken together again, so that behind an `if` nothing is left of it.
struct Reached {
  struct Decision {
    unsigned branch;  // which branch, counted
    unsigned way;     // which of its ways out
    unsigned ways;
    auto operator<=>(const Decision&) const = default;
  };
  using Cube = std::vector<Decision>;
  std::vector<Cube> cubes;

  void add(const Reached& other) {
    cubes.insert(cubes.end(), other.cubes.begin(), other.cubes.end());
    while (unite()) {
    }
  }
  Reached then(Decision decision) const {
    Reached result = *this;
    for (Cube& cube : result.cubes) cube.push_back(decision);
    return result;
  }

 private:
  // Takes all ways out of one branch together, where all are there.
  bool unite() {
    std::sort(cubes.begin(), cubes.end());
    for (std::size_t i = 0; i < cubes.size(); ++i) {
      if (cubes[i].empty()) continue;
      const Decision first = cubes[i].back();
      if (first.way != 0 || i + first.ways > cubes.size()) continue;
      bool all = true;
      for (unsigned way = 0; way < first.ways && all; ++way) {
        Cube wanted = cubes[i];
        wanted.back().way = way;
        all = std::binary_search(cubes.begin(), cubes.end(), wanted);
      }
      if (!all) continue;
      Cube rest = cubes[i];
      rest.pop_back();
      std::erase_if(cubes, [&](const Cube& cube) {
        return cube.size() == rest.size() + 1 && cube.back().branch == first.branch &&
               std::equal(rest.begin(), rest.end(), cube.begin());
      });
      cubes.push_back(std::move(rest));
      return true;
    }
    return false;
  }
};

struct Edge {
  const llvm::BasicBlock* from;
  const llvm::BasicBlock* to;
  Reached reached;
};

// Executes one region.
class Joining {
 public:
  Joining(Executor::Engine& engine, State& state) : engine_(engine), state_(state) {}

  // False: there is nothing to follow all paths through at once.
  bool run(const Executor::Engine::Targets& targets);

  // Where the region is left, edges to the same place together, with what its phi nodes get.
  struct Exit {
    const llvm::BasicBlock* to;
    bool again;
    Term condition;
    std::vector<Value> values;
  };
  Maybe<std::vector<Exit>> exits();

 private:
  using Edges = std::vector<Edge>;

  void leave(const llvm::BasicBlock& from, const Reached& reached, const Executor::Engine::Targets& targets);
  bool execute(const llvm::BasicBlock& block, const Edges& edges);
  Maybe<std::optional<std::vector<Value>>> values(const llvm::BasicBlock& block, const Edges& edges);
  Term condition(const Reached& reached, std::size_t skip = 0) const;
  Maybe<Executor::Engine::Targets> targets_of(const llvm::Instruction& last);

  Executor::Engine& engine_;
  State& state_;
  std::vector<std::vector<Term>> branches_;  // conditions of their ways out
  llvm::DenseMap<const llvm::BasicBlock*, Edges> inside_;
  Edges outside_;
};

Term Joining::condition(const Reached& reached, std::size_t skip) const {
  std::vector<Term> ways;
  for (const Reached::Cube& cube : reached.cubes) {
    Term all = Term::boolean(true);
    for (std::size_t i = skip; i < cube.size(); ++i) all = all & branches_[cube[i].branch][cube[i].way];
    ways.push_back(all);
  }
  return any_of(ways);
}

// How many decisions all of them begin with.
std::size_t common_beginning(const std::vector<Edge>& edges) {
  const Reached::Cube& first = edges.front().reached.cubes.front();
  std::size_t length = first.size();
  for (const Edge& edge : edges) {
    for (const Reached::Cube& cube : edge.reached.cubes) {
      const auto [end, other] = std::mismatch(first.begin(), first.end(), cube.begin(), cube.end());
      length = std::min(length, static_cast<std::size_t>(end - first.begin()));
    }
  }
  return length;
}

// What the phi nodes of a block get; none if no one value says that.
Maybe<std::optional<std::vector<Value>>> Joining::values(const llvm::BasicBlock& block, const Edges& edges) {
  const std::size_t known = common_beginning(edges);
  std::optional<std::vector<Value>> result;
  for (const Edge& edge : edges) {
    auto values = engine_.incoming(state_, block, *edge.from);
    if (!values) return tl::unexpected(values.error());
    if (!result) {
      result = std::move(*values);
      continue;
    }
    const Term here = condition(edge.reached, known);
    for (std::size_t i = 0; i < result->size(); ++i) {
      auto value = chosen(here, (*values)[i], (*result)[i]);
      if (!value) return std::optional<std::vector<Value>>();
      (*result)[i] = std::move(*value);
    }
  }
  return result;
}

void Joining::leave(const llvm::BasicBlock& from, const Reached& reached,
                    const Executor::Engine::Targets& targets) {
  const auto branch = static_cast<unsigned>(branches_.size());
  std::vector<Term> conditions;
  for (const auto& [to, way] : targets) conditions.push_back(way);
  branches_.push_back(std::move(conditions));
  const auto ways = static_cast<unsigned>(targets.size());
  for (unsigned way = 0; way < ways; ++way) {
    Edge edge{&from, targets[way].first, ways == 1 ? reached : reached.then({branch, way, ways})};
    const auto next = inside_.find(edge.to);
    (next == inside_.end() ? outside_ : next->second).push_back(std::move(edge));
  }
}

Maybe<Executor::Engine::Targets> Joining::targets_of(const llvm::Instruction& last) {
  if (const auto* jump = llvm::dyn_cast<llvm::BranchInst>(&last)) {
    if (jump->isUnconditional()) return Executor::Engine::Targets{{jump->getSuccessor(0), Term::boolean(true)}};
    auto condition = engine_.number(state_, *jump->getCondition());
    if (!condition) return tl::unexpected(condition.error());
    if (const auto value = condition->truth()) {
      return Executor::Engine::Targets{{jump->getSuccessor(*value ? 0 : 1), Term::boolean(true)}};
    }
    return Executor::Engine::Targets{{jump->getSuccessor(0), *condition}, {jump->getSuccessor(1), !*condition}};
  }
  return engine_.targets_of(state_, llvm::cast<llvm::SwitchInst>(last));
}

// False, and the state is as it was, if the block cannot be executed for several paths at once.
bool Joining::execute(const llvm::BasicBlock& block, const Edges& edges) {
  Reached reached;
  for (const Edge& edge : edges) reached.add(edge.reached);
  if (reached.cubes.size() > kMostCubes) return false;
  auto incoming = values(block, edges);
  if (!incoming || !*incoming) return false;
  const Memory memory = state_.memory;
  const std::size_t obligations = state_.obligations.size();
  const std::size_t conditions = state_.conditions.size();
  std::size_t at = 0;
  for (const llvm::PHINode& phi : block.phis()) engine_.define(state_, phi, std::move((**incoming)[at++]));
  engine_.guard = condition(reached);
  engine_.refused = false;
  const llvm::Instruction& last = *block.getTerminator();
  for (auto next = block.getFirstNonPHIIt(); next != last.getIterator() && !engine_.refused; ++next) {
    ++engine_.steps;
    engine_.execute(state_, *next);
  }
  auto targets = targets_of(last);
  const bool done = !engine_.refused && targets;
  engine_.guard.reset();
  engine_.refused = false;
  if (done) {
    leave(block, reached, *targets);
    return true;
  }
  // Registers need no care: the block's own are defined anew when it is executed.
  state_.memory = memory;
  state_.obligations.erase(state_.obligations.begin() + static_cast<std::ptrdiff_t>(obligations),
                           state_.obligations.end());
  state_.conditions.erase(state_.conditions.begin() + static_cast<std::ptrdiff_t>(conditions),
                          state_.conditions.end());
  return false;
}

bool Joining::run(const Executor::Engine::Targets& targets) {
  const State::Frame& frame = Executor::Engine::top(state_);
  const Region region(*frame.numbering, targets);
  if (region.blocks().empty()) return false;
  for (const llvm::BasicBlock* block : region.blocks()) inside_[block];
  leave(*frame.block, Reached{{{}}}, targets);
  for (const llvm::BasicBlock* block : region.blocks()) {
    const Edges edges = std::move(inside_[block]);
    inside_.erase(block);
    if (edges.empty() || execute(*block, edges)) continue;
    outside_.insert(outside_.end(), edges.begin(), edges.end());
  }
  return true;
}

Maybe<std::vector<Joining::Exit>> Joining::exits() {
  std::vector<Exit> result;
  const auto add = [&](const Edges& edges, bool again, std::vector<Value> values) {
    Reached reached;
    for (const Edge& edge : edges) reached.add(edge.reached);
    result.push_back({edges.front().to, again, condition(reached), std::move(values)});
  };
  for (Edges rest = std::move(outside_); !rest.empty();) {
    const llvm::BasicBlock* to = rest.front().to;
    const bool again = engine_.program.in_loop(*to, *rest.front().from);
    const auto others = std::stable_partition(rest.begin(), rest.end(), [&](const Edge& edge) {
      return edge.to == to && engine_.program.in_loop(*to, *edge.from) == again;
    });
    const Edges together(rest.begin(), others);
    rest.erase(rest.begin(), others);
    auto joined = values(*to, together);
    if (!joined) return tl::unexpected(joined.error());
    if (*joined) {
      add(together, again, std::move(**joined));
      continue;
    }
    for (const Edge& edge : together) {
      auto own = values(*to, {edge});
      if (!own) return tl::unexpected(own.error());
      add({edge}, again, std::move(**own));
    }
  }
  return result;
}

}  // namespace

bool Executor::Engine::can_join(const Targets& targets, const Numbering& numbering) const {
  return limits.join_paths && std::any_of(targets.begin(), targets.end(), [&](const auto& target) {
           return is_joinable(*target.first, numbering);
         });
}

std::optional<bool> Executor::Engine::join(State& state, const Targets& targets) {
  if (!can_join(targets, *top(state).numbering)) return std::nullopt;
  Joining joining(*this, state);
  if (!joining.run(targets)) return std::nullopt;
  auto exits = joining.exits();
  if (!exits) {
    stop(state, exits.error());
    return false;
  }
  if (exits->size() > 1) {
    std::erase_if(*exits, [&](const auto& exit) { return !possible(state, exit.condition); });
    if (exits->empty()) return false;
  }
  if (exits->size() == 1) {
    // There is no other way: saying so again would only lengthen every formula.
    return arrive(state, *exits->front().to, exits->front().again, std::move(exits->front().values));
  }
  while (exits->size() > 1) {
    State other = state;
    Joining::Exit& exit = exits->back();
    other.assume(exit.condition);
    if (arrive(other, *exit.to, exit.again, std::move(exit.values))) waiting.push_back(std::move(other));
    exits->pop_back();
  }
  Joining::Exit& exit = exits->front();
  state.assume(exit.condition);
  return arrive(state, *exit.to, exit.again, std::move(exit.values));
}

}  // namespace nospan::solver
