// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/report_files.h"
#include "reports/merge.h"
#include "reports/result_json.h"

namespace nospan::cli {
namespace {

using reports::Expected;
using reports::Result;

struct ReportOptions {
  std::vector<std::string> files;
  std::string out;
  std::vector<std::string> formats;
};

Expected<int> write_reports(const ReportOptions& options) {
  std::vector<Result> results;
  for (const std::string& file : options.files) {
    auto result = reports::read_result(file);
    if (!result) return tl::make_unexpected(result.error());
    results.push_back(std::move(*result));
  }
  const auto merged = reports::merge(results);
  if (!merged) return tl::make_unexpected(merged.error());
  const auto files = write_report_files(*merged, options.out, options.formats);
  if (!files) return tl::make_unexpected(files.error());
  for (const auto& file : *files) fmt::print("{}\n", file.string());
  // The verdict is in the reports: that they are written is all that this command answers.
  return 0;
}

}  // namespace

Command add_report(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  std::vector<std::string> names;
  names.reserve(report_formats().size());
  for (const ReportFormat& format : report_formats()) names.emplace_back(format.name);
  app.add_option("RESULT.json", options->files, "results that other commands wrote with --json")
      ->type_name("")
      ->required();
  app.add_option("--out", options->out, "the folder for the reports; it is made if it is not there")
      ->type_name("DIR")
      ->required();
  app.add_option("--format", options->formats, "only these")->check(CLI::IsMember(names))->delimiter(',');
  std::string footer = "Files:";
  for (const ReportFormat& format : report_formats())
    footer += fmt::format("\n  {:<10} {}", format.name, format.file);
  app.footer(
      footer +
      "\n\nExit codes: 0 the reports are written, whatever verdict they tell; 5 a result cannot be read, or\n"
      "a report cannot be written.");
  return [options] {
    auto code = write_reports(*options);
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
