// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "props/durable_file.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/ktap.h"
#include "reports/markdown.h"
#include "reports/merge.h"
#include "reports/result_json.h"
#include "reports/sarif.h"

namespace nospan::cli {
namespace {

namespace fs = std::filesystem;
using reports::Expected;
using reports::Result;

struct ReportOptions {
  std::vector<std::string> files;
  std::string out;
  std::vector<std::string> formats;
};

struct Format {
  std::string_view name;  // for --format
  std::string_view file;
  std::string (*render)(const Result&);
};

constexpr std::array kFormats{
    Format{"html", "report.html", reports::html},
    Format{"junit", "junit.xml", reports::junit},
    Format{"ktap", "report.ktap", reports::ktap},
    Format{"sarif", "report.sarif", reports::sarif},
    Format{"markdown", "summary.md", [](const Result& result) { return reports::markdown(result); }},
    Format{"json", "result.json", reports::to_json},
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
  // Everything is rendered before anything is written.
  std::vector<std::pair<fs::path, std::string>> files;
  for (const Format& format : kFormats) {
    const bool wanted = options.formats.empty() || std::find(options.formats.begin(), options.formats.end(),
                                                             format.name) != options.formats.end();
    if (wanted) files.emplace_back(fs::path(options.out) / format.file, format.render(*merged));
  }
  std::error_code error;
  fs::create_directories(options.out, error);
  if (error) {
    return reports::failure(options.out, "cannot be made: " + error.message(),
                            "name a folder that you can write to with --out");
  }
  for (const auto& [file, text] : files) {
    if (auto written = props::write_file_atomically(file, text); !written) {
      return tl::make_unexpected(written.error());
    }
    fmt::print("{}\n", file.string());
  }
  // The verdict is in the reports: that they are written is all that this command answers.
  return 0;
}

}  // namespace

Command add_report(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  std::vector<std::string> names;
  names.reserve(kFormats.size());
  for (const Format& format : kFormats) names.emplace_back(format.name);
  app.add_option("RESULT.json", options->files, "results that other commands wrote with --json")
      ->type_name("")
      ->required();
  app.add_option("--out", options->out, "the folder for the reports; it is made if it is not there")
      ->type_name("DIR")
      ->required();
  app.add_option("--format", options->formats, "only these")->check(CLI::IsMember(names))->delimiter(',');
  std::string footer = "Files:";
  for (const Format& format : kFormats) footer += fmt::format("\n  {:<10} {}", format.name, format.file);
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
