// SPDX-License-Identifier: BSD-2-Clause
// From a module in memory to native code, in this process: a mutant costs its code generation and no more.
//
// A module of build_bitcode() is made for the prover: not for a shared library, with debug information. Here it
// becomes one that is: position independent, nothing visible but the entry point, unwound through by
// exceptions. The program with a mutation and the one without go the same way.
#ifndef NOSPAN_SOLVER_MUTATION_NATIVE_CODE_H
#define NOSPAN_SOLVER_MUTATION_NATIVE_CODE_H

#include <memory>
#include <string>

#include "reports/error.h"
#include "solver/program.h"

namespace nospan::solver {

// One program, of which mutants are compiled one after another. Not thread-safe; the program outlives it.
class NativeCode {
 public:
  // `entry`: the one function that other objects and the loader see. An Error if the program does not have it.
  static reports::Expected<NativeCode> prepare(const Program& program, const std::string& entry);
  ~NativeCode();
  NativeCode(NativeCode&&) noexcept;
  NativeCode& operator=(NativeCode&&) = delete;

  // A copy of the prepared program, to be mutated. It shares the program's context.
  std::unique_ptr<llvm::Module> copy() const;

  // The object file of a copy, as bytes; the copy is used up. The same module gives the same bytes.
  reports::Expected<std::string> object_code(llvm::Module& copy) const;

  // The function's code after all that LLVM does at -O2 (no other function is inlined into it), as text; of a
  // copy, which is used up. Equal texts are equal functions.
  std::string optimized_text(llvm::Module& copy, const std::string& function) const;

 private:
  struct Details;
  NativeCode();
  std::unique_ptr<Details> details_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MUTATION_NATIVE_CODE_H
