// SPDX-License-Identifier: BSD-2-Clause
#include "cli/report_files.h"

#include <algorithm>
#include <array>
#include <utility>

#include "props/durable_file.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/ktap.h"
#include "reports/markdown.h"
#include "reports/result_json.h"
#include "reports/sarif.h"

namespace nospan::cli {
namespace {

namespace fs = std::filesystem;
using reports::Result;

constexpr std::array kFormats{
    ReportFormat{"html", "report.html", reports::html},
    ReportFormat{"junit", "junit.xml", reports::junit},
    ReportFormat{"ktap", "report.ktap", reports::ktap},
    ReportFormat{"sarif", "report.sarif", reports::sarif},
    ReportFormat{"markdown", "summary.md", [](const Result& result) { return reports::markdown(result); }},
    ReportFormat{"json", "result.json", reports::to_json},
};

}  // namespace

std::span<const ReportFormat> report_formats() { return kFormats; }

reports::Expected<std::vector<fs::path>> write_report_files(const Result& result, const fs::path& folder,
                                                            std::span<const std::string> formats) {
  std::vector<std::pair<fs::path, std::string>> texts;
  for (const ReportFormat& format : kFormats) {
    const bool wanted =
        formats.empty() || std::find(formats.begin(), formats.end(), format.name) != formats.end();
    if (wanted) texts.emplace_back(folder / format.file, format.render(result));
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return reports::failure(folder.string(), "cannot be made: " + error.message(),
                            "name a folder that you can write to with --out");
  }
  std::vector<fs::path> files;
  for (const auto& [file, text] : texts) {
    if (auto written = props::write_file_atomically(file, text); !written) {
      return tl::make_unexpected(written.error());
    }
    files.push_back(file);
  }
  return files;
}

}  // namespace nospan::cli
