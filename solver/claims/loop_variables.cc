// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/loop_variables.h"

#include <llvm/IR/Function.h>

#include "solver/term_form.h"

namespace nospan::solver {

using reports::Expected;

Expected<std::string> linker_name(const Program& program, const char* function) {
  return program.function(function).map([](const llvm::Function* found) { return found->getName().str(); });
}

Expected<Term> number_of(LoopView& view, const char* name) {
  return view.find(name).map([](LoopView::Carried* found) { return zero_extend(found->value.bits, 64); });
}

Expected<void> let_go(LoopView& view, const char* name, const Term& value) {
  auto found = view.find(name);
  if (!found) return tl::unexpected(found.error());
  const unsigned width = (*found)->width;
  (*found)->value = Value::number(value.width() == width ? value : simplified(truncate(value, width)));
  return {};
}

}  // namespace nospan::solver
