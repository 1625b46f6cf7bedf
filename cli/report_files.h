// SPDX-License-Identifier: BSD-2-Clause
// The files that a result is rendered to: what `nospan report` writes, and `nospan gate --out`.
#ifndef NOSPAN_CLI_REPORT_FILES_H
#define NOSPAN_CLI_REPORT_FILES_H

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"
#include "reports/result.h"

namespace nospan::cli {

struct ReportFormat {
  std::string_view name;  // for --format
  std::string_view file;  // in the folder of the reports
  std::string (*render)(const reports::Result&);
};

// Every format there is, in the order in which they are told.
std::span<const ReportFormat> report_formats();

// Writes the formats named, or all of them if none is, to `folder`, which is made if it is not there.
// Everything is rendered before anything is written, and each file appears whole or not at all. Returns the
// files.
reports::Expected<std::vector<std::filesystem::path>> write_report_files(const reports::Result& result,
                                                                         const std::filesystem::path& folder,
                                                                         std::span<const std::string> formats);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_REPORT_FILES_H
