// SPDX-License-Identifier: BSD-2-Clause
#include "solver/covered_shifts.h"

#include <algorithm>

#include "solver/term_form.h"

namespace nospan::solver {

std::vector<unsigned> covered_page_shifts(const Instance& instance, const std::set<std::string>& dropped) {
  const auto page_shift = std::find_if(instance.inputs.begin(), instance.inputs.end(),
                                       [](const Named& input) { return input.name == "page_shift"; });
  std::vector<Term> conditions = instance.domain;
  for (const Hypothesis& hypothesis : instance.hypotheses) {
    if (!dropped.contains(hypothesis.name)) conditions.push_back(hypothesis.term);
  }
  const Term together = all_of(conditions);
  std::vector<unsigned> covered;
  for (unsigned shift = 12; shift <= 34; ++shift) {
    const bool excluded =
        page_shift != instance.inputs.end() &&
        substitute(together, page_shift->term, Term::bits(page_shift->term.width(), shift)).is_false();
    if (!excluded) covered.push_back(shift);
  }
  return covered;
}

}  // namespace nospan::solver
