// SPDX-License-Identifier: BSD-2-Clause
// Contracts for loops that go through IOMMU pages one after another.
#ifndef NOSPAN_SOLVER_CLAIMS_COUNTING_LOOP_H
#define NOSPAN_SOLVER_CLAIMS_COUNTING_LOOP_H

#include <functional>
#include <string>

#include "solver/executor.h"

namespace nospan::solver {

// What each carried variable is after some pages follows from what it was on entry, not from its name: a
// remaining count goes down by one for each page, an address goes up by an IOMMU page, a pointer by a word, and
// anything else (an index, a page number) by one.
struct CountingLoop {
  std::string function;
  std::size_t loop = 0;  // index in Program::loop_headers()
  std::string words;     // what `invariant` says, for people
  Term remaining;        // the value on entry of a variable that counts down
  Term address;          // the value on entry of a variable that is an address
  Term page_shift;
  std::function<Term(const State&)> total;  // never more pages than these
  // Replaces what else the loop changes; `done` pages are behind it.
  std::function<void(State&, const Term& done)> havoc;
  // What holds besides when `done` pages are behind the loop.
  std::function<Term(const State&, const Term& done)> invariant;
};

LoopContract contract(CountingLoop loop);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_COUNTING_LOOP_H
