// SPDX-License-Identifier: BSD-2-Clause
#include "solver/questioner.h"

#include <algorithm>

#include "solver/slice.h"
#include "solver/term_form.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"

namespace nospan::solver {
namespace {

bool has_model(const Asked& asked) { return asked.first.kind == Answer::Kind::kSatisfiable; }

// Hypotheses that use no names but the goal's.
std::vector<Named> about_the_goal(const Query& query) {
  std::set<std::string> names;
  for (const Term& term : query.goal) names.merge(free_names(term));
  std::vector<Named> result;
  for (const Named& hypothesis : query.hypotheses) {
    const std::set<std::string> used = free_names(hypothesis.term);
    if (std::includes(names.begin(), names.end(), used.begin(), used.end())) result.push_back(hypothesis);
  }
  return result;
}

void note_hypotheses(Asked& asked, const Query& query) {
  for (const Named& hypothesis : query.hypotheses) asked.hypotheses.insert(hypothesis.name);
}

// Unsatisfiable if every part is; else what the one that is not says.
Answer combined(const std::vector<Answer>& parts) {
  Answer total;
  total.kind = Answer::Kind::kUnsatisfiable;
  std::chrono::duration<double> seconds{0};
  uint64_t peak_kib = 0;
  for (const Answer& part : parts) {
    seconds += part.seconds;
    peak_kib = std::max(peak_kib, part.peak_kib);
    if (part.kind != Answer::Kind::kUnsatisfiable) total = part;
  }
  total.seconds = seconds;
  total.peak_kib = peak_kib;
  return total;
}

}  // namespace

Query Questioner::query(const std::set<std::string>& without, const std::vector<Term>& more,
                        std::vector<Term> goal) const {
  Query query;
  for (const Hypothesis& hypothesis : instance_.hypotheses) {
    if (without.contains(hypothesis.name)) continue;
    query.hypotheses.push_back({hypothesis.name, hypothesis.term});
  }
  query.given = instance_.domain;
  query.given.insert(query.given.end(), more.begin(), more.end());
  query.goal = std::move(goal);
  query.observed = instance_.inputs;
  return query;
}

Asked Questioner::ask_briefly(const Query& query) {
  const std::string text = smtlib(query);
  Asked asked;
  asked.hash = keep_text(text);
  asked.kept = true;
  asked.first = ask_first({text}, &asked.kept, brief()).front();
  return asked;
}

Asked Questioner::ask_easier(const Case& question, const std::set<std::string>& without) {
  if (question.easier) {
    Asked asked = ask_easier(*question.easier, without);
    if (asked.first.kind == Answer::Kind::kUnsatisfiable) return asked;
  }
  return ask(query(without, question.given, {!question.goal}), question.splits,
             {options_.limits, false, false, true});
}

Asked Questioner::ask_case(const Case& question, const std::set<std::string>& without, bool needs_hypotheses) {
  if (question.easier) {
    Asked asked = ask_easier(*question.easier, without);
    if (asked.first.kind == Answer::Kind::kUnsatisfiable) return asked;
  }
  const std::vector<Term> goal = {!question.goal};
  const Query whole = query(without, question.given, goal);
  const Query without_given = query(without, {}, goal);
  if (!question.probably_enough.empty()) {
    Asked asked =
        ask(query(without, question.probably_enough, goal), question.splits, {options_.limits, false});
    if (asked.first.kind == Answer::Kind::kUnsatisfiable) return asked;
  }
  std::vector<Query> attempts;
  const auto attempt_with = [&](const Query& attempt, std::vector<Named> hypotheses) {
    if (hypotheses.size() == attempt.hypotheses.size()) return;
    attempts.push_back(attempt);
    attempts.back().hypotheses = std::move(hypotheses);
  };
  const Query& simplest = question.try_without_given ? without_given : whole;
  if (!needs_hypotheses) {
    attempt_with(simplest, {});
    if (question.try_without_given) attempt_with(whole, {});
  }
  if (auto closest = about_the_goal(whole); !closest.empty()) attempt_with(simplest, std::move(closest));
  if (question.try_without_given && whole.hypotheses.empty()) attempts.push_back(without_given);
  for (const Query& attempt : attempts) {
    Asked asked = ask(attempt, question.splits, brief());
    if (asked.first.kind == Answer::Kind::kUnsatisfiable) return asked;
  }
  return ask(whole, question.splits);
}

Query Questioner::restricted(const Query& query, const Split& split) {
  Query result = query;
  const auto put_in = [&](Term& term) { term = substitute(term, split.variable, split.value); };
  for (Named& hypothesis : result.hypotheses) put_in(hypothesis.term);
  for (Term& term : result.given) put_in(term);
  for (Term& term : result.goal) put_in(term);
  for (Named& observed : result.observed) put_in(observed.term);
  return result;
}

Asked Questioner::ask(const Query& query, const std::vector<Split>& splits, const Effort& effort) {
  const Effort of_slice{effort.limits, false, effort.is_brief};
  if (!splits.empty()) {
    Asked asked = ask_parts(query, splits, true, of_slice);
    return has_model(asked) && !effort.is_slice_enough ? ask_parts(query, splits, false, effort) : asked;
  }
  if (const auto part = slice(query)) {
    Asked asked = ask_whole(*part, of_slice);
    if (!has_model(asked) || effort.is_slice_enough) return asked;
  }
  return ask_whole(query, effort);
}

Questioner::Effort Questioner::brief() const {
  constexpr std::chrono::milliseconds kBrief{3000};
  return {{std::min(options_.limits.time, kBrief), options_.limits.memory_mib}, false, true};
}

Asked Questioner::ask_parts(const Query& query, const std::vector<Split>& splits, bool sliced,
                            const Effort& effort) {
  // Each with its constant put in: solvers are much faster on that than on the whole.
  std::vector<std::string> parts;
  toolchain::Digest digest;
  Asked total;
  for (const Split& split : splits) {
    Query part = restricted(query, split);
    if (sliced) {
      if (auto what_matters = slice(part)) part = std::move(*what_matters);
    }
    note_hypotheses(total, part);
    parts.push_back(smtlib(part));
    digest.add(keep_text(parts.back()));
  }
  total.hash = digest.hex();
  total.kept = true;
  total.first = combined(ask_first(parts, &total.kept, effort));
  if (options_.cross_check && (effort.model_matters || !has_model(total))) {
    total.was_second_asked = true;
    std::vector<Answer> answers;
    for (const std::string& part : parts) {
      answers.push_back(ask_second(part));
      if (answers.back().kind != Answer::Kind::kUnsatisfiable) break;
    }
    total.second = combined(answers);
  }
  return total;
}

std::string Questioner::keep_text(const std::string& text) const {
  const std::string hash = toolchain::Digest().add(text).hex();
  if (!options_.smt2_folder.empty()) {
    static_cast<void>(toolchain::write_file(options_.smt2_folder / (hash + ".smt2"), text));
  }
  return hash;
}

std::vector<Answer> Questioner::ask_first(const std::vector<std::string>& parts, bool* kept,
                                          const Effort& effort) {
  const std::string solver = z3_version();
  std::vector<Answer> answers;
  std::vector<std::string> open;
  std::vector<std::size_t> places;
  for (const std::string& part : parts) {
    if (auto known = cache_.find(part, solver)) {
      answers.push_back(std::move(*known));
    } else {
      places.push_back(answers.size());
      open.push_back(part);
      answers.emplace_back();
    }
  }
  // A model that is known already answers the whole question.
  for (const Answer& answer : answers) {
    if (answer.kind == Answer::Kind::kSatisfiable) return {answer};
  }
  if (open.empty()) return answers;
  for (const std::string& part : open) {
    if (effort.is_brief && cache_.was_without_answer(part, solver, effort.limits.time)) {
      Answer none;
      none.kind = Answer::Kind::kUnknown;
      none.reason = "there was no answer in that time before";
      return {none};
    }
  }
  *kept = false;
  const std::vector<Answer> fresh = decide_parts_with_z3(open, effort.limits);
  if (effort.is_brief && fresh.back().timed_out) {
    cache_.keep_without_answer(open[fresh.size() - 1], solver, effort.limits.time);
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    cache_.keep(open[i], solver, fresh[i]);
    answers[places[i]] = fresh[i];
  }
  // What was not asked any more does not count.
  if (fresh.size() < open.size()) answers = {fresh.back()};
  return answers;
}

Answer Questioner::ask_second(const std::string& text) {
  const std::string solver = cvc5_version();
  if (auto known = cache_.find(text, solver)) return std::move(*known);
  Answer answer = decide_with_cvc5(text, options_.limits);
  cache_.keep(text, solver, answer);
  return answer;
}

Asked Questioner::ask_whole(const Query& query, const Effort& effort) {
  const std::string text = smtlib(query);
  Asked asked;
  note_hypotheses(asked, query);
  asked.hash = keep_text(text);
  asked.kept = true;
  asked.first = ask_first({text}, &asked.kept, effort).front();
  if (options_.cross_check && (effort.model_matters || !has_model(asked))) {
    asked.was_second_asked = true;
    asked.second = ask_second(text);
  }
  return asked;
}

}  // namespace nospan::solver
