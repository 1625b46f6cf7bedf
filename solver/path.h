// SPDX-License-Identifier: BSD-2-Clause
// What symbolic execution leaves behind: one path through the code, the conditions it was taken under, what it
// did, and what must hold for it to have a meaning at all.
#ifndef NOSPAN_SOLVER_PATH_H
#define NOSPAN_SOLVER_PATH_H

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "solver/memory.h"
#include "solver/term.h"

namespace nospan::solver {

// Something that the code did to the world outside, or to memory by way of a contract. `arguments` are in the
// order that the comment says; all are 64-bit terms unless said otherwise.
struct Event {
  enum class Kind : uint8_t {
    kSet,            // TCEs written: index, count, guest address of the first IOMMU page, permissions, result
                     // (32 bits: 0 or an error; then some, none or all may have been written); of lists
                     // (claims/linux_list.h) also the index of the element
    kClear,          // TCEs cleared: index, count; of lists also whether it was right (a truth value)
    kFlush,          // the device sees all TCEs written so far
    kTake,           // entries allocated: first entry of the window, count
    kGiveBack,       // entries freed: first entry of the window, count; of lists as for kClear
    kLock,           // nothing
    kUnlock,         // nothing
    kAllocatePages,  // order, guest address
    kFreePages,      // order, guest address
    kZero,           // guest memory zeroed: guest address, bytes
    kWarn,           // nothing
    kOther,          // told by `name`
  };
  Kind kind;
  std::vector<Term> arguments;
  std::string name;   // of kOther
  std::string place;  // in the source
  std::size_t given;  // how many conditions of the path held when it happened
};

// What must hold where it stands: else the code has no meaning there (undefined behaviour, BUG, an access
// outside an object), or a contract was used outside its terms.
struct Obligation {
  enum class Kind : uint8_t {
    kShift,        // a shift by the width of its operand or more
    kDivision,     // by zero, or the quotient does not fit
    kBounds,       // access outside an object, or to one that is no more
    kNull,         // access through a null pointer, or a number that is no pointer
    kUnreachable,  // control reaches what the compiler was told it never reaches
    kBug,          // BUG(), BUG_ON(), an assertion of the code
    kContract,     // what a contract asks of its callers
    kInvariant,    // of a loop: when it is entered, and after each iteration
    kUndefined,    // any other undefined behaviour
  };
  Kind kind;
  Term holds;
  std::string what;   // "shift by 32 or more bits"
  std::string place;  // in the source
  std::size_t given;  // how many conditions of the path held before
};

std::string_view name(Obligation::Kind kind);

// That an iteration keeps the invariant of its loop, not that it holds where the loop is entered.
inline constexpr std::string_view kPreserved = "preserved:";
inline bool is_of_iteration(const Obligation& obligation) {
  return obligation.kind == Obligation::Kind::kInvariant && obligation.what.starts_with(kPreserved);
}

// One path, complete.
struct Path {
  enum class End : uint8_t {
    kReturned,     // from the function
    kStopped,      // at a BUG or undefined behaviour: the last obligation never holds
    kLoopClosed,   // an arbitrary iteration of a loop under contract came to its end
    kLoopBound,    // a loop without contract had as many iterations as were allowed: not everything was seen
    kUnsupported,  // the executor does not know something: `reason` says what
  };
  End end = End::kUnsupported;
  std::optional<Value> result;  // of a function that is not void
  std::string reason;
  std::vector<Term> conditions;
  std::vector<Event> events;
  std::vector<Obligation> obligations;
  Memory memory;  // at the end
  // Terms that contracts keep for claims and for each other, by name.
  std::map<std::string, Term, std::less<>> ghosts;
};

// The path's conditions when something happened on it: `given` of the event or the obligation.
inline std::vector<Term> conditions_before(const Path& path, std::size_t given) {
  return {path.conditions.begin(), path.conditions.begin() + static_cast<std::ptrdiff_t>(given)};
}

// How many of its conditions held where its iteration was over. The conditions behind them are what the loop's
// contract says then: nothing that this rests on may be asked about under them.
inline std::size_t behind_the_iteration(const Path& path) {
  for (const Obligation& obligation : path.obligations) {
    if (is_of_iteration(obligation)) return obligation.given;
  }
  return path.conditions.size();
}

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_PATH_H
