// SPDX-License-Identifier: BSD-2-Clause
#include "reports/ktap.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "reports/test_suites.h"

namespace nospan::reports {
namespace {

// In a name, '#' begins a directive. Everything is one line.
std::string on_one_line(std::string_view text, bool is_name) {
  std::string line(text);
  for (char& letter : line) {
    if (static_cast<unsigned char>(letter) < 0x20) letter = ' ';
    if (is_name && letter == '#') letter = '-';
  }
  return line;
}

void add_diagnostic(std::string& text, std::string_view indent, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    text += fmt::format("{}# {}\n", indent, on_one_line(lines.substr(0, end), false));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

bool is_bad(const TestCase& test) {
  return test.status == TestStatus::kFailed || test.status == TestStatus::kError;
}

}  // namespace

std::string ktap(const Result& result) {
  const std::vector<TestSuite> suites = test_suites(result);
  std::string text = fmt::format("KTAP version 1\n1..{}\n", suites.size());
  std::size_t suite_number = 0;
  for (const TestSuite& suite : suites) {
    constexpr std::string_view kIndent = "    ";
    const std::string suite_name = on_one_line(suite.name, true);
    text += fmt::format("{0}KTAP version 1\n{0}# Subtest: {1}\n{0}1..{2}\n", kIndent, suite_name,
                        suite.cases.size());
    std::size_t number = 0;
    for (const TestCase& test : suite.cases) {
      if (is_bad(test)) {
        add_diagnostic(text, kIndent, test.message);
        add_diagnostic(text, kIndent, test.details);
      }
      text += fmt::format("{}{} {} {}", kIndent, is_bad(test) ? "not ok" : "ok", ++number,
                          on_one_line(test.name, true));
      if (test.status == TestStatus::kSkipped) text += " # SKIP " + on_one_line(test.message, true);
      text += '\n';
    }
    const bool bad = std::any_of(suite.cases.begin(), suite.cases.end(), is_bad);
    text += fmt::format("{} {} {}\n", bad ? "not ok" : "ok", ++suite_number, suite_name);
  }
  return text;
}

}  // namespace nospan::reports
