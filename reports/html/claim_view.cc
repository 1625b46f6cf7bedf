// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "reports/html/matrix.h"
#include "reports/html/scenario_text.h"
#include "reports/html/sections.h"

namespace nospan::reports::html_page {
namespace {

// "12 to 31 (4K to 2G)"; what is missing is not covered.
std::string shifts_words(std::vector<unsigned> shifts) {
  std::sort(shifts.begin(), shifts.end());
  shifts.erase(std::unique(shifts.begin(), shifts.end()), shifts.end());
  std::string words;
  for (std::size_t i = 0; i < shifts.size();) {
    std::size_t last = i;
    while (last + 1 < shifts.size() && shifts[last + 1] == shifts[last] + 1) ++last;
    if (shifts[last] < 64) {
      if (!words.empty()) words += ", ";
      words += last == i ? fmt::format("{} ({})", shifts[i], size_of_shift(shifts[i]))
                         : fmt::format("{} to {} ({} to {})", shifts[i], shifts[last], size_of_shift(shifts[i]),
                                       size_of_shift(shifts[last]));
    }
    i = last + 1;
  }
  return words;
}

std::string count_words(const std::map<std::string, std::size_t>& counts) {
  std::string words;
  for (const auto& [answer, count] : counts) {
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", grouped(count), answer);
  }
  return words;
}

// What each solver said, time-outs included.
void add_cases(View& view, const ClaimOutcome& claim) {
  std::map<std::string, std::size_t> first;
  std::map<std::string, std::size_t> second;
  double first_seconds = 0;
  double second_seconds = 0;
  std::size_t kept = 0;
  std::vector<const ClaimCase*> cases;
  for (const ClaimCase& one : claim.cases) {
    ++first[one.answer.empty() ? "no answer" : one.answer];
    if (!one.second.empty()) ++second[one.second];
    first_seconds += one.seconds;
    second_seconds += one.second_seconds;
    if (one.kept) ++kept;
    cases.push_back(&one);
  }
  view.whole("case_count", grouped(claim.cases.size()));
  view.whole("first_solver", count_words(first)).whole("first_seconds", duration(first_seconds));
  view.whole("second_solver", count_words(second)).whole("second_seconds", duration(second_seconds));
  view.flag("kept_some", kept > 0).whole("kept_count", grouped(kept));

  // What went wrong first, then what took longest.
  const auto good = [](const ClaimCase& one) {
    return one.answer == "unsat" && (one.second.empty() || one.second == "unsat");
  };
  std::stable_sort(cases.begin(), cases.end(), [&](const ClaimCase* a, const ClaimCase* b) {
    if (good(*a) != good(*b)) return !good(*a);
    return a->seconds > b->seconds;
  });
  const std::size_t most = view.limits().cases;
  view.whole("cases_left_out", cases.size() > most ? grouped(cases.size() - most) : "");
  if (cases.size() > most) cases.resize(most);
  std::vector<View> views;
  for (const ClaimCase* one : cases) {
    View item(view.limits());
    item.text("case_name", one->name).text("case_answer", one->answer).text("case_reason", one->reason);
    item.whole("case_seconds", duration(one->seconds)).flag("case_kept", one->kept);
    item.text("case_second", one->second).whole("case_second_seconds", duration(one->second_seconds));
    item.whole("case_hash", one->hash.substr(0, 12));
    views.push_back(std::move(item));
  }
  view.flag("has_cases", !views.empty()).flag("has_second", !second.empty()).list("cases", views);
}

void add_chain(View& view, const ClaimOutcome& claim, const Result& result) {
  std::vector<View> links;
  for (const std::string& id : claim.rests_on) {
    View link(view.limits());
    link.text("link_id", id);
    const ClaimOutcome* below = nullptr;
    for (const ClaimOutcome& other : result.claims) {
      if (other.id == id && (other.target == claim.target || other.target.empty())) below = &other;
    }
    link.flag("link_found", below != nullptr);
    if (below != nullptr) {
      link.whole("link_anchor", claim_anchor(*below)).verdict("link_verdict", below->verdict);
    }
    links.push_back(std::move(link));
  }
  view.flag("has_chain", !links.empty()).list("chain", links);
}

bool same(const Premise& a, const Premise& b) {
  return a.name == b.name && a.words == b.words && a.source == b.source;
}

std::string premise_anchor(std::string_view anchors, std::size_t number) {
  return anchors.empty() ? "" : fmt::format("{}-{}", anchors, number);
}

// Many claims take the same for granted: it is told once, in the list of all.
std::vector<View> assumption_links(const std::vector<Premise>& premises, const std::vector<Premise>& all,
                                   const Limits& limits) {
  std::vector<View> links;
  const std::size_t told = std::min(all.size(), limits.items);
  for (const Premise& premise : premises) {
    if (links.size() == limits.items) break;
    std::size_t number = 0;
    while (number < told && !same(all[number], premise)) ++number;
    View link(limits);
    link.text("assumption_name", premise.name).text("assumption_words", premise.words);
    link.text("assumption_source", premise.source);
    link.whole("assumption_anchor", number < told ? premise_anchor(kAssumptionAnchors, number) : "");
    links.push_back(std::move(link));
  }
  return links;
}

void add_drops(View& view, const ClaimOutcome& claim) {
  std::vector<View> drops;
  for (const Drop& drop : claim.drops) {
    View one(view.limits());
    one.text("drop_name", drop.hypothesis).text("outcome", drop.outcome).flag("drop_replayed", drop.replayed);
    one.flag("drop_needed", drop.outcome == "needed").flag("drop_redundant", drop.outcome == "redundant");
    one.text("drop_scenario", scenario_text(drop.scenario));
    drops.push_back(std::move(one));
  }
  view.flag("has_drops", !drops.empty()).list("drops", drops);
}

}  // namespace

std::string claim_anchor(const ClaimOutcome& claim) {
  return anchor("claim", fmt::format("{} {} {}", claim.id, claim.target, claim.page_shift));
}

View claim_view(const ClaimOutcome& claim, const Result& result, const Limits& limits) {
  View view(limits);
  view.whole("claim_anchor", claim_anchor(claim));
  view.text("claim_id", claim.id).text("claim_target", claim.target).text("words", claim.words);
  view.verdict("claim_verdict", claim.verdict).text("reason", claim.reason);
  view.whole("claim_seconds", duration(claim.seconds)).whole("paths", grouped(claim.paths));
  view.whole("peak",
             claim.peak_kib == 0 ? "" : fmt::format("{:.0f} MiB", static_cast<double>(claim.peak_kib) / 1024));
  view.whole("covers", shifts_words(claim.page_shifts));
  view.flag("witness", claim.witness);
  view.list("hypotheses", premise_views(claim.hypotheses, limits));
  view.list("claim_assumptions", assumption_links(claim.assumptions, result.assumptions, limits));
  view.flag("core_known", claim.core_known).flag("core_empty", claim.core.empty()).texts("core", claim.core);
  view.text("replayed_by", claim.replayed_by);
  view.flag("refuted_here", claim.finding.has_value());
  view.whole("refuted_anchor", claim.finding ? finding_anchor(*claim.finding) : "");
  std::vector<View> inputs;
  if (claim.counterexample) {
    for (const Count& input : claim.counterexample->inputs) {
      if (inputs.size() == limits.items) break;
      inputs.push_back(
          View(limits).text("input", input.name).whole("input_value", fmt::format("{:#x}", input.value)));
    }
  }
  view.flag("has_model", claim.counterexample.has_value()).list("inputs", inputs);
  view.text("model_scenario", claim.counterexample ? claim.counterexample->scenario : "");
  view.text("model_of", claim.counterexample ? claim.counterexample->in : "");
  view.text("first_name", result.solver.empty() ? "First solver" : result.solver);
  view.text("second_name", result.second_solver.empty() ? "Second solver" : result.second_solver);
  add_cases(view, claim);
  add_chain(view, claim, result);
  add_drops(view, claim);
  return view;
}

std::vector<View> premise_views(const std::vector<Premise>& premises, const Limits& limits,
                                std::string_view anchors) {
  std::vector<View> views;
  for (const Premise& premise : premises) {
    if (views.size() == limits.items) {
      views.push_back(View(limits)
                          .whole("name", fmt::format("{} more", grouped(premises.size() - views.size())))
                          .flag("premise_anchor", false)
                          .flag("premise_words", false)
                          .flag("source", false));
      break;
    }
    View view(limits);
    view.whole("premise_anchor", premise_anchor(anchors, views.size()));
    view.text("name", premise.name).text("premise_words", premise.words).text("source", premise.source);
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace nospan::reports::html_page
