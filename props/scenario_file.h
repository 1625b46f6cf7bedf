// SPDX-License-Identifier: BSD-2-Clause
// Scenario files: JSON (reports/json_file.h) with the schema "nospan.scenario/1", described in
// docs/scenario-format.md. Nothing here has state: safe to use from any thread.
#ifndef NOSPAN_PROPS_SCENARIO_FILE_H
#define NOSPAN_PROPS_SCENARIO_FILE_H

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "props/scenario.h"
#include "reports/error.h"

namespace nospan::props {

inline constexpr std::string_view kScenarioSchema = "nospan.scenario/1";

// No function here that returns an Expected throws, whatever it is given.

// Reads a scenario and validates it. `name` is what errors call the text: usually the file's name.
reports::Expected<Scenario> parse_scenario(std::string_view text, std::string_view name);

// The same from a file, of at most reports::kMostFileBytes.
reports::Expected<Scenario> read_scenario(const std::filesystem::path& path);

// Writes a scenario: keys in a fixed order, defaults left out, one command and one block per line, a newline at
// the end. For every valid scenario, parse_scenario(to_json(s)) is the same scenario: see same_scenario().
// Bytes of the note that are not UTF-8 become U+FFFD.
std::string to_json(const Scenario& scenario);

// The same for a JSON value, so that other files (findings, results) can hold scenarios. `path` is that of the
// value in its file, such as "$.scenario"; errors start with it.
nlohmann::ordered_json to_json_value(const Scenario& scenario);
reports::Expected<Scenario> from_json_value(const nlohmann::ordered_json& value, std::string_view path);

// Are these the same configuration, commands, lists and note? Only elements that commands use count, wherever
// they lie in Scenario::elements.
bool same_scenario(const Scenario& a, const Scenario& b);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_SCENARIO_FILE_H
