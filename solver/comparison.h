// SPDX-License-Identifier: BSD-2-Clause
// What LLVM's comparisons of integers mean, as terms: for the executor and for the comparison of mutants.
#ifndef NOSPAN_SOLVER_COMPARISON_H
#define NOSPAN_SOLVER_COMPARISON_H

#include <llvm/IR/InstrTypes.h>

#include <optional>

#include "solver/term.h"

namespace nospan::solver {

// Of two numbers of the same width (LLVM Language Reference, icmp); none if the predicate is one of floating
// point numbers.
inline std::optional<Term> compared(llvm::CmpInst::Predicate predicate, const Term& a, const Term& b) {
  switch (predicate) {
    case llvm::CmpInst::ICMP_EQ: return a == b;
    case llvm::CmpInst::ICMP_NE: return a != b;
    case llvm::CmpInst::ICMP_ULT: return less(a, b);
    case llvm::CmpInst::ICMP_ULE: return less_equal(a, b);
    case llvm::CmpInst::ICMP_UGT: return less(b, a);
    case llvm::CmpInst::ICMP_UGE: return less_equal(b, a);
    case llvm::CmpInst::ICMP_SLT: return signed_less(a, b);
    case llvm::CmpInst::ICMP_SLE: return signed_less_equal(a, b);
    case llvm::CmpInst::ICMP_SGT: return signed_less(b, a);
    case llvm::CmpInst::ICMP_SGE: return signed_less_equal(b, a);
    default: return std::nullopt;
  }
}

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_COMPARISON_H
