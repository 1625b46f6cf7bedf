// SPDX-License-Identifier: BSD-2-Clause
#include "cli/duration.h"

#include <charconv>
#include <cstdint>

namespace nospan::cli {

reports::Expected<std::chrono::milliseconds> parse_duration(const std::string& text) {
  constexpr std::uint64_t kMost = std::uint64_t{30} * 24 * 3600 * 1000;
  const auto bad = [&] {
    return reports::failure("", "\"" + text + "\" is not a time between 1ms and 30 days",
                            "write it like 10s, 500ms, 5m or 2h");
  };
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest == text.data()) return bad();
  const std::string unit(rest, end);
  std::uint64_t milliseconds = 0;
  if (unit == "ms") {
    milliseconds = 1;
  } else if (unit == "s" || unit.empty()) {
    milliseconds = 1000;
  } else if (unit == "m" || unit == "min") {
    milliseconds = 60 * 1000;
  } else if (unit == "h") {
    milliseconds = 3600 * 1000;
  } else {
    return bad();
  }
  if (number == 0 || number > kMost / milliseconds) return bad();
  return std::chrono::milliseconds(number * milliseconds);
}

}  // namespace nospan::cli
