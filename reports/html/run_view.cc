// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "reports/html/sections.h"

namespace nospan::reports::html_page {
namespace {

// So that a shell reads it as it was.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string text = "'";
  for (const char letter : word) text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + quoted(word);
  return line;
}

}  // namespace

View run_view(const Result& result, const Limits& limits) {
  View view(limits);
  std::vector<View> facts;
  const auto fact = [&](std::string_view what, const std::string& value, bool code = false) {
    if (value.empty()) return;
    facts.push_back(View(limits).text("fact", what).text("value", value).flag("code", code));
  };
  view.text("command_line", command_line(result.command_line));
  std::vector<View> runs;
  for (const Run& run : result.runs) {
    if (runs.size() == limits.items) break;
    View one(limits);
    one.verdict("run_verdict", run.verdict).text("run_summary", run.summary);
    one.text("run_line", command_line(run.command_line)).text("run_started", run.started);
    one.whole("run_took", duration(run.seconds)).flag("run_cut_short", run.cut_short);
    one.whole("run_seed", run.seed ? fmt::format("{:#x}", *run.seed) : "")
        .text("run_of", run.command)
        .text("run_version", run.version);
    runs.push_back(std::move(one));
  }
  view.flag("has_runs", !runs.empty()).list("runs", runs);
  fact("nospan", result.version);
  for (const Dependency& dependency : result.dependencies) fact(dependency.name, dependency.version);
  fact("Seed", result.seed ? fmt::format("{:#x}", *result.seed) : "", true);
  fact("Hypothesis of the campaigns", result.assumption);
  fact("Jobs", result.jobs == 0 ? "" : std::to_string(result.jobs));
  fact("Budget for each target", result.budget_seconds ? duration(*result.budget_seconds) : "");
  fact("Scenarios for each target", result.budget_scenarios ? grouped(*result.budget_scenarios) : "");
  fact("Started", result.started);
  fact("Took", duration(result.seconds));
  fact("Peak memory",
       result.peak_kib == 0 ? "" : fmt::format("{:.0f} MiB", static_cast<double>(result.peak_kib) / 1024));
  view.list("facts", facts);

  std::vector<View> trees;
  for (const TargetCheck& check : result.targets) {
    if (trees.size() == limits.items) break;
    View tree(limits);
    tree.text("run_label", check.label.empty() ? check.target : check.label);
    tree.text("run_version", check.tree.version).text("run_git", check.tree.git);
    tree.text("run_content", check.tree.content).text("run_path", check.tree.path);
    std::vector<View> patches;
    patches.reserve(check.patches.size());
    for (const PatchIdentity& patch : check.patches) {
      patches.push_back(View(limits)
                            .text("run_patch", patch.subject.empty() ? patch.file : patch.subject)
                            .text("run_patch_hash", patch.sha256));
    }
    tree.list("run_patches", patches);
    trees.push_back(std::move(tree));
  }
  view.flag("has_trees", !trees.empty()).list("trees", trees);

  std::vector<View> figures;
  figures.reserve(result.figures.size());
  for (const Figure& figure : result.figures) {
    figures.push_back(View(limits)
                          .text("figure", figure.name)
                          .whole("figure_value", fmt::format("{:.6g}", figure.value))
                          .text("unit", figure.unit)
                          .text("goal", figure.goal)
                          .flag("reached", figure.reached));
  }
  view.flag("has_figures", !figures.empty()).list("figures", figures);
  return view;
}

}  // namespace nospan::reports::html_page
