// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/run_record.h"
#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "props/bench/figures.h"
#include "props/durable_file.h"
#include "props/finding.h"
#include "props/mutants/mutant_run.h"
#include "reports/result_json.h"
#include "targets/builtin/builtin.h"
#include "targets/linux/tree.h"
#include "targets/toolchain/share.h"

namespace nospan::cli {
namespace {

// The kernel that all figures are about.
constexpr const char* kKernel = "6.12";

struct BenchCommandOptions {
  std::vector<std::string> figures;
  std::string json;
};

reports::Expected<SelectedTarget> kernel(ProgressLine& progress) {
  TargetSelection selection;
  selection.targets = {"linux"};
  selection.page_shift = "16";
  auto targets =
      select_targets(selection, [&](const std::string& text) { progress.show("nospan: " + text + " ..."); });
  if (!targets) return tl::make_unexpected(targets.error());
  for (const SelectedTarget& target : *targets) {
    if (target.name.starts_with(std::string("linux ") + kKernel)) return target;
  }
  return reports::failure("bench", std::string("the packaged source of Linux ") + kKernel + " is not installed",
                          "install linux-source-6.12");
}

// From the first failing scenario to its shrunk form: the median over the mutants.
reports::Expected<double> shrink_seconds(ProgressLine& progress) {
  std::size_t done = 0;
  const auto mutants = props::all_mutants();
  props::MutantOptions options;
  options.control = false;
  const auto results = props::run_all_mutants(mutants, options, [&](const props::MutantResult&) {
    progress.show(fmt::format("nospan: shrink_seconds: mutant {} of {}", ++done, mutants.size()));
  });
  for (const props::MutantResult& result : results) {
    if (result.error) return tl::make_unexpected(*result.error);
  }
  return props::median_shrink_seconds(results);
}

reports::Expected<int> bench(const BenchCommandOptions& options) {
  const RunRecord record("bench");
  ProgressLine progress;
  auto selected = kernel(progress);
  if (!selected) return tl::make_unexpected(selected.error());
  auto findings = props::read_findings(toolchain::share_folder() / "props" / "findings");
  if (!findings) return tl::make_unexpected(findings.error());
  std::vector<const props::Finding*> known;
  for (const props::Finding& finding : *findings) known.push_back(&finding);

  bench::BenchOptions bench;
  bench.kernel = selected->target;
  bench.guards = props::guards_of(known, false);
  bench.builtin = nospan_builtin_target();
  bench.shrink_seconds = [&] { return shrink_seconds(progress); };
  auto figures = bench::measure(options.figures, bench, [&](const bench::FigureRule& next) {
    progress.show(fmt::format("nospan: measuring {} ...", next.name));
  });
  progress.clear();
  if (!figures) return tl::make_unexpected(figures.error());

  fmt::print("nospan bench: {}, one core; goals are those of docs/performance.md\n\n", selected->label());
  reports::Result result = record.result();
  result.verdict = reports::Verdict::kHolds;
  for (const bench::Figure& figure : *figures) {
    const bool higher = figure.better == bench::FigureRule::Better::kHigher;
    fmt::print("{:<28} {:>14.4g} {:<4} goal {} {:<10.4g} {}\n    {}\n", figure.name, figure.value, figure.unit,
               higher ? ">=" : "<=", figure.goal, figure.reached() ? "reached" : "MISSED", figure.what);
    result.figures.push_back({figure.name, figure.value, figure.unit,
                              fmt::format("{} {:.4g}", higher ? ">=" : "<=", figure.goal), figure.reached()});
  }
  const auto missed = std::count_if(result.figures.begin(), result.figures.end(),
                                    [](const reports::Figure& figure) { return !figure.reached; });
  result.summary =
      fmt::format("{} of {} figures reach their goals", result.figures.size() - missed, result.figures.size());
  if (!options.json.empty()) {
    record.finish(result);
    auto written = props::write_file_atomically(options.json, reports::to_json(result));
    if (!written) return tl::make_unexpected(written.error());
  }
  // A figure is a measurement on this machine, not a verdict: a missed goal is said, and is no failure.
  return reports::exit_code(reports::Verdict::kHolds);
}

}  // namespace

Command add_bench(CLI::App& app) {
  auto options = std::make_shared<BenchCommandOptions>();
  std::string names;
  for (const bench::FigureRule& rule : bench::all_figures())
    names += fmt::format("\n  {:<28} {}", rule.name, rule.what);
  app.add_option("FIGURE", options->figures, "the figures to measure (default: all)")->type_name("");
  app.add_option("--json", options->json, "write the result there, too, each figure under its name")
      ->type_name("FILE");
  app.footer("Figures:" + names);
  return [options] {
    auto code = bench(*options);
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
