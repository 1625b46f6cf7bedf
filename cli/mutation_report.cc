// SPDX-License-Identifier: BSD-2-Clause
#include "cli/mutation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/terminal.h"

namespace nospan::cli {
namespace {

using reports::Verdict;
using Json = nlohmann::ordered_json;

std::string percent(std::optional<double> score) { return score ? fmt::format("{:.1f} %", *score) : "-"; }

// The mutants of one function of the source.
struct Row {
  MutationCounts counts;
  std::map<std::string, std::size_t> by;  // what killed
  std::vector<double> seconds;            // of check, to each kill

  double median_seconds() const {
    if (seconds.empty()) return 0;
    std::vector<double> sorted = seconds;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }
  // "XLAT-1 12, SAFE-1 3": the most first.
  std::string killers() const {
    std::vector<std::pair<std::string, std::size_t>> list(by.begin(), by.end());
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    std::string text;
    for (const auto& [id, count] : list) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", id, count);
    return text.empty() ? "-" : text;
  }
};

void count(Row& row, const MutantOutcome& outcome) {
  row.counts.count(outcome.fate);
  if (outcome.fate != Fate::kKilled) return;
  ++row.by[outcome.by];
  row.seconds.push_back(outcome.cpu_seconds);
}

std::map<std::string, Row> rows(const MutationResult& result, Row& total) {
  std::map<std::string, Row> by_function;
  for (std::size_t i = 0; i < result.mutations.size(); ++i) {
    count(by_function[result.mutations[i].inside], result.outcomes[i]);
    count(total, result.outcomes[i]);
  }
  return by_function;
}

void print_row(const std::string& name, const Row& row) {
  const MutationCounts& c = row.counts;
  fmt::print("  {:<36} {:>5} {:>6} {:>5} {:>8} {:>8} {:>6.2f} s  {}\n", name, c.made, c.killed, c.equivalent,
             c.survived, percent(c.score()), row.median_seconds(), row.killers());
}

Json counts_json(const Row& row) {
  const MutationCounts& c = row.counts;
  return {{"made", c.made},
          {"killed", c.killed},
          {"equivalent", c.equivalent},
          {"survived", c.survived},
          {"errors", c.errors},
          {"not_tried", c.not_tried},
          {"score", c.score() ? Json(*c.score()) : Json()},
          {"median_cpu_seconds", row.median_seconds()},
          {"killed_by", row.by}};
}

}  // namespace

void MutationCounts::count(Fate fate) {
  ++made;
  if (fate == Fate::kKilled) {
    ++killed;
  } else if (is_equivalent(fate)) {
    ++equivalent;
  } else if (fate == Fate::kSurvived) {
    ++survived;
  } else if (fate == Fate::kError) {
    ++errors;
  } else {
    ++not_tried;
  }
}

std::optional<double> MutationCounts::score() const {
  const std::size_t possible = killed + survived;
  if (possible == 0) return std::nullopt;
  return 100.0 * static_cast<double>(killed) / static_cast<double>(possible);
}

MutationCounts counts(const MutationResult& result) {
  MutationCounts total;
  for (const MutantOutcome& outcome : result.outcomes) total.count(outcome.fate);
  return total;
}

Verdict verdict(const MutationResult& result, double least_score) {
  const MutationCounts total = counts(result);
  if (total.errors != 0) return Verdict::kError;
  if (total.killed + total.survived + total.not_tried == 0) return Verdict::kVacuous;
  if (total.not_tried != 0) return Verdict::kUnknown;
  return total.score().value_or(0) >= least_score ? Verdict::kHolds : Verdict::kRefuted;
}

void print(const MutationResult& result, double least_score) {
  fmt::print("\n{}\n", emphasized(result.target));
  fmt::print("  {:<36} {:>5} {:>6} {:>5} {:>8} {:>8} {:>8}  {}\n", "function", "made", "killed", "equal",
             "survived", "score", "median", "killed by");
  Row total;
  for (const auto& [function, row] : rows(result, total)) print_row(function, row);
  print_row("all", total);

  for (const Fate fate : {Fate::kSurvived, Fate::kError}) {
    bool headed = false;
    for (std::size_t i = 0; i < result.mutations.size(); ++i) {
      const MutantOutcome& outcome = result.outcomes[i];
      if (outcome.fate != fate) continue;
      if (!headed) fmt::print("\n  {}\n", fate == Fate::kSurvived ? "Survivors" : "Errors");
      headed = true;
      const solver::Mutation& mutation = result.mutations[i];
      fmt::print("  {:>5}  {}, in {}: {}\n", i, mutation.place, mutation.inside, mutation.words);
      if (!outcome.how.empty()) fmt::print("         {}\n", outcome.how);
    }
  }
  const MutationCounts& c = total.counts;
  fmt::print(
      "\n  {} of {} mutants{} killed, {} equivalent, {} survived: score {}, at least {:.1f} % wanted; "
      "{:.0f} s\n",
      c.killed, c.made,
      result.possible > c.made ? fmt::format(" (drawn from {})", result.possible) : std::string(), c.equivalent,
      c.survived, percent(c.score()), least_score, result.seconds);
  if (c.not_tried != 0) fmt::print("  cut short: {} mutants were not tried\n", c.not_tried);
  std::fflush(stdout);
}

nlohmann::ordered_json to_json_value(const MutationResult& result, double least_score) {
  Row total;
  Json functions = Json::object();
  for (const auto& [function, row] : rows(result, total)) functions[function] = counts_json(row);
  Json mutants = Json::array();
  for (std::size_t i = 0; i < result.mutations.size(); ++i) {
    const solver::Mutation& mutation = result.mutations[i];
    const MutantOutcome& outcome = result.outcomes[i];
    mutants.push_back({{"id", mutation.id()},
                       {"function", mutation.inside},
                       {"place", mutation.place},
                       {"edit", solver::name(mutation.edit)},
                       {"words", mutation.words},
                       {"fate", name(outcome.fate)},
                       {"by", outcome.by},
                       {"how", outcome.how},
                       {"scenarios", outcome.scenarios},
                       {"cpu_seconds", outcome.cpu_seconds},
                       {"build_seconds", outcome.build_seconds},
                       {"solver_seconds", outcome.solver_seconds},
                       {"prove_seconds", outcome.prove_seconds}});
  }
  Json json = {{"target", result.target},
               {"verdict", reports::name(verdict(result, least_score))},
               {"possible", result.possible},
               {"total", counts_json(total)},
               {"seconds", result.seconds}};
  json["functions"] = std::move(functions);
  json["mutants"] = std::move(mutants);
  return json;
}

}  // namespace nospan::cli
