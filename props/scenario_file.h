// SPDX-License-Identifier: BSD-2-Clause
// Scenario files: JSON with the schema "nospan.scenario/1", described in docs/scenario-format.md.
#ifndef NOSPAN_PROPS_SCENARIO_FILE_H
#define NOSPAN_PROPS_SCENARIO_FILE_H

#include <cstddef>
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

// The same from a file, of at most 64 MiB.
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

// Strict JSON for all our files. Refuses duplicate keys, nesting deeper than 16 and text that is not UTF-8;
// syntax errors say line and column (in bytes, from 1).
reports::Expected<nlohmann::ordered_json> parse_json(std::string_view text, std::string_view name);

// The layout of all our files: lists of objects get a line for each object, and whatever holds such a list gets
// a line for each member; all else stays on one line.
std::string write_json(const nlohmann::ordered_json& value);

// Reads a whole file of at most `most` bytes.
reports::Expected<std::string> read_file(const std::filesystem::path& path, std::size_t most);
inline constexpr std::size_t kMostFileBytes = std::size_t{64} << 20;

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_SCENARIO_FILE_H
