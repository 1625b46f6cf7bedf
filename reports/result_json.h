// SPDX-License-Identifier: BSD-2-Clause
// A result as JSON, schema nospan.result/1 (docs/result.schema.json), and back. Reading is strict: an unknown
// key, a member that is missing, a value of another type or a verdict that nospan does not know is an error
// that names the place. What is read and written again is the same text.
//
// No state: safe to use from any thread. No function throws, whatever it is given.
#ifndef NOSPAN_REPORTS_RESULT_JSON_H
#define NOSPAN_REPORTS_RESULT_JSON_H

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "reports/error.h"
#include "reports/result.h"

namespace nospan::reports {

// Members that hold nothing (no finding, no budget, no seed) are left out. Each figure of `bench` is a member
// of the result itself, too: what scripts compare.
nlohmann::ordered_json to_json_value(const Result& result);

// The text of a result file.
std::string to_json(const Result& result);

// `path` is where the value lies in its document, usually "$".
Expected<Result> result_from_json_value(const nlohmann::ordered_json& value, std::string_view path);

// `name` is what errors call the text: usually the file's name.
Expected<Result> parse_result(std::string_view text, std::string_view name);

// From a file of at most kMostFileBytes (reports/json_file.h).
Expected<Result> read_result(const std::filesystem::path& path);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_RESULT_JSON_H
