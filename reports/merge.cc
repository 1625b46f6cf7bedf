// SPDX-License-Identifier: BSD-2-Clause
#include "reports/merge.h"

#include <fmt/format.h>

#include <algorithm>

namespace nospan::reports {
namespace {

bool same(const Dependency& a, const Dependency& b) { return a.name == b.name && a.version == b.version; }
bool same(const KnownFinding& a, const KnownFinding& b) { return a.id == b.id; }
bool same(const Premise& a, const Premise& b) {
  return a.name == b.name && a.words == b.words && a.source == b.source;
}

template <class Value>
void append(std::vector<Value>& all, const std::vector<Value>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

template <class Value>
void append_new(std::vector<Value>& all, const std::vector<Value>& more) {
  for (const Value& value : more) {
    const bool known =
        std::any_of(all.begin(), all.end(), [&](const Value& other) { return same(other, value); });
    if (!known) all.push_back(value);
  }
}

// What all have in common, or nothing.
template <class Member>
void take_common(Member& merged, const Member& next, bool first) {
  if (first) {
    merged = next;
  } else if (merged != next) {
    merged = {};
  }
}

void add_run(Result& merged, const Result& result) {
  if (!result.runs.empty()) return append(merged.runs, result.runs);
  merged.runs.push_back({result.command, result.version, result.command_line, result.started, result.seconds,
                         result.verdict, result.summary, result.cut_short, result.seed});
}

// "1 refuted, 2 holds", the worst first; "holds" where all came to the same.
std::string verdicts_of(std::vector<Verdict> verdicts) {
  std::string text;
  while (!verdicts.empty()) {
    Verdict worst_left = verdicts.front();
    for (const Verdict verdict : verdicts) worst_left = worst(worst_left, verdict);
    const std::size_t before = verdicts.size();
    std::erase(verdicts, worst_left);
    if (text.empty() && verdicts.empty()) return std::string(name(worst_left));
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", before - verdicts.size(), name(worst_left));
  }
  return text;
}

// One short line, however many runs: each command once. Their own summaries are with the runs.
std::string summary_of(const std::vector<Run>& runs) {
  std::vector<std::pair<std::string, std::vector<Verdict>>> commands;
  for (const Run& run : runs) {
    auto known = std::find_if(commands.begin(), commands.end(),
                              [&](const auto& command) { return command.first == run.command; });
    if (known == commands.end()) known = commands.insert(known, {run.command, {}});
    known->second.push_back(run.verdict);
  }
  std::string text;
  for (const auto& [command, verdicts] : commands) {
    const std::size_t times = verdicts.size();
    text += fmt::format("{}{}{}: {}", text.empty() ? "" : "; ", command,
                        times == 1 ? "" : fmt::format(" ({} runs)", times), verdicts_of(verdicts));
  }
  return text;
}

}  // namespace

Expected<Result> merge(const std::vector<Result>& results) {
  if (results.empty()) return failure("results", "there are none", "name at least one file");
  if (results.size() == 1) return results.front();
  Result merged;
  merged.command = "report";
  merged.verdict = Verdict::kProved;
  for (const Result& result : results) {
    const bool first = &result == &results.front();
    take_common(merged.version, result.version, first);
    take_common(merged.solver, result.solver, first);
    take_common(merged.second_solver, result.second_solver, first);
    take_common(merged.seed, result.seed, first);
    take_common(merged.assumption, result.assumption, first);
    take_common(merged.jobs, result.jobs, first);
    take_common(merged.budget_seconds, result.budget_seconds, first);
    take_common(merged.budget_scenarios, result.budget_scenarios, first);
    // ISO 8601 in one zone: the order of texts is that of time.
    if (first || result.started < merged.started) merged.started = result.started;
    merged.seconds += result.seconds;
    merged.peak_kib = std::max(merged.peak_kib, result.peak_kib);
    merged.verdict = worst(merged.verdict, result.verdict);
    merged.cut_short = merged.cut_short || result.cut_short;
    append(merged.targets, result.targets);
    append(merged.claims, result.claims);
    append_new(merged.dependencies, result.dependencies);
    append_new(merged.known_findings, result.known_findings);
    append_new(merged.assumptions, result.assumptions);
    append_new(merged.trusted, result.trusted);
    for (const Figure& figure : result.figures) {
      for (const Figure& other : merged.figures) {
        if (other.name == figure.name) {
          return failure("results", fmt::format("two of them hold the figure {}", figure.name),
                         "report one measurement at a time");
        }
      }
      merged.figures.push_back(figure);
    }
    if (result.gate) {
      if (merged.gate) return failure("results", "two of them are of a gate", "report one gate at a time");
      merged.gate = result.gate;
    }
    add_run(merged, result);
  }
  merged.summary = summary_of(merged.runs);
  return merged;
}

}  // namespace nospan::reports
