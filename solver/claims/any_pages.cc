// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/any_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

Term page_of(const Term& address, const Term& page_shift) { return shift_right(address, page_shift); }

// Of two addresses and their pages.
Term are_in_order(const Term& low, const Term& low_page, const Term& high, const Term& high_page) {
  return implies(less_equal(low, high), less_equal(low_page, high_page)) &
         implies((high == low + word(1)) & less(low, high), less_equal(high_page, low_page + word(1)));
}

}  // namespace

Case order_of_pages(const Term& page_shift) {
  const Term low = free_word("low");
  const Term high = free_word("high");
  return {"pages are in the order of their addresses",
          {},
          are_in_order(low, page_of(low, page_shift), high, page_of(high, page_shift)),
          split_page_shift(page_shift)};
}

Case of_any_pages(Case question, const Term& page_shift) {
  std::vector<Term> all = question.given;
  all.push_back(question.goal);
  const std::vector<Term> pages = parts_written_with(all, Z3_OP_BLSHR, page_shift);
  std::vector<std::pair<Term, Term>> numbers;
  std::vector<Term> addresses;
  for (const Term& page : pages) {
    addresses.push_back(operands_of(page, Z3_OP_BLSHR)->left);
    numbers.emplace_back(page, free_word(fmt::format("page_{}", numbers.size())));
  }
  const auto replace = [&](Term& term) { term = substitute(term, numbers); };
  for (Term& term : question.given) replace(term);
  replace(question.goal);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (std::size_t j = 0; j < numbers.size(); ++j) {
      if (i == j) continue;
      question.given.push_back(are_in_order(addresses[i], numbers[i].second, addresses[j], numbers[j].second));
    }
  }
  const std::set<std::string> size = free_names(page_shift);
  const auto mentions_size = [&](const Term& term) {
    const std::set<std::string> names = free_names(term);
    return std::any_of(size.begin(), size.end(), [&](const std::string& name) { return names.contains(name); });
  };
  if (mentions_size(question.goal)) return question;
  std::erase_if(question.given, mentions_size);
  question.splits.clear();
  return question;
}

}  // namespace nospan::solver
