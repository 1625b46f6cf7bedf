// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "props/explanation.h"
#include "props/finding.h"
#include "props/scenario_file.h"
#include "props/worker.h"
#include "reports/json_file.h"

namespace nospan::cli {
namespace {

struct ReproOptions {
  std::string file;
  TargetSelection selection;
};

// A scenario file, or the scenario of a finding file.
reports::Expected<props::Scenario> read(const std::string& file) {
  auto text = reports::read_file(file, reports::kMostFileBytes);
  if (!text) return tl::make_unexpected(text.error());
  auto json = reports::parse_json(*text, file);
  if (!json) return tl::make_unexpected(json.error());
  if (json->is_object() && json->contains("schema") && (*json)["schema"] == props::kFindingSchema) {
    auto finding = props::read_finding(file);
    if (!finding) return tl::make_unexpected(finding.error());
    return finding->scenario;
  }
  return props::parse_scenario(*text, file);
}

reports::Expected<int> repro(const ReproOptions& options, bool page_shift_given) {
  auto scenario = read(options.file);
  if (!scenario) return tl::make_unexpected(scenario.error());
  TargetSelection selection = options.selection;
  // A scenario has a system page size: only targets that have it, too, can run it.
  const std::string own = std::to_string(scenario->configuration.system_page.value);
  if (!page_shift_given) selection.page_shift = own;
  if (selection.page_shift == "both") selection.page_shift = own;
  if (selection.page_shift != own) {
    return reports::failure(options.file,
                            "is a scenario for PAGE_SHIFT " + own + ", not " + selection.page_shift,
                            "leave out --page-shift, or change \"system_page\" in the file");
  }
  ProgressLine progress;
  auto targets =
      select_targets(selection, [&](const std::string& text) { progress.show("nospan: " + text + " ..."); });
  progress.clear();
  if (!targets) return tl::make_unexpected(targets.error());

  reports::Verdict verdict = reports::Verdict::kHolds;
  for (const SelectedTarget& selected : *targets) {
    props::Worker worker(*selected.target, props::GuardSet{}, props::HangLimit{});
    const props::Outcome outcome = worker.run(*scenario);
    const props::Outcome again = worker.run(*scenario);
    const bool violated = outcome.violated() || again.violated();
    if (!violated) {
      fmt::print("{:<32} {}\n", selected.label(), verdict_text(reports::Verdict::kHolds, 0));
      continue;
    }
    verdict = reports::worst(verdict, reports::Verdict::kRefuted);
    const props::Outcome& shown = outcome.violated() ? outcome : again;
    fmt::print("{:<32} {}\n\n{}\n", selected.label(), verdict_text(reports::Verdict::kRefuted, 0),
               emphasized(fmt::format("{} violates {}", selected.label(),
                                      model::rule(shown.violations.front().invariant).id)));
    if (outcome.violated() != again.violated()) fmt::print("  FLAKY: of two runs only one shows it.\n");
    fmt::print("{}\n", props::explain(*selected.target, *scenario, shown));
  }
  fmt::print("{}\n", verdict_text(verdict, 0));
  return reports::exit_code(verdict);
}

}  // namespace

Command add_repro(CLI::App& app) {
  auto options = std::make_shared<ReproOptions>();
  app.add_option("FILE", options->file, "a scenario file, or a file of props/findings")
      ->required()
      ->type_name("");
  options->selection.add_options(app);
  app.footer(
      "Runs the scenario on builtin and every packaged kernel, unless told otherwise; no guard is in force.\n"
      "Exit code 1 while the scenario still violates an invariant, 0 when it no longer does.");
  const CLI::App* self = &app;
  return [options, self] {
    auto code = repro(*options, self->count("--page-shift") != 0);
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
