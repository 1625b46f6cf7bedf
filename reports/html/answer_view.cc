// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "reports/html/sections.h"

namespace nospan::reports::html_page {
namespace {

// What a verdict is worth, for readers who see it for the first time.
std::string_view meaning(Verdict verdict) {
  switch (verdict) {
    case Verdict::kProved: return "for all inputs that the hypotheses allow, by a solver, with a witness";
    case Verdict::kHolds: return "no violation in this campaign; a campaign tries, it does not prove";
    case Verdict::kRefuted: return "a counterexample was replayed on the compiled code";
    case Verdict::kUnknown: return "not decided, which is not a success";
    case Verdict::kVacuous: return "too little was covered to say anything, which is not a success";
    case Verdict::kDisagree: return "two answers contradict each other: a bug of nospan";
    case Verdict::kError: return "the run failed, and says nothing about the code";
    case Verdict::kSkip: return "this tree cannot be built, so nothing was looked at";
  }
  return "";
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

// "12 claims proved, 3 unknown": every verdict is told.
std::string claims_words(const Result& result) {
  std::string words;
  for (const Verdict verdict : {Verdict::kRefuted, Verdict::kDisagree, Verdict::kError, Verdict::kVacuous,
                                Verdict::kUnknown, Verdict::kSkip, Verdict::kHolds, Verdict::kProved}) {
    const auto count = std::count_if(result.claims.begin(), result.claims.end(),
                                     [&](const ClaimOutcome& claim) { return claim.verdict == verdict; });
    if (count == 0) continue;
    const auto number = static_cast<std::size_t>(count);
    words += words.empty() ? fmt::format("{} {}", plural(number, "claim", "claims"), name(verdict))
                           : fmt::format(", {} {}", grouped(number), name(verdict));
  }
  return words;
}

std::string summary_of(const Result& result) {
  if (!result.summary.empty()) return result.summary;
  const std::size_t findings = findings_of(result).size();
  if (findings > 0) return fmt::format("{} in this run.", plural(findings, "finding", "findings"));
  return fmt::format("This run ended with the verdict {}.", name(result.verdict));
}

// Texts that lead to a finding where they are its id, or to a claim where they begin with one's.
std::vector<View> linked(const std::vector<std::string>& items, const Result& result, const Limits& limits) {
  std::vector<View> views;
  for (const std::string& item : items) {
    if (views.size() == limits.items) break;
    std::string anchor;
    for (const ClaimOutcome& claim : result.claims) {
      if (!claim.id.empty() && (item == claim.id || item.starts_with(claim.id + ":")))
        anchor = claim_anchor(claim);
    }
    std::string title;
    for (const Finding* finding : findings_of(result)) {
      if (finding->id != item) continue;
      anchor = finding_anchor(*finding);
      title = finding->title;
    }
    views.push_back(View(limits).text("item", item).whole("item_anchor", anchor).text("item_title", title));
  }
  return views;
}

}  // namespace

View answer_view(const Result& result, const Limits& limits) {
  View view(limits);
  view.text("answer", summary_of(result)).verdict("verdict", result.verdict);
  const bool both = result.verdict == Verdict::kHolds && !result.claims.empty() && !result.targets.empty();
  view.whole("meaning", both ? "nothing was refuted; what is proved, and what only tried, is told apart below"
                             : std::string(meaning(result.verdict)));
  view.whole("exit_code", std::to_string(exit_code(result.verdict)));
  view.flag("cut_short", result.cut_short);
  view.text("run_command", result.command).text("started", result.started);
  view.whole("took", duration(result.seconds));
  view.text("nospan_version", result.version);
  view.whole("claims_counts", claims_words(result));
  std::uint64_t scenarios = 0;
  for (const TargetCheck& check : result.targets) {
    for (const Count& count : check.tally) {
      if (count.name == "scenarios") scenarios += count.value;
    }
  }
  view.whole("scenario_count", scenarios == 0 ? "" : grouped(scenarios));
  view.whole("campaign_count",
             result.targets.empty() ? "" : plural(result.targets.size(), "campaign", "campaigns"));
  return view;
}

std::vector<View> patch_views(const Result& result, const Limits& limits) {
  std::vector<View> views;
  if (!result.gate) return views;
  const Gate& gate = *result.gate;
  for (const PatchJudgement& judgement : gate.patches) {
    if (views.size() == limits.items) break;
    View view(limits);
    view.text("patch", judgement.patch.subject.empty() ? judgement.patch.file : judgement.patch.subject);
    view.text("patch_file", judgement.patch.file).text("patch_hash", judgement.patch.sha256);
    view.verdict("patch_verdict", judgement.verdict).text("patch_summary", judgement.summary);
    std::vector<View> changes;
    const auto add = [&](std::string_view what, const std::vector<std::string>& items, bool bad) {
      if (items.empty()) return;
      View change(limits);
      change.text("change", what).flag("bad", bad).list("items", linked(items, result, limits));
      change.whole("items_more", items.size() > limits.items ? grouped(items.size() - limits.items) : "");
      changes.push_back(std::move(change));
    };
    add("New findings", judgement.new_findings, true);
    add("Claims lost", judgement.lost_claims, true);
    add("New assumptions", judgement.new_assumptions, true);
    add("Coverage below minimum", judgement.fallen_coverage, true);
    add("No longer fails", judgement.fixed_findings, false);
    add("Claims gained", judgement.gained_claims, false);
    view.whole("reproved_count",
               judgement.reproved.empty() ? "" : plural(judgement.reproved.size(), "claim", "claims"));
    view.texts("reproved", judgement.reproved);
    view.flag("nothing_new", changes.empty()).list("changes", changes);
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace nospan::reports::html_page
