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

// The page numbers that a question speaks about, and a free constant for each.
class PageNumbers {
 public:
  PageNumbers(const Case& question, const Term& page_shift) {
    std::vector<Term> all = question.given;
    all.push_back(question.goal);
    for (const Term& page : parts_written_with(all, Z3_OP_BLSHR, page_shift)) {
      addresses_.push_back(operands_of(page, Z3_OP_BLSHR)->left);
      numbers_.emplace_back(page, free_word(fmt::format("page_{}", numbers_.size())));
    }
  }

  void put_into(Case& question) const {
    for (Term& term : question.given) term = substitute(term, numbers_);
    question.goal = substitute(question.goal, numbers_);
  }

  void add_order(std::vector<Term>& given) const {
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      for (std::size_t j = 0; j < numbers_.size(); ++j) {
        if (i == j) continue;
        given.push_back(are_in_order(addresses_[i], numbers_[i].second, addresses_[j], numbers_[j].second));
      }
    }
  }

 private:
  std::vector<std::pair<Term, Term>> numbers_;
  std::vector<Term> addresses_;
};

// Leaves out what is given that depends on the page size, unless the goal does, too.
Case without_page_size(Case question, const Term& page_shift) {
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

}  // namespace

Case order_of_pages(const Term& page_shift) {
  const Term low = free_word("low");
  const Term high = free_word("high");
  return {"pages are in the order of their addresses",
          {},
          are_in_order(low, page_of(low, page_shift), high, page_of(high, page_shift)),
          split_page_shift(page_shift)};
}

Case of_unrelated_pages(Case question, const Term& page_shift) {
  PageNumbers(question, page_shift).put_into(question);
  return without_page_size(std::move(question), page_shift);
}

Case of_any_pages(Case question, const Term& page_shift) {
  const PageNumbers pages(question, page_shift);
  pages.put_into(question);
  pages.add_order(question.given);
  return without_page_size(std::move(question), page_shift);
}

}  // namespace nospan::solver
