// SPDX-License-Identifier: BSD-2-Clause
// libFuzzer: no text may crash the reader, and what it accepts must survive writing and reading.
//
//   clang++-19 -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I. props/scenario_file_fuzz.cc
//     props/scenario_file.cc props/scenario_reader.cc props/scenario_writer.cc reports/json_file.cc
//     reports/json_reader.cc props/scenario.cc reports/quantity.cc reports/verdict.cc -lfmt -o
//     scenario_file_fuzz
//   ./scenario_file_fuzz -dict=props/scenario_file_fuzz.dict corpus/
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "props/scenario_file.h"

namespace {

using nospan::props::parse_scenario;
using nospan::props::same_scenario;
using nospan::props::to_json;

void require(bool holds, const char* what, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%s\n", what, text.c_str());
  std::abort();
}

// An error is one line, short, and in characters that a terminal shows.
void check_error(const std::string& line) {
  require(!line.empty() && line.size() < 1000, "the error is empty or long", line);
  for (const char letter : line) {
    const auto byte = static_cast<unsigned char>(letter);
    require(byte >= 0x20 && byte != 0x7f, "the error holds a control character", line);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto scenario = parse_scenario(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!scenario) {
    check_error(scenario.error().line());
    return 0;
  }
  const std::string text = to_json(*scenario);
  const auto again = parse_scenario(text, "again");
  require(again.has_value(), again ? "" : again.error().line().c_str(), text);
  require(same_scenario(*scenario, *again), "differs after writing and reading", text);
  require(to_json(*again) == text, "is written in two ways", text);
  return 0;
}
