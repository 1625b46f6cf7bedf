// SPDX-License-Identifier: BSD-2-Clause
// Executes LLVM IR on terms: all paths of a function, each with its conditions, events and obligations.
//
// The IR is unoptimized (solver/program.h), so that nothing has exploited undefined behaviour yet; here
// undefined behaviour becomes an obligation. What is not known (an opcode, a call without contract) ends the
// path with Path::End::kUnsupported and the place: never skipped.
#ifndef NOSPAN_SOLVER_EXECUTOR_H
#define NOSPAN_SOLVER_EXECUTOR_H

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"
#include "solver/feasibility.h"
#include "solver/path.h"
#include "solver/program.h"

namespace llvm {
class Instruction;
}  // namespace llvm

namespace nospan::solver {

class Executor;

// One state of the program: where it is, what registers and memory hold, how it came there. A value: forking is
// copying.
class State {
 public:
  Memory memory;
  std::vector<Term> conditions;
  std::vector<Event> events;
  std::vector<Obligation> obligations;
  std::map<std::string, Term, std::less<>> ghosts;

  // From here on only what satisfies `condition` is looked at. For what is known, not for what is to be shown.
  void assume(const Term& condition);
  // The same, but no branch is decided by it: for long promises, which make the many questions whether a branch
  // can be taken slow. A path that only they rule out is followed, and claims know that it is none.
  void learn(const Term& fact);
  // Records that `holds` must hold here, and goes on with that.
  void require(Obligation::Kind kind, const Term& holds, std::string what, std::string place);
  void happened(Event::Kind kind, std::vector<Term> arguments, std::string place, std::string name = {});
  // True once a condition is plainly false: the state is impossible.
  bool impossible() const { return impossible_; }

  struct Frame;  // of the executor's: solver/engine.h

 private:
  friend class Executor;
  std::vector<Frame> frames_;
  // An instruction that is executed again, with the one offset that its pointer has on this path.
  const llvm::Instruction* settled_instruction_ = nullptr;
  uint64_t settled_offset_ = 0;
  bool impossible_ = false;
  std::vector<std::size_t> learned_;  // which conditions are facts that were learned, in ascending order

 public:
  State();
  State(const State&);
  State(State&&) noexcept;
  State& operator=(const State&);
  State& operator=(State&&) noexcept;
  ~State();
};

// A call that a contract answers.
struct Call {
  std::string function;
  std::vector<Value> arguments;
  std::string place;
  unsigned result_width = 0;  // in bits; 0 for void
  bool returns_pointer = false;
};

// What a contract says can follow: a state and what the call returned in it.
struct Outcome {
  State state;
  Value result;
};

// Stands for a function: gets the state before the call, returns those after it (one for each case; none if the
// call does not come back). An Error ends the path as unsupported.
using Contract = std::function<reports::Expected<std::vector<Outcome>>(State state, const Call& call)>;

// For a contract with one case.
Contract simple(std::function<reports::Expected<Value>(State& state, const Call& call)> body);

// The values that a loop carries from one iteration to the next: the phi nodes of its header.
class LoopView {
 public:
  State& state;
  // In the order of the source variables' phi nodes in the header. A name is that of the source variable.
  struct Carried {
    std::string name;
    Value value;
    Value entry;  // what it was when the loop was entered
    unsigned width = 0;
    bool is_pointer = false;
  };
  std::vector<Carried>& carried;
  // That variable; an Error if the loop carries no such one.
  reports::Expected<Carried*> find(std::string_view name);
};

// Stands for a loop of any number of iterations: shown on entry and after one arbitrary iteration, assumed at
// the start of that iteration and behind the loop.
struct LoopContract {
  std::string function;  // as the linker names it
  std::size_t loop = 0;  // index in Program::loop_headers()
  std::string words;     // the invariant, for people
  // Replaces what the loop changes, carried values and memory, by arbitrary ones. Without it, each carried
  // number becomes a free constant and each carried pointer gets a free offset in the object that it points
  // into. That an iteration leaves all other memory and ghosts as they are is an obligation of kind kInvariant,
  // as the invariant is (contract_cases() in claims/claim.h).
  std::function<reports::Expected<void>(LoopView&)> havoc;
  // All offsets that the one pointer which the loop carries can have, if memory needs them as numbers: the
  // arbitrary iteration is executed once for each, and that the pointer has one of them is a part of the
  // invariant. Empty: nothing is known of it.
  std::vector<uint64_t> offsets = {};
  // The invariant as a term over the view.
  std::function<reports::Expected<Term>(LoopView&)> invariant;
  // A 64-bit number that every iteration makes smaller: the loop ends. Without it that is not shown.
  std::function<reports::Expected<Term>(LoopView&)> measure;
};

// What to execute and how far.
struct Limits {
  // Variables of the program begin with their initial values, as when it was just started. Otherwise those that
  // can be changed hold anything.
  bool initial_values = false;
  std::size_t paths = 20000;
  std::size_t steps = 4'000'000;  // instructions over all paths
  unsigned iterations = 70;       // of a loop without contract, on one path
  unsigned values_of_an_offset =
      16;  // an offset that is not one number is split into its values up to this many
  // Paths through code that only computes become one, with values that depend on conditions: far fewer paths,
  // longer formulas.
  bool join_paths = false;
};

// Executes functions of one program. Not thread-safe.
class Executor {
 public:
  explicit Executor(const Program& program, Limits limits = {});
  ~Executor();

  // A call of that function is answered by the contract, even if the program has a body for it. Names are those
  // of the linker, or scoped names of C++ as Program::function() takes them.
  void add(std::string function, Contract contract);
  void add(LoopContract contract);

  // A pointer to a function that only a contract knows, for function pointers in structs.
  Value function_pointer(State& state, std::string_view name);
  // The object of a global variable of the program, with its initial value unless it can be changed.
  reports::Expected<Value> global(State& state, std::string_view name);

  // All paths of the function from `state` on. What the arguments may be is in state.conditions. `domain` holds
  // throughout: conditions that are not worth repeating on every path. An Error if the function or the number
  // of arguments is wrong; all else is in the paths.
  reports::Expected<std::vector<Path>> run(std::string_view function, State state, std::vector<Value> arguments,
                                           const std::vector<Term>& domain = {});

  const Program& program() const;
  // Functions whose code was executed in the last run, by the linker's names: what a result depends on.
  std::set<std::string> executed() const;
  std::size_t steps() const;
  std::size_t feasibility_questions() const;

  struct Engine;  // the inside: solver/engine.h

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_EXECUTOR_H
