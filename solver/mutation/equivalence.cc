// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/equivalence.h"

#include <fmt/format.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <memory>

#include "solver/decide.h"
#include "solver/query.h"

namespace nospan::solver {
namespace {

using reports::Expected;
using Clock = std::chrono::steady_clock;
using Changeable = CommonStart::Changeable;

// Executed where they are called: nothing in them that a cut would be for.
bool is_simple(const llvm::Function& function) {
  return std::none_of(
      llvm::inst_begin(function), llvm::inst_end(function), [](const llvm::Instruction& instruction) {
        if (llvm::isa<llvm::StoreInst, llvm::AtomicRMWInst, llvm::AtomicCmpXchgInst>(instruction)) return true;
        if (const auto* branch = llvm::dyn_cast<llvm::BranchInst>(&instruction)) return branch->isConditional();
        return llvm::isa<llvm::CallBase>(instruction) && !llvm::isa<llvm::IntrinsicInst>(instruction);
      });
}

// A cell after something that may have changed it. Pointers are what they were: nothing here moves them.
Expected<void> let_go(Object& object, const Changeable& part, const std::string& name) {
  if (object.has_words()) {
    object.set_words(Term::free_map(name));
    return {};
  }
  const auto size = object.size().constant();
  const uint64_t bytes = part.bytes != 0 ? part.bytes : size.value_or(0);
  for (const Object::Piece& piece : object.pieces(part.offset, bytes)) {
    if (piece.defined) {
      const auto now = object.load(word(piece.offset), piece.bytes);
      if (now && now->is_pointer()) continue;
    }
    const Term value = Term::free_bits(piece.bytes * 8, fmt::format("{}+{}", name, piece.offset));
    if (auto done = object.store(word(piece.offset), piece.bytes, Value::number(value)); !done) return done;
  }
  return {};
}

// One of the two executions: its paths, and what memory held where it was cut.
class Side {
 public:
  Side(const Program& program, const std::string& function, const StartMaker& start,
       const EquivalenceLimits& limits)
      : program_(program), executor_(program, limits_of(limits)) {
    auto made = start(executor_, function);
    if (!made) {
      error_ = made.error();
      return;
    }
    start_ = std::move(*made);
    last_start_object_ = start_.state.memory.count();
    cut_calls(function);
    cut_loops(function);
    auto paths = executor_.run(function, start_.state, start_.arguments, start_.domain);
    if (!paths) {
      error_ = paths.error();
      return;
    }
    paths_ = std::move(*paths);
  }

  const std::optional<reports::Error>& error() const { return error_; }
  const std::vector<Path>& paths() const { return paths_; }
  const std::vector<Term>& domain() const { return start_.domain; }
  // Of an event that observe() made.
  const Memory& memory_at(const Event& event) const {
    return snapshots_[static_cast<std::size_t>(event.arguments.back().constant().value_or(0))];
  }

 private:
  static Limits limits_of(const EquivalenceLimits& limits) {
    Limits result;
    result.paths = limits.paths;
    result.steps = 200'000;
    result.iterations = 2;
    return result;
  }

  // Says what is seen from here: equal in both executions, or they differ.
  void observe(State& state, const std::string& what, std::vector<Term> seen, const std::string& place) {
    seen.push_back(word(snapshots_.size()));
    snapshots_.push_back(state.memory);
    state.happened(Event::Kind::kOther, std::move(seen), place, what);
  }

  // What may have changed is anything, the same in both executions: named by how many events there were.
  Expected<void> let_go_of_shared(State& state, const std::string& after) {
    for (const Changeable& part : start_.changeable) {
      Object& object = state.memory.change(part.object);
      if (auto done = let_go(object, part, fmt::format("{} {}", after, object.name())); !done) return done;
    }
    return {};
  }

  Expected<void> let_go_of(State& state, ObjectId id, const std::string& after) {
    if (!state.memory.knows(id) || start_.lasting.contains(id)) return {};
    Object& object = state.memory.change(id);
    if (object.is_function() || !object.alive()) return {};
    return let_go(object, {id, 0, 0}, fmt::format("{} {}", after, object.name()));
  }

  Expected<Value> answer(State& state, const Call& call) {
    std::vector<Term> given;
    for (const Value& argument : call.arguments) {
      if (!argument.members.empty()) return reports::failure(call.place, "a struct is given to a call");
      given.push_back(state.memory.number(argument));
    }
    const std::string after = fmt::format("after {} {}", state.events.size(), call.function);
    observe(state, call.function, std::move(given), call.place);
    if (auto done = let_go_of_shared(state, after); !done) return tl::unexpected(done.error());
    for (const Value& argument : call.arguments) {
      if (!argument.is_pointer()) continue;
      if (auto done = let_go_of(state, argument.object, after); !done) return tl::unexpected(done.error());
    }
    if (call.returns_pointer) return reports::failure(call.place, call.function + "() returns a pointer");
    if (call.result_width == 0) return Value{};
    if (call.result_width == 1) return Value::number(Term::free_boolean(after));
    return Value::number(Term::free_bits(call.result_width, after));
  }

  void cut_calls(const std::string& name) {
    const auto function = program_.function(name);
    if (!function) return;
    for (const llvm::Function& callee : program_.module()) {
      if (callee.isIntrinsic() || &callee == *function || callee.getReturnType()->isStructTy()) continue;
      if (!callee.isDeclaration() && is_simple(callee)) continue;
      const std::string called = callee.getName().str();
      if (called == "nospan_bug" || called == "nospan_fail") {
        executor_.add(called, simple([](State& state, const Call& call) -> Expected<Value> {
                        state.require(Obligation::Kind::kBug, Term::boolean(false), "BUG", call.place);
                        return Value{};
                      }));
        continue;
      }
      if (called == "nospan_warn") {
        // What it says is nobody's behaviour.
        executor_.add(called, simple([](State&, const Call&) -> Expected<Value> { return Value{}; }));
        continue;
      }
      executor_.add(called, simple([this](State& state, const Call& call) -> Expected<Value> {
                      return answer(state, call);
                    }));
    }
    // Function pointers that only a start knows.
    for (const char* operation : {"it_ops->set", "it_ops->clear", "it_ops->flush"}) {
      executor_.add(operation, simple([this](State& state, const Call& call) -> Expected<Value> {
                      return answer(state, call);
                    }));
    }
  }

  void cut_loops(const std::string& name) {
    const auto function = program_.function(name);
    if (!function) return;
    for (std::size_t i = 0; i < program_.loop_headers(**function).size(); ++i) {
      LoopContract contract;
      contract.function = (*function)->getName().str();
      contract.loop = i;
      contract.words = "both executions are in the same state";
      const std::string what = fmt::format("loop {}", i);
      contract.invariant = [this, what](LoopView& view) -> Expected<Term> {
        std::vector<Term> seen;
        for (const LoopView::Carried& variable : view.carried)
          seen.push_back(view.state.memory.number(variable.value));
        observe(view.state, what, std::move(seen), "");
        return Term::boolean(true);
      };
      contract.havoc = [this, what](LoopView& view) -> Expected<void> {
        const std::string after = fmt::format("after {} {}", view.state.events.size(), what);
        std::size_t number = 0;
        for (LoopView::Carried& variable : view.carried) {
          const std::string fresh = fmt::format("{} {} {}", after, variable.name, number++);
          if (variable.is_pointer || variable.width == 64) {
            variable.value.bits = free_word(fresh);
          } else if (variable.width == 1) {
            variable.value = Value::number(Term::free_boolean(fresh));
          } else {
            variable.value = Value::number(Term::free_bits(variable.width, fresh));
          }
        }
        if (auto done = let_go_of_shared(view.state, after); !done) return done;
        for (std::size_t id = last_start_object_ + 1; id <= view.state.memory.count(); ++id) {
          if (auto done = let_go_of(view.state, static_cast<ObjectId>(id), after); !done) return done;
        }
        return {};
      };
      executor_.add(std::move(contract));
    }
  }

  const Program& program_;
  Executor executor_;
  CommonStart start_;
  std::size_t last_start_object_ = 0;
  std::vector<Memory> snapshots_;
  std::vector<Path> paths_;
  std::optional<reports::Error> error_;
};

Term memory_is_equal(const Memory& original, const Memory& mutant) {
  if (original.count() != mutant.count()) return Term::boolean(false);
  std::vector<Term> parts;
  for (std::size_t i = 1; i <= original.count(); ++i) {
    const auto id = static_cast<ObjectId>(i);
    const Object& a = original.at(id);
    const Object& b = mutant.at(id);
    if (a.name() != b.name()) return Term::boolean(false);
    if (a.is_function() || (!a.alive() && !b.alive())) continue;
    for (const Object::Change& change : b.changes_since(a)) parts.push_back(change.unchanged);
  }
  return all_of(parts);
}

// What the executor made up along the way, a number after `#`, is not the same thing in both executions.
bool is_made_up(const std::string& text) {
  for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at + 1)) {
    const char before = at > 0 ? text[at - 1] : ' ';
    const char after = at + 1 < text.size() ? text[at + 1] : ' ';
    if ((std::isalnum(static_cast<unsigned char>(before)) != 0 || before == ']') &&
        std::isdigit(static_cast<unsigned char>(after)) != 0) {
      return true;
    }
  }
  return false;
}

class Comparison {
 public:
  Comparison(const Side& original, const Side& mutant, const EquivalenceLimits& limits)
      : original_(original), mutant_(mutant), limits_(limits), feasibility_(original.domain()) {}

  // "" if equal.
  std::string difference() {
    for (const Side* side : {&original_, &mutant_}) {
      if (auto reason = unfit(*side); !reason.empty()) return reason;
    }
    for (const Path& path : original_.paths()) {
      if (auto reason = unproved_bases(path); !reason.empty()) return reason;
    }
    for (const Path& a : original_.paths()) {
      if (a.end == Path::End::kStopped) continue;  // no meaning there
      for (const Path& b : mutant_.paths()) {
        if (Clock::now() - start_ > limits_.total_time) return "it takes too long";
        if (auto reason = difference(a, b); !reason.empty()) return reason;
      }
    }
    return "";
  }

 private:
  static std::string unfit(const Side& side) {
    if (side.error()) return side.error()->line();
    if (side.paths().empty()) return "no path";
    for (const Path& path : side.paths()) {
      if (path.end == Path::End::kUnsupported) return path.reason;
    }
    return "";
  }

  // What the memory model needs, as opposed to what the code promises: not to be assumed.
  std::string unproved_bases(const Path& path) {
    using Kind = Obligation::Kind;
    for (const Obligation& obligation : path.obligations) {
      if (obligation.kind != Kind::kNull && obligation.kind != Kind::kBounds &&
          obligation.kind != Kind::kContract && obligation.kind != Kind::kInvariant) {
        continue;
      }
      if (possible(before(path.conditions, obligation.given), !obligation.holds)) {
        return fmt::format("{} at {} is not excluded", obligation.what, obligation.place);
      }
    }
    return "";
  }

  static std::vector<Term> before(const std::vector<Term>& conditions, std::size_t given) {
    return {conditions.begin(), conditions.begin() + static_cast<std::ptrdiff_t>(given)};
  }

  bool possible(const std::vector<Term>& conditions, const Term& condition) {
    if (!feasibility_.possible(conditions, condition)) return false;
    if (!feasibility_.gave_up()) return true;
    Query query;
    query.given = original_.domain();
    query.given.insert(query.given.end(), conditions.begin(), conditions.end());
    query.given.push_back(condition);
    DecisionLimits limits;
    limits.time = limits_.time;
    return decide_with_z3(smtlib(query, false), limits).kind != Answer::Kind::kUnsatisfiable;
  }

  std::string difference(const Path& a, const Path& b) {
    std::vector<Term> both = a.conditions;
    for (const Term& condition : b.conditions) {
      const bool known = std::any_of(a.conditions.begin(), a.conditions.end(),
                                     [&](const Term& other) { return other.same(condition); });
      if (!known) both.push_back(condition);
    }
    // The mutant has no undefined behaviour where the original has none.
    for (const Obligation& obligation : b.obligations) {
      const bool known = std::any_of(a.obligations.begin(), a.obligations.end(), [&](const Obligation& other) {
        return other.holds.same(obligation.holds);
      });
      if (known) continue;
      std::vector<Term> given = a.conditions;
      for (const Term& condition : before(b.conditions, obligation.given)) given.push_back(condition);
      if (possible(given, !obligation.holds)) return fmt::format("{} at {}", obligation.what, obligation.place);
    }
    const Term equal = equality(a, b);
    for (const Term& term : {equal}) {
      if (is_made_up(term.text())) return "it depends on a value that is not the same in both";
    }
    for (const Term& term : both) {
      if (is_made_up(term.text())) return "it depends on a value that is not the same in both";
    }
    if (possible(both, !equal)) return "the solver does not say that it is equal";
    return "";
  }

  Term equality(const Path& a, const Path& b) {
    if (a.end != b.end || a.end == Path::End::kLoopBound || a.events.size() != b.events.size()) {
      return Term::boolean(false);
    }
    std::vector<Term> parts;
    for (std::size_t i = 0; i < a.events.size(); ++i) {
      const Event& x = a.events[i];
      const Event& y = b.events[i];
      if (x.kind != y.kind || x.name != y.name || x.arguments.size() != y.arguments.size()) {
        return Term::boolean(false);
      }
      for (std::size_t k = 0; k + 1 < x.arguments.size(); ++k) {
        if (x.arguments[k].sort() != y.arguments[k].sort()) return Term::boolean(false);
        if (x.arguments[k].sort() == Term::Sort::kNone) continue;
        parts.push_back(x.arguments[k] == y.arguments[k]);
      }
      parts.push_back(memory_is_equal(original_.memory_at(x), mutant_.memory_at(y)));
    }
    if (a.result.has_value() != b.result.has_value()) return Term::boolean(false);
    if (a.result) {
      if (!a.result->members.empty() || a.result->is_undefined() != b.result->is_undefined()) {
        return Term::boolean(false);
      }
      if (!a.result->is_undefined()) parts.push_back(a.memory.number(*a.result) == b.memory.number(*b.result));
    }
    parts.push_back(memory_is_equal(a.memory, b.memory));
    return all_of(parts);
  }

  const Side& original_;
  const Side& mutant_;
  const EquivalenceLimits& limits_;
  Feasibility feasibility_;
  const Clock::time_point start_ = Clock::now();
};

}  // namespace

bool is_equivalent(const Program& original, const Program& mutant, const std::string& function,
                   const StartMaker& start, const EquivalenceLimits& limits, std::string* why) {
  const Side one(original, function, start, limits);
  const Side other(mutant, function, start, limits);
  *why = Comparison(one, other, limits).difference();
  return why->empty();
}

}  // namespace nospan::solver
