// SPDX-License-Identifier: BSD-2-Clause
// targets/builtin/free_runs.h: what its functions promise about the bits of a word, said once for those who
// call them and for the claims that prove it.
//
// A function whose result is a short formula is replaced by that. Of a mask, promises are made for one bit at a
// time: a contract leaves what it was asked and what it answered in the state's ghosts, and a goal takes the
// promise for the bits that it is about.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_RUNS_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_RUNS_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"
#include "solver/executor.h"

namespace nospan::solver {

// Whether a word has the bit at a place from 0 to 63.
Term has_bit(const Term& word, const Term& place);
// Word `number` of an arrangement by slots has the slot.
Term slot_of(const Term& number, const Term& place);

// bits_between(word, begin, end): the bit at `place` says that the slot is in [begin, end).
Term between_promises(const Term& mask, const Term& number, const Term& begin, const Term& end,
                      const Term& place);
// starts_inside(): if there is a start at `start`, the run lies in the word, and `place` in it is free.
Term inside_promises(const Term& starts, const Term& free, const Term& entries, const Term& start,
                     const Term& place);
// starts_across(): the same with `place` from 0 to 127, in the word and the next one.
Term across_promises(const Term& starts, const Term& free, const Term& next, const Term& entries,
                     const Term& start, const Term& place);
// The class that class_that_fits() finds, 0 to 6: which one is left open.
Term class_that_fits(const Term& entries);

// The promises of the last calls of starts_inside() and starts_across() on a path; true if there is none.
Term inside_promised(const Path& path, const Term& start, const Term& place);
Term across_promised(const Path& path, const Term& start, const Term& place);

// Contracts for all of them, and for std::countr_zero() and std::bit_width() on 64 bits, proved by the claims
// contract/low_bits and so on. bits_between() promises for the slot `slot`, and for the lowest bit of its mask.
void add_runs(Executor& executor, const Term& slot);

// Those claims.
reports::Expected<std::vector<Instance>> builtin_runs(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_RUNS_H
