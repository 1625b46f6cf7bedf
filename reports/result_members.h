// SPDX-License-Identifier: BSD-2-Clause
// The members of a result in JSON, each told once, for writing and for reading alike: members(visitor, value)
// calls visitor(key, member) for each, in their order. Private to result_json.cc.
//
// Besides visitor(key, member), a visitor has
//   hex(key, number)           as a string: JavaScript and many others keep 53 bits of a number only
//   as_object(key, counts)     a list of Count as one object, {name: value, ...}
//   part(key, function)        an object of its own, for members that lie deeper in JSON than in Result
//   if_known(key, list, known) there only if `known`
//   figures(list)              each Figure as a member of the object at hand
#ifndef NOSPAN_REPORTS_RESULT_MEMBERS_H
#define NOSPAN_REPORTS_RESULT_MEMBERS_H

#include <concepts>
#include <type_traits>

#include "reports/result.h"

namespace nospan::reports {

// `Value` is `Type`, const when it is written.
template <class Value, class Type>
concept Is = std::same_as<std::remove_const_t<Value>, Type>;

template <class Visitor>
void members(Visitor& visit, Is<Dependency> auto& value) {
  visit("name", value.name);
  visit("version", value.version);
}

template <class Visitor>
void members(Visitor& visit, Is<TreeIdentity> auto& value) {
  visit("version", value.version);
  visit("git", value.git);
  visit("content", value.content);
  visit("path", value.path);
}

template <class Visitor>
void members(Visitor& visit, Is<PatchIdentity> auto& value) {
  visit("file", value.file);
  visit("subject", value.subject);
  visit("sha256", value.sha256);
}

template <class Visitor>
void members(Visitor& visit, Is<CoverageShare> auto& value) {
  visit("class", value.name);
  visit("share", value.share);
  visit("least_share", value.least_share);
}

template <class Visitor>
void members(Visitor& visit, Is<InvariantResult> auto& value) {
  visit("id", value.id);
  visit("says", value.says);
  visit("source", value.source);
  visit("verdict", value.verdict);
}

template <class Visitor>
void members(Visitor& visit, Is<Step> auto& value) {
  visit("command", value.command);
  visit("expected", value.expected);
  visit("actual", value.actual);
}

template <class Visitor>
void members(Visitor& visit, Is<Band> auto& value) {
  visit("label", value.label);
  visit.hex("first", value.first);
  visit.hex("last", value.last);
  visit("kind", value.kind);
}

template <class Visitor>
void members(Visitor& visit, Is<BandRow> auto& value) {
  visit("name", value.name);
  visit("bands", value.bands);
}

template <class Visitor>
void members(Visitor& visit, Is<MemoryPicture> auto& value) {
  visit.hex("first", value.first);
  visit.hex("last", value.last);
  visit("rows", value.rows);
}

template <class Visitor>
void members(Visitor& visit, Is<Violation> auto& value) {
  visit("invariant", value.invariant);
  visit("rule", value.rule);
  visit("expected", value.expected);
  visit("actual", value.actual);
}

template <class Visitor>
void members(Visitor& visit, Is<Finding> auto& value) {
  visit("id", value.id);
  visit("title", value.title);
  visit("target", value.target);
  visit("invariant", value.invariant);
  visit("rule", value.rule);
  visit("rule_source", value.rule_source);
  visit("expected", value.expected);
  visit("actual", value.actual);
  visit("violations", value.violations);
  visit("claim", value.claim);
  visit("flaky", value.flaky);
  visit("security", value.security);
  visit("command", value.command);
  visit("scenario", value.scenario);
  visit("file", value.file);
  visit("reproduce", value.reproduce);
  visit("code_file", value.code_file);
  visit("code_line", value.code_line);
  visit("steps", value.steps);
  visit("picture", value.picture);
  visit("number", value.number);
  visit("commands_found", value.commands_found);
  visit("shrink_attempts", value.shrink_attempts);
  visit("shrink_seconds", value.shrink_seconds);
  visit("shrink_complete", value.shrink_complete);
}

template <class Visitor>
void members(Visitor& visit, Is<Count> auto& value) {
  visit("name", value.name);
  visit("value", value.value);
}

template <class Visitor>
void members(Visitor& visit, Is<Distribution> auto& value) {
  visit("name", value.name);
  visit("buckets", value.buckets);
}

template <class Visitor>
void members(Visitor& visit, Is<Exercise> auto& value) {
  visit("entry_point", value.entry_point);
  visit("iommu_page_shift", value.iommu_page_shift);
  visit("commands", value.commands);
}

template <class Visitor>
void members(Visitor& visit, Is<TargetCheck> auto& value) {
  visit("target", value.target);
  visit("label", value.label);
  visit("page_shift", value.page_shift);
  visit("sanitized", value.sanitized);
  visit("tree", value.tree);
  visit("patches", value.patches);
  visit("verdict", value.verdict);
  visit("seconds", value.seconds);
  visit("interrupted", value.interrupted);
  visit.as_object("tally", value.tally);
  visit("coverage", value.coverage);
  visit("coverage_judgeable", value.coverage_judgeable);
  visit("distributions", value.distributions);
  visit("exercised", value.exercised);
  visit("invariants", value.invariants);
  visit("guards_in_force", value.guards_in_force);
  visit("fixed", value.fixed);
  visit("finding", value.finding);
}

template <class Visitor>
void members(Visitor& visit, Is<Premise> auto& value) {
  visit("name", value.name);
  visit("words", value.words);
  visit("source", value.source);
}

template <class Visitor>
void members(Visitor& visit, Is<ClaimCase> auto& value) {
  visit("name", value.name);
  visit("answer", value.answer);
  visit("reason", value.reason);
  visit("seconds", value.seconds);
  visit("kept", value.kept);
  visit("hash", value.hash);
  visit("second", value.second);
  visit("second_seconds", value.second_seconds);
}

template <class Visitor>
void members(Visitor& visit, Is<Counterexample> auto& value) {
  visit("in", value.in);
  visit.as_object("inputs", value.inputs);
  visit("scenario", value.scenario);
}

template <class Visitor>
void members(Visitor& visit, Is<Drop> auto& value) {
  visit("hypothesis", value.hypothesis);
  visit("outcome", value.outcome);
  visit("replayed", value.replayed);
  visit("scenario", value.scenario);
  visit("counterexample", value.counterexample);
}

template <class Visitor>
void members(Visitor& visit, Is<ClaimOutcome> auto& value) {
  visit("id", value.id);
  visit("claim", value.claim);
  visit("function", value.function);
  visit("target", value.target);
  visit("page_shift", value.page_shift);
  visit("page_shifts", value.page_shifts);
  visit("words", value.words);
  visit("verdict", value.verdict);
  visit("reason", value.reason);
  visit("rests_on", value.rests_on);
  visit("hypotheses", value.hypotheses);
  visit("assumptions", value.assumptions);
  visit.if_known("core", value.core, value.core_known);
  visit("witness", value.witness);
  visit("cases", value.cases);
  visit("drops", value.drops);
  visit("replayed_by", value.replayed_by);
  visit("counterexample", value.counterexample);
  visit("finding", value.finding);
  visit("paths", value.paths);
  visit("seconds", value.seconds);
  visit("peak_kib", value.peak_kib);
}

template <class Visitor>
void members(Visitor& visit, Is<KnownFinding> auto& value) {
  visit("id", value.id);
  visit("title", value.title);
  visit("invariant", value.invariant);
  visit("security", value.security);
  visit("promise", value.promise);
  visit("behaviour", value.behaviour);
  visit("guard", value.guard);
}

template <class Visitor>
void members(Visitor& visit, Is<PatchJudgement> auto& value) {
  visit("patch", value.patch);
  visit("verdict", value.verdict);
  visit("summary", value.summary);
  visit("new_findings", value.new_findings);
  visit("lost_claims", value.lost_claims);
  visit("gained_claims", value.gained_claims);
  visit("new_assumptions", value.new_assumptions);
  visit("fallen_coverage", value.fallen_coverage);
  visit("fixed_findings", value.fixed_findings);
  visit("reproved", value.reproved);
}

template <class Visitor>
void members(Visitor& visit, Is<Gate> auto& value) {
  visit("tree", value.tree);
  visit("patches", value.patches);
  visit("corpus_entries", value.corpus_entries);
  visit("corpus_failing", value.corpus_failing);
}

template <class Visitor>
void members(Visitor& visit, Is<Figure> auto& value) {
  visit("name", value.name);
  visit("value", value.value);
  visit("unit", value.unit);
  visit("goal", value.goal);
  visit("reached", value.reached);
}

template <class Visitor>
void members(Visitor& visit, Is<Run> auto& value) {
  visit("command", value.command);
  visit("version", value.version);
  visit("command_line", value.command_line);
  visit("started", value.started);
  visit("seconds", value.seconds);
  visit("verdict", value.verdict);
  visit("summary", value.summary);
  visit("cut_short", value.cut_short);
  visit.hex("seed", value.seed);
}

template <class Visitor>
void members(Visitor& visit, Is<Result> auto& value) {
  visit("command", value.command);
  visit("version", value.version);
  visit("command_line", value.command_line);
  visit("started", value.started);
  visit("seconds", value.seconds);
  visit("peak_kib", value.peak_kib);
  visit("dependencies", value.dependencies);
  visit("solver", value.solver);
  visit("second_solver", value.second_solver);
  visit("verdict", value.verdict);
  visit("summary", value.summary);
  visit("cut_short", value.cut_short);
  visit.hex("seed", value.seed);
  visit("assumption", value.assumption);
  visit("jobs", value.jobs);
  visit.part("budget", [&](auto& budget) {
    budget("seconds_per_target", value.budget_seconds);
    budget("scenarios_per_target", value.budget_scenarios);
  });
  visit("targets", value.targets);
  visit("claims", value.claims);
  visit("known_findings", value.known_findings);
  visit("assumptions", value.assumptions);
  visit("trusted", value.trusted);
  visit("gate", value.gate);
  visit("figures", value.figures);
  visit.figures(value.figures);
  visit("runs", value.runs);
}

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_RESULT_MEMBERS_H
