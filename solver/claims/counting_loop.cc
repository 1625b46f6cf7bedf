// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/counting_loop.h"

#include <fmt/format.h>

#include <memory>

namespace nospan::solver {
namespace {

using reports::Expected;
using Carried = LoopView::Carried;

enum class Step : uint8_t { kDown, kUp, kPage, kWord };

Step step_of(const CountingLoop& loop, const Carried& variable) {
  if (variable.is_pointer) return Step::kWord;
  if (variable.entry.bits.same(loop.remaining)) return Step::kDown;
  if (variable.entry.bits.same(loop.address)) return Step::kPage;
  return Step::kUp;
}

Term after(const CountingLoop& loop, const Carried& variable, const Term& done) {
  const Term& entry = variable.entry.bits;
  switch (step_of(loop, variable)) {
    case Step::kDown: return entry - done;
    case Step::kUp: return entry + done;
    case Step::kPage: return entry + shift_left(done, loop.page_shift);
    case Step::kWord: break;
  }
  return entry + shift_left(done, word(3));
}

// How many pages are behind the loop, read off a variable that counts them.
Expected<Term> done_of(const CountingLoop& loop, const LoopView& view) {
  for (const Carried& variable : view.carried) {
    if (!variable.is_pointer && variable.width != 64) {
      return reports::failure("loop contract",
                              fmt::format("the loop of {} carries {}, which has {} bits", loop.function,
                                          variable.name, variable.width),
                              "the tree has changed this loop: its contract in solver/ has to follow");
    }
  }
  for (const Carried& variable : view.carried) {
    switch (step_of(loop, variable)) {
      case Step::kDown: return variable.entry.bits - variable.value.bits;
      case Step::kUp: return variable.value.bits - variable.entry.bits;
      case Step::kPage:
      case Step::kWord: break;
    }
  }
  return reports::failure("loop contract", fmt::format("the loop of {} counts nothing", loop.function),
                          "the tree has changed this loop: its contract in solver/ has to follow");
}

}  // namespace

LoopContract contract(CountingLoop counting) {
  const auto loop = std::make_shared<const CountingLoop>(std::move(counting));
  LoopContract result;
  result.function = loop->function;
  result.loop = loop->loop;
  result.words = loop->words;
  result.havoc = [loop, count = 0u](LoopView& view) mutable -> Expected<void> {
    if (auto known = done_of(*loop, view); !known) return tl::unexpected(known.error());
    const Term done = free_word(fmt::format("{}:{}:done#{}", loop->function, loop->loop, count++));
    for (Carried& variable : view.carried) variable.value.bits = after(*loop, variable, done);
    if (loop->havoc) loop->havoc(view.state, done);
    return {};
  };
  result.invariant = [loop](LoopView& view) -> Expected<Term> {
    auto done = done_of(*loop, view);
    if (!done) return done;
    Term all = less_equal(*done, loop->total(view.state));
    for (const Carried& variable : view.carried) {
      all = all & (variable.value.bits == after(*loop, variable, *done));
      if (variable.value.object != variable.entry.object) all = Term::boolean(false);
    }
    if (loop->invariant) all = all & loop->invariant(view.state, *done);
    return all;
  };
  return result;
}

}  // namespace nospan::solver
