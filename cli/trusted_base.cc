// SPDX-License-Identifier: BSD-2-Clause
#include "cli/trusted_base.h"

#include <algorithm>

namespace nospan::cli {

std::vector<reports::Premise> trusted_by_check(const std::vector<reports::TargetCheck>& targets) {
  std::vector<reports::Premise> trusted = {
      {"model", "the reference model says what the rules mean",
       "model/, written from the sources that each rule cites"},
      {"harness", "the executor sees every TCE that a target writes, and compares all of them",
       "props/, killed mutants: docs/mutants.md"},
      {"compiler", "the code under test does what its source says", "gcc, not verified"},
  };
  const bool kernel = std::any_of(targets.begin(), targets.end(), [](const reports::TargetCheck& target) {
    return !target.tree.version.empty();
  });
  if (kernel) {
    trusted.push_back({"shims", "what surrounds the kernel's code in user space behaves as the kernel's own",
                       "targets/linux/shims, targets/linux/README.md"});
  }
  const bool unsanitized = std::any_of(targets.begin(), targets.end(),
                                       [](const reports::TargetCheck& target) { return !target.sanitized; });
  if (unsanitized) {
    trusted.push_back({"undefined behaviour", "is not looked for in builds without --sanitize",
                       "nospan check --sanitize looks for it"});
  }
  return trusted;
}

std::vector<reports::Premise> trusted_by_prove() {
  return {
      {"clang", "the LLVM IR means what the C source means", "clang-19 without optimization, not verified"},
      {"executor", "symbolic execution follows the meaning of the IR",
       "solver/, compared with the compiled code on random inputs: solver/differential_test.cc"},
      {"Z3", "unsat only for what cannot be satisfied",
       "not verified; --cross-check asks cvc5 the same questions"},
      {"claims", "the claims say what their words say",
       "solver/claims; counterexamples are replayed, witnesses asked for"},
      {"shims", "declarations that surround the kernel's code mean what the kernel's own mean",
       "targets/linux/shims, targets/linux/README.md"},
  };
}

}  // namespace nospan::cli
