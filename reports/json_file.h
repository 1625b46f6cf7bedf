// SPDX-License-Identifier: BSD-2-Clause
// Strict JSON, for all files that nospan reads and writes. Nothing here has state: safe to use from any thread.
#ifndef NOSPAN_REPORTS_JSON_FILE_H
#define NOSPAN_REPORTS_JSON_FILE_H

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "reports/error.h"

namespace nospan::reports {

// The most bytes that any of our files may have: 64 MiB.
inline constexpr std::size_t kMostFileBytes = std::size_t{64} << 20;

// No function here that returns an Expected throws, whatever it is given.

// Reads a JSON text of at most kMostFileBytes. `name` is what errors call it: usually the file's name. Refuses
// duplicate keys, nesting deeper than 16, more than 2^23 values and text that is not UTF-8; syntax errors say
// line and column (in bytes, from 1).
Expected<nlohmann::ordered_json> parse_json(std::string_view text, std::string_view name);

// The layout of all our files: lists of objects get a line for each object, and whatever holds such a list gets
// a line for each member; all else stays on one line; a newline at the end. Bytes of strings that are not UTF-8
// become U+FFFD.
std::string write_json(const nlohmann::ordered_json& value);

// Reads a whole file of at most `most` bytes. The error's `where` is the path.
Expected<std::string> read_file(const std::filesystem::path& path, std::size_t most);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_JSON_FILE_H
