// SPDX-License-Identifier: BSD-2-Clause
#include "solver/smallest_model.h"

#include <algorithm>
#include <set>
#include <span>
#include <string_view>

#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

// Inputs that are shifts: by free numbers they are what makes questions hard.
bool is_page_size(std::string_view name) { return name == "page_shift" || name == "granule_shift"; }

bool is_about_page_sizes(const Term& term) {
  const std::set<std::string> names = free_names(term);
  return std::all_of(names.begin(), names.end(), is_page_size);
}

std::vector<Split> page_sizes_in(const Instance& instance, const Answer& model) {
  std::vector<Split> result;
  for (const Named& input : instance.inputs) {
    const auto value = model.values.find(input.name);
    if (!is_page_size(input.name) || value == model.values.end() || input.term.constant()) continue;
    result.push_back({input.term, Term::bits(input.term.width(), value->second)});
  }
  return result;
}

// It is about inputs only, and true of the model's. If that cannot be told, no.
bool holds_in(const Instance& instance, const Answer& model, Term term) {
  for (const Named& input : instance.inputs) {
    const auto value = model.values.find(input.name);
    if (value == model.values.end() || input.term.constant() || input.term.truth()) continue;
    const Term constant = input.term.is_boolean() ? Term::boolean(value->second != 0)
                                                  : Term::bits(input.term.width(), value->second);
    term = substitute(term, input.term, constant);
  }
  return term.is_true();
}

// Wishes that a model of the query should meet: earlier ones are granted before later ones. Several are asked
// for at once, as most can be granted together; the halves only where that is not so.
class Preferred {
 public:
  Preferred(const Instance& instance, Questioner& questioner, Query query, Answer answer)
      : instance_(instance), questioner_(questioner), query_(std::move(query)), answer_(std::move(answer)) {}

  void prefer(std::span<const Term> wishes) {
    while (!wishes.empty() && holds_in(instance_, answer_, restricted(wishes.front()))) {
      query_.given.push_back(restricted(wishes.front()));
      wishes = wishes.subspan(1);
    }
    if (wishes.empty() || can_grant(wishes) || wishes.size() == 1) return;
    const std::size_t half = (wishes.size() + 1) / 2;
    prefer(wishes.first(half));
    prefer(wishes.subspan(half));
  }

  // Puts the page sizes of the model in place of them: what is asked then is answered quickly.
  void keep_page_sizes() {
    sizes_ = page_sizes_in(instance_, answer_);
    for (const Split& size : sizes_) query_ = Questioner::restricted(query_, size);
  }

  const Answer& answer() const { return answer_; }

 private:
  Term restricted(Term wish) const {
    for (const Split& size : sizes_) wish = substitute(wish, size.variable, size.value);
    return wish;
  }

  bool can_grant(std::span<const Term> wishes) {
    Query all = query_;
    for (const Term& wish : wishes) all.given.push_back(restricted(wish));
    Asked asked = questioner_.ask_briefly(all);
    if (asked.first.kind != Answer::Kind::kSatisfiable) return false;
    query_ = std::move(all);
    answer_ = std::move(asked.first);
    return true;
  }

  const Instance& instance_;
  Questioner& questioner_;
  Query query_;
  Answer answer_;
  std::vector<Split> sizes_;
};

}  // namespace

Counterexample counterexample_of(const Instance& instance, Questioner& questioner, const Case& question,
                                 Query query, const Answer& answer, std::string* problem) {
  // Wishes about nothing but page sizes first.
  std::vector<Term> wishes = instance.preferences;
  const auto others = std::stable_partition(wishes.begin(), wishes.end(), is_about_page_sizes);
  const auto of_sizes = static_cast<std::size_t>(others - wishes.begin());
  Preferred model(instance, questioner, std::move(query), answer);
  model.prefer(std::span(wishes).first(of_sizes));
  model.keep_page_sizes();
  model.prefer(std::span(wishes).subspan(of_sizes));
  const Model& values = model.answer().values;
  Counterexample result{question.name, values, ""};
  const auto& tell = question.scenario ? question.scenario : instance.scenario;
  if (!tell) return result;
  auto scenario = tell(values);
  if (scenario) {
    result.scenario = std::move(*scenario);
  } else {
    *problem = scenario.error().line();
  }
  return result;
}

}  // namespace nospan::solver
