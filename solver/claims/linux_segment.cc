// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_segment.h"

#include "solver/term_form.h"

namespace nospan::solver {
namespace {

// zero_extend() of each part of what is chosen.
Term extended(const Term& length) {
  const auto choice = choice_of(length);
  if (!choice) return zero_extend(length, 64);
  return choose(choice->condition, extended(choice->yes), extended(choice->no));
}

// The part of what is chosen by that condition; all of what is not.
Term part(const Term& term, const Term& condition, bool yes) {
  const auto choice = choice_of(term);
  if (!choice || !choice->condition.same(condition)) return term;
  return yes ? choice->yes : choice->no;
}

Segment part(const Segment& segment, const Term& condition, bool yes) {
  return {part(segment.address, condition, yes), part(segment.length, condition, yes)};
}

}  // namespace

Segment segment_of(const Term& dma_address, const Term& dma_length) {
  return {dma_address, extended(dma_length)};
}

Term of_each(const Segment& segment, const std::function<Term(const Segment&)>& fact) {
  auto choice = choice_of(segment.address);
  if (!choice) choice = choice_of(segment.length);
  if (!choice) return fact(segment);
  const Term& condition = choice->condition;
  return choose(condition, of_each(part(segment, condition, true), fact),
                of_each(part(segment, condition, false), fact));
}

Term does_not_wrap(const Segment& segment) {
  return less_equal(segment.address, segment.address + segment.length - word(1));
}

Term first_page(const Segment& segment, const Term& page_shift) {
  return shift_right(segment.address, page_shift);
}

Term last_page(const Segment& segment, const Term& page_shift) {
  return shift_right(segment.address + segment.length - word(1), page_shift);
}

}  // namespace nospan::solver
