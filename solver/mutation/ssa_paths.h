// SPDX-License-Identifier: BSD-2-Clause
// The paths of one function with everything but its own arithmetic left open, for comparing it with a function
// that is almost the same.
//
// Not for proving what a function does (solver/executor.h): memory is unknown. What a load gives is an unknown
// that depends on the address and on what was written before. A store, and what a call is given, is seen from
// outside; what a call returns, and all memory afterwards, is unknown. A loop is cut at its head: what it
// carries is seen there, and is unknown in its one iteration. Unknowns are named by how much was seen before,
// so two functions that were the same so far get the same ones.
#ifndef NOSPAN_SOLVER_MUTATION_SSA_PATHS_H
#define NOSPAN_SOLVER_MUTATION_SSA_PATHS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/program.h"
#include "solver/term.h"

namespace nospan::solver {

// What is known of numbers that a function starts from: they are at least and at most so much, unsigned.
struct SsaFacts {
  // A member of a struct, by LLVM's name of it ("struct.iommu_table") and the member's offset in bytes.
  struct Member {
    std::string type;
    uint64_t offset;
    uint64_t least;
    uint64_t most;
  };
  // A parameter, by the source's name of its type ("dma_data_direction").
  struct Parameter {
    std::string type;
    uint64_t least;
    uint64_t most;
  };
  std::vector<Member> members;
  std::vector<Parameter> parameters;
  // Calls of these are nobody's behaviour: what is printed.
  std::vector<std::string> unseen_calls;
};

// Something that is seen from outside: "store", "call iommu_free", "return".
struct Seen {
  std::string what;
  std::vector<Term> given;
};

// What must hold for the program to have a meaning.
struct Needed {
  Term holds;
  std::size_t given;  // how many conditions of the path held before
  std::string place;
};

struct SsaPath {
  std::vector<Term> conditions;
  std::vector<Seen> seen;
  std::vector<Needed> needed;
  // It ends where the program cannot go on (BUG, what the compiler was told is never reached).
  bool stopped = false;
};

// All paths of the function. An Error if there are more than `most`, or something in it is not understood.
reports::Expected<std::vector<SsaPath>> ssa_paths(const Program& program, const std::string& function,
                                                  const SsaFacts& facts, std::size_t most);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_SSA_PATHS_H
