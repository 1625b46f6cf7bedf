// SPDX-License-Identifier: BSD-2-Clause
#include "cli/prove_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/json_file.h"

namespace nospan::cli {
namespace {

using reports::Verdict;

reports::Counterexample counterexample_of(const solver::Counterexample& counterexample) {
  reports::Counterexample result;
  result.in = counterexample.in;
  for (const auto& [input, value] : counterexample.inputs) result.inputs.push_back({input, value});
  result.scenario = counterexample.scenario;
  return result;
}

// A scenario that the solver wrote itself, as a value; null if there is none.
nlohmann::ordered_json scenario_value(const std::string& text) {
  if (text.empty()) return nullptr;
  auto value = reports::parse_json(text, "scenario");
  return value ? std::move(*value) : nlohmann::ordered_json(nullptr);
}

template <class Source>
std::vector<reports::Premise> premises(const std::vector<Source>& sources) {
  std::vector<reports::Premise> result;
  result.reserve(sources.size());
  for (const Source& source : sources) result.push_back({source.name, source.words, source.source});
  return result;
}

}  // namespace

reports::ClaimOutcome claim_outcome(const solver::ClaimResult& claim) {
  reports::ClaimOutcome outcome;
  outcome.id = claim.id;
  const std::size_t slash = claim.id.find('/');
  outcome.claim = claim.id.substr(0, slash);
  if (slash != std::string::npos && outcome.claim != "lemma") outcome.function = claim.id.substr(slash + 1);
  outcome.target = claim.target;
  outcome.words = claim.words;
  outcome.page_shifts = claim.page_shifts;
  outcome.verdict = claim.verdict;
  outcome.reason = claim.reason;
  outcome.rests_on = claim.rests_on;
  outcome.hypotheses = premises(claim.hypotheses);
  outcome.assumptions = premises(claim.assumptions);
  outcome.core = claim.core;
  outcome.core_known = claim.core_known;
  outcome.witness = claim.witness;
  for (const solver::CaseResult& entry : claim.cases) {
    outcome.cases.push_back({entry.name, entry.answer, entry.reason, entry.seconds, entry.kept, entry.hash,
                             entry.second, entry.second_seconds});
  }
  for (const solver::DropResult& drop : claim.drops) {
    reports::Drop& dropped = outcome.drops.emplace_back();
    dropped.hypothesis = drop.hypothesis;
    dropped.outcome = name(drop.outcome);
    dropped.replayed = drop.replayed;
    if (!drop.counterexample) continue;
    dropped.counterexample = counterexample_of(*drop.counterexample);
    dropped.scenario = scenario_value(drop.counterexample->scenario);
  }
  outcome.replayed_by = claim.replayed_by;
  if (claim.counterexample) outcome.counterexample = counterexample_of(*claim.counterexample);
  outcome.paths = claim.paths;
  outcome.seconds = claim.seconds;
  outcome.peak_kib = claim.peak_kib;
  return outcome;
}

void add_claims(reports::Result& result, const std::vector<solver::ClaimResult>& claims) {
  for (const solver::ClaimResult& claim : claims) {
    const reports::ClaimOutcome& outcome = result.claims.emplace_back(claim_outcome(claim));
    for (const reports::Premise& assumption : outcome.assumptions) {
      const bool listed =
          std::any_of(result.assumptions.begin(), result.assumptions.end(), [&](const reports::Premise& other) {
            return other.name == assumption.name && other.words == assumption.words &&
                   other.source == assumption.source;
          });
      if (!listed) result.assumptions.push_back(assumption);
    }
  }
}

std::string claims_summary(const std::vector<reports::ClaimOutcome>& claims) {
  std::map<std::string_view, std::size_t> counts;
  for (const reports::ClaimOutcome& claim : claims) ++counts[reports::name(claim.verdict)];
  if (counts[reports::name(Verdict::kProved)] == claims.size()) {
    return fmt::format("All {} claims are proved", claims.size());
  }
  std::vector<std::string> parts;
  for (const auto& [verdict, count] : counts) {
    if (count != 0) parts.push_back(fmt::format("{} {}", count, verdict));
  }
  return fmt::format("Of {} claims: {}", claims.size(), fmt::join(parts, ", "));
}

}  // namespace nospan::cli
