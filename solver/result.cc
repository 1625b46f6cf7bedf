// SPDX-License-Identifier: BSD-2-Clause
#include "solver/result.h"

#include <array>
#include <nlohmann/json.hpp>

namespace nospan::solver {
namespace {

using reports::Verdict;

Verdict verdict_named(const std::string& text) {
  for (const Verdict verdict : {Verdict::kHolds, Verdict::kProved, Verdict::kRefuted, Verdict::kUnknown,
                                Verdict::kVacuous, Verdict::kDisagree, Verdict::kSkip}) {
    if (reports::name(verdict) == text) return verdict;
  }
  return Verdict::kError;
}

DropResult::Outcome outcome_named(const std::string& text) {
  for (const auto outcome : {DropResult::Outcome::kRedundant, DropResult::Outcome::kNeeded}) {
    if (name(outcome) == text) return outcome;
  }
  return DropResult::Outcome::kUnknown;
}

}  // namespace

std::string_view name(DropResult::Outcome outcome) {
  switch (outcome) {
    case DropResult::Outcome::kUnknown: return "unknown";
    case DropResult::Outcome::kRedundant: return "redundant";
    case DropResult::Outcome::kNeeded: return "needed";
  }
  return "";
}

// Found by argument-dependent look-up, all in this namespace.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Assumption, name, words, source)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Counterexample, in, inputs, scenario)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CaseResult, name, answer, reason, seconds, kept, hash, second,
                                   second_seconds)

void to_json(nlohmann::json& json, const Hypothesis& hypothesis) {
  json = {{"name", hypothesis.name}, {"words", hypothesis.words}, {"source", hypothesis.source}};
}

void from_json(const nlohmann::json& json, Hypothesis& hypothesis) {
  hypothesis.name = json.at("name");
  hypothesis.words = json.at("words");
  hypothesis.source = json.at("source");
}

void to_json(nlohmann::json& json, const DropResult& drop) {
  json = {{"hypothesis", drop.hypothesis}, {"outcome", name(drop.outcome)}, {"replayed", drop.replayed}};
  if (drop.counterexample) json["counterexample"] = *drop.counterexample;
}

void from_json(const nlohmann::json& json, DropResult& drop) {
  drop.hypothesis = json.at("hypothesis");
  drop.outcome = outcome_named(json.at("outcome"));
  drop.replayed = json.at("replayed");
  if (json.contains("counterexample")) drop.counterexample = json.at("counterexample").get<Counterexample>();
}

void to_json(nlohmann::json& json, const ClaimResult& result) {
  json = {{"id", result.id},
          {"target", result.target},
          {"words", result.words},
          {"page_shifts", result.page_shifts},
          {"verdict", reports::name(result.verdict)},
          {"reason", result.reason},
          {"rests_on", result.rests_on},
          {"hypotheses", result.hypotheses},
          {"assumptions", result.assumptions},
          {"witness", result.witness},
          {"cases", result.cases},
          {"drops", result.drops},
          {"replayed_by", result.replayed_by},
          {"scenario_is_example", result.scenario_is_example},
          {"examples", result.examples},
          {"paths", result.paths},
          {"seconds", result.seconds},
          {"peak_kib", result.peak_kib}};
  if (result.core_known) json["core"] = result.core;
  if (result.counterexample) json["counterexample"] = *result.counterexample;
}

void from_json(const nlohmann::json& json, ClaimResult& result) {
  result.id = json.at("id");
  result.target = json.at("target");
  result.words = json.at("words");
  result.page_shifts = json.at("page_shifts").get<std::vector<unsigned>>();
  result.verdict = verdict_named(json.at("verdict"));
  result.reason = json.at("reason");
  result.rests_on = json.at("rests_on");
  result.hypotheses = json.at("hypotheses").get<std::vector<Hypothesis>>();
  result.assumptions = json.at("assumptions").get<std::vector<Assumption>>();
  result.witness = json.at("witness");
  result.cases = json.at("cases").get<std::vector<CaseResult>>();
  result.drops = json.at("drops").get<std::vector<DropResult>>();
  result.replayed_by = json.at("replayed_by");
  result.scenario_is_example = json.at("scenario_is_example");
  result.examples = json.at("examples").get<std::vector<std::string>>();
  result.paths = json.at("paths");
  result.seconds = json.at("seconds");
  result.peak_kib = json.at("peak_kib");
  result.core_known = json.contains("core");
  if (result.core_known) result.core = json.at("core").get<std::vector<std::string>>();
  if (json.contains("counterexample")) result.counterexample = json.at("counterexample").get<Counterexample>();
}

}  // namespace nospan::solver
