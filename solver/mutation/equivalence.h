// SPDX-License-Identifier: BSD-2-Clause
// Whether a mutated function does what the unmutated one does, for all inputs: the solver's word for it.
//
// Both are walked through path by path (ssa_paths.h). Where what is seen from outside is equal step by step,
// for all inputs and for whatever memory and other functions give back, the functions are equivalent. Functions
// that are equivalent for another reason (a sum over a whole loop, what a callee computes) are not recognised,
// which costs an answer and is never wrong.
#ifndef NOSPAN_SOLVER_MUTATION_EQUIVALENCE_H
#define NOSPAN_SOLVER_MUTATION_EQUIVALENCE_H

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "solver/mutation/ssa_paths.h"
#include "solver/program.h"

namespace nospan::solver {

struct EquivalenceLimits {
  std::size_t paths = 1000;               // of each function
  std::chrono::milliseconds time{5'000};  // of one question
  std::chrono::milliseconds total_time{30'000};
};

struct Equivalence {
  bool proved = false;            // else not known, or different
  std::string why_not;            // what stands in the way
  std::set<std::string> assumed;  // names of assumptions without which it is not proved
};

// Compares functions of one program, the original, with mutants of them. Not thread-safe. Keeps what it found
// out about the original's loops.
//
// Where the original has undefined behaviour or stops at a BUG, the mutant may do anything: nobody relies on
// it. The mutant must do neither where the original does not.
class EquivalenceChecker {
 public:
  // Both must outlive it.
  EquivalenceChecker(const Program& original, const SsaFacts& facts, EquivalenceLimits limits = {})
      : original_(original), facts_(facts), limits_(limits) {}

  Equivalence compare(const Program& mutant, const std::string& function);

 private:
  // A function of the original, under all facts.
  struct Original {
    std::vector<LoopFact> loops;
    SsaFunction function;
    std::string not_understood;  // why there are no paths; "" if there are
  };

  Equivalence compare(const Program& mutant, const std::string& function, const SsaFacts& facts,
                      const std::vector<LoopFact>& loops) const;
  Equivalence compare(const SsaFunction& original, const Program& mutant, const std::string& function,
                      const SsaFacts& facts, const std::vector<LoopFact>& loops) const;

  const Program& original_;
  const SsaFacts& facts_;
  EquivalenceLimits limits_;
  std::map<std::string, Original> originals_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_EQUIVALENCE_H
