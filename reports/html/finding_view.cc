// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "reports/html/escape.h"
#include "reports/html/matrix.h"
#include "reports/html/scenario_text.h"
#include "reports/html/sections.h"

namespace nospan::reports::html_page {
namespace {

// The steps to tell: all, or the first ones and those around the violation.
std::vector<View> step_views(const Finding& finding, const Limits& limits) {
  std::vector<View> views;
  const std::size_t count = finding.steps.size();
  const std::size_t half = limits.steps / 2;
  const std::size_t around = finding.command > half / 2 ? finding.command - half / 2 : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool told = count <= limits.steps || i < half || (i >= around && i < around + half);
    if (!told) continue;
    const Step& step = finding.steps[i];
    View view(limits);
    view.whole("step_number", std::to_string(i + 1));
    view.text("command", step.command).text("step_expected", step.expected).text("step_actual", step.actual);
    view.flag("shows_it", i == finding.command);
    views.push_back(std::move(view));
  }
  return views;
}

std::string where(const Finding& finding) {
  if (finding.code_file.empty()) return {};
  return finding.code_line == 0 ? finding.code_file
                                : fmt::format("{}:{}", finding.code_file, finding.code_line);
}

std::string how_found(const Finding& finding) {
  std::string text;
  if (!finding.claim.empty()) return fmt::format("A counterexample of the prover to {}.", finding.claim);
  if (finding.commands_found == 0) return text;
  text = fmt::format("Found in scenario {} of the campaign with {} {}; shrunk to {} in {} ({} attempts).",
                     grouped(finding.number), grouped(finding.commands_found),
                     finding.commands_found == 1 ? "command" : "commands", grouped(finding.steps.size()),
                     duration(finding.shrink_seconds), grouped(finding.shrink_attempts));
  if (!finding.shrink_complete) text += " Shrinking was cut short: a smaller scenario may exist.";
  return text;
}

}  // namespace

std::string finding_anchor(const Finding& finding) {
  return anchor("finding", finding.id + '\0' + finding.target + '\0' + finding.claim);
}

View finding_view(const Finding& finding, std::size_t number, const Limits& limits) {
  View view(limits);
  view.whole("finding_anchor", finding_anchor(finding)).whole("finding_number", std::to_string(number));
  view.text("finding_id", finding.id).text("title", finding.title.empty() ? finding.rule : finding.title);
  view.text("finding_target", finding.target).text("invariant", finding.invariant);
  view.text("rule", finding.rule).text("rule_source", finding.rule_source);
  view.text("expected", finding.expected).text("actual", finding.actual);
  std::vector<View> more;
  for (std::size_t i = 1; i < finding.violations.size() && more.size() < limits.items; ++i) {
    const Violation& violation = finding.violations[i];
    more.push_back(View(limits)
                       .text("other_invariant", violation.invariant)
                       .text("other_rule", violation.rule)
                       .text("other_expected", violation.expected)
                       .text("other_actual", violation.actual));
  }
  view.list("other_violations", more);
  view.flag("flaky", finding.flaky).flag("security", finding.security);
  view.text("code_place", where(finding)).text("found", how_found(finding));
  const unsigned shift = iommu_page_shift_of(finding);
  view.whole("iommu_page", shift == 0 ? "" : size_of_shift(shift));

  std::vector<View> pictures;
  if (finding.picture) {
    for (const unsigned width : {880U, 340U}) {
      View picture = picture_view(*finding.picture, width, limits);
      picture.whole("picture_class", width < 500 ? "narrow" : "broad");
      picture.whole("picture_id", fmt::format("{}-{}", finding_anchor(finding), width));
      pictures.push_back(std::move(picture));
    }
  }
  view.list("pictures", pictures);

  std::vector<View> steps = step_views(finding, limits);
  view.whole("step_count", std::to_string(steps.size()));
  view.whole("steps_left_out",
             steps.size() == finding.steps.size() ? "" : grouped(finding.steps.size() - steps.size()));
  view.flag("has_steps", !steps.empty()).flag("many_steps", steps.size() > 1).list("steps", steps);

  const std::string scenario = scenario_text(finding.scenario);
  const bool whole = scenario.size() <= limits.scenario;
  view.whole("scenario", clip(scenario, limits.scenario)).flag("scenario_whole", whole && !scenario.empty());
  view.flag("scenario_cut", !whole).text("file", finding.file).text("reproduce", finding.reproduce);
  return view;
}

}  // namespace nospan::reports::html_page
