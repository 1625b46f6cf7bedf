// SPDX-License-Identifier: BSD-2-Clause
#include "props/mutants/mutant.h"

namespace nospan::props {

std::span<const Mutant> all_mutants() {
  static const std::vector<Mutant> mutants = [] {
    std::vector<Mutant> all = kernel_mutants();
    std::vector<Mutant> builtin = builtin_mutants();
    all.insert(all.end(), builtin.begin(), builtin.end());
    return all;
  }();
  return mutants;
}

}  // namespace nospan::props
