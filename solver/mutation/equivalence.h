// SPDX-License-Identifier: BSD-2-Clause
// Whether a mutated function does what the unmutated one does, for all inputs: the solver's word for it.
//
// Both are executed symbolically from the same state. Calls and loops cut the execution into pieces: what a
// call is given, and what memory holds then, must be equal in both; what comes back, and what memory holds
// afterwards, is then the same unknown in both. Likewise at the head of a loop, when it is entered and after
// each iteration. So two functions that are equal piece by piece are equal; functions that are equal for
// another reason are not recognised, which costs an answer and is never wrong.
#ifndef NOSPAN_SOLVER_MUTATION_EQUIVALENCE_H
#define NOSPAN_SOLVER_MUTATION_EQUIVALENCE_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/executor.h"
#include "solver/program.h"

namespace nospan::solver {

// Where both executions begin. Made once for each, by the same steps, so that objects and names agree.
struct CommonStart {
  State state;
  std::vector<Value> arguments;
  std::vector<Term> domain;  // what holds of the inputs, from the contracts of the code
  // What calls and loops may change, besides what a call is given a pointer to: bytes [offset, offset + bytes)
  // of an object; bytes 0: all of it.
  struct Changeable {
    ObjectId object;
    uint64_t offset = 0;
    uint64_t bytes = 0;
  };
  std::vector<Changeable> changeable;
  // Not changed as a whole by a call that gets a pointer to them.
  std::set<ObjectId> lasting;
};

// Makes the start for a function of the program. An Error if it does not know one of its parameters.
using StartMaker =
    std::function<reports::Expected<CommonStart>(Executor& executor, const std::string& function)>;

struct EquivalenceLimits {
  std::size_t paths = 400;                 // of each function
  std::chrono::milliseconds time{10'000};  // of one question
  std::chrono::milliseconds total_time{60'000};
};

// True: proved equivalent. False: not known, or different; *why says what stands in the way.
//
// Undefined behaviour of the original is outside the domain: nobody relies on it. The mutant must have none
// where the original has none.
bool is_equivalent(const Program& original, const Program& mutant, const std::string& function,
                   const StartMaker& start, const EquivalenceLimits& limits, std::string* why);

// A start for any function: numbers are free, a pointer is null or points to an object of its own of 4096 free
// bytes, to be read as numbers.
reports::Expected<CommonStart> free_start(Executor& executor, const std::string& function);

// A start for functions of the kernel's mapping code: a table as iommu_init_table() leaves it, its device,
// directions that the API has. Other parameters as with free_start().
StartMaker kernel_start(unsigned system_page_shift);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_EQUIVALENCE_H
