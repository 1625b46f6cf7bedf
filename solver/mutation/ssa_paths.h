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
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/claims/claim.h"
#include "solver/program.h"
#include "solver/term.h"

namespace nospan::solver {

// What is known of numbers that a function starts from (they are at least and at most so much, unsigned), and
// of what it calls. `assumed` is the name of the assumption behind a fact, one of `assumptions`.
struct SsaFacts {
  // A member of a struct, by LLVM's name of it ("struct.iommu_table") and the member's offset in bytes.
  struct Member {
    std::string type;
    uint64_t offset;
    uint64_t least;
    uint64_t most;
    std::string assumed = {};
  };
  // A parameter, by the source's name of its type ("dma_data_direction"), or by its own and a function's (or a
  // class', "nospan::builtin::EntrySpace::", for all of its functions).
  struct Parameter {
    std::string type;
    uint64_t least;
    uint64_t most;
    std::string assumed = {};
    std::string function = {};
    std::string name = {};
    bool pointee = false;  // known is what the parameter points to
  };
  // An argument that a callee does not look at, or of which it looks at the number of the page only: the bits
  // above the page shift that its first argument, a table, has as `page_shift`. The callee is a function of
  // that name, or what a member of a struct points to ("struct.iommu_table_ops+0").
  struct Argument {
    std::string callee;
    unsigned number;
    enum class Use : uint8_t { kNone, kPageNumber } use;
    std::string assumed = {};
  };
  // What a function returns, named as for arguments or with its scope ("nospan::builtin::Buffer::from"): never
  // its argument of that number; either the address of a page of 4 KiB, not of the first, or all ones; true; 0
  // or a negative error number. With `caller`, a name with its scope, only if that one calls it.
  struct Result {
    std::string callee;
    enum class Is : uint8_t { kNotArgument, kPageAddressOrOnes, kTrue, kZeroOrError } is;
    std::string assumed = {};
    unsigned argument = 0;
    std::string caller = {};
  };
  // Whoever calls the function, named with its scope, looks at whether it returns an error number, -4095 to -1,
  // and not at which.
  struct Errors {
    std::string function;
    std::string assumed = {};
  };
  std::vector<Member> members;
  std::vector<Parameter> parameters;
  std::vector<Argument> arguments;
  std::vector<Result> results;
  std::vector<Errors> errors;
  uint64_t page_shift = 0;  // offset in a table, of 64 bits
  // Calls of these are nobody's behaviour: what is printed.
  std::vector<std::string> unseen_calls;
  std::vector<Assumption> assumptions;

  // The same without what is assumed under that name.
  SsaFacts without(const std::string& assumed) const;
};

// Signed numbers that a loop carries, by the number of its head and their position there: `carried` is at least
// `least`, or, with `bound`, less than that other one plus 2.
struct LoopFact {
  std::size_t loop;
  std::size_t carried;
  uint64_t least;
  std::optional<std::size_t> bound;
  friend bool operator==(const LoopFact&, const LoopFact&) = default;
};

// Of what a loop carries, by the number of its head and the position there: the mutant may carry another number
// than the original wherever the numbers `unless` and `equals` are equal. A guess, which the comparison shows
// or refutes: a variable that is not read before it is written, say, as long as nothing has been opened.
struct LoopIndifference {
  std::size_t loop;
  std::size_t carried;
  std::size_t unless;
  std::size_t equals;
};

// Something that is seen from outside: "store", "call iommu_free", "return".
struct Seen {
  std::string what;
  std::vector<Term> given;
  std::optional<std::size_t> loop = std::nullopt;  // whose head is reached; `given` is what it carries then
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

struct SsaFunction {
  std::vector<SsaPath> paths;
  std::set<std::string> assumed;  // names of assumptions that some path makes
};

// All paths of the function. An Error if there are more than `most`, or something in it is not understood.
// `loop_facts` are known of what loops carry. With `indifference`, the number that it names is one of its own
// where that allows it, and no fact is known of it.
reports::Expected<SsaFunction> ssa_paths(const Program& program, const std::string& function,
                                         const SsaFacts& facts, const std::vector<LoopFact>& loop_facts,
                                         std::size_t most,
                                         const std::optional<LoopIndifference>& indifference = {});

// What can be shown of the numbers that the function's loops carry: it holds where a loop is entered and is
// preserved by each iteration. Empty if nothing can.
std::vector<LoopFact> loop_facts(const Program& program, const std::string& function, const SsaFacts& facts,
                                 std::size_t most);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_SSA_PATHS_H
