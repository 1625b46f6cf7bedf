// SPDX-License-Identifier: BSD-2-Clause
#include "reports/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>

#include "reports/test_suites.h"

namespace nospan::reports {
namespace {

// XML 1.0 has no way to write control characters but tab and line ends, not even escaped.
std::string writable(std::string text) {
  for (char& letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 && letter != '\t' && letter != '\n' && letter != '\r') letter = '?';
  }
  return text;
}

void set(pugi::xml_node node, const char* attribute, const std::string& value) {
  node.append_attribute(attribute).set_value(writable(value).c_str());
}

std::string seconds(double value) { return fmt::format("{:.3f}", value); }

long count(const TestSuite& suite, TestStatus status) {
  return std::count_if(suite.cases.begin(), suite.cases.end(),
                       [&](const TestCase& test) { return test.status == status; });
}

void add_case(pugi::xml_node parent, const TestSuite& suite, const TestCase& test) {
  pugi::xml_node node = parent.append_child("testcase");
  set(node, "name", test.name);
  set(node, "classname", suite.name);
  set(node, "time", seconds(test.seconds));
  const char* element = nullptr;
  switch (test.status) {
    case TestStatus::kPassed: return;
    case TestStatus::kFailed: element = "failure"; break;
    case TestStatus::kError: element = "error"; break;
    case TestStatus::kSkipped: element = "skipped"; break;
  }
  pugi::xml_node outcome = node.append_child(element);
  if (test.status == TestStatus::kSkipped) {
    // The schema of Jenkins has no attributes here.
    outcome.text().set(writable(test.message).c_str());
    return;
  }
  set(outcome, "type", std::string(name(test.verdict)));
  set(outcome, "message", test.message);
  if (!test.details.empty()) outcome.text().set(writable(test.details).c_str());
}

void add_suite(pugi::xml_node parent, const Result& result, const TestSuite& suite) {
  pugi::xml_node node = parent.append_child("testsuite");
  set(node, "name", suite.name);
  // Without the zone, which some readers do not take: it is UTC.
  if (result.started.size() >= 19) set(node, "timestamp", result.started.substr(0, 19));
  set(node, "tests", std::to_string(suite.cases.size()));
  set(node, "failures", std::to_string(count(suite, TestStatus::kFailed)));
  set(node, "errors", std::to_string(count(suite, TestStatus::kError)));
  set(node, "skipped", std::to_string(count(suite, TestStatus::kSkipped)));
  set(node, "time", seconds(suite.seconds));
  for (const TestCase& test : suite.cases) add_case(node, suite, test);
}

}  // namespace

std::string junit(const Result& result) {
  const std::vector<TestSuite> suites = test_suites(result);
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  set(declaration, "version", "1.0");
  set(declaration, "encoding", "UTF-8");
  pugi::xml_node root = document.append_child("testsuites");
  std::size_t tests = 0;
  long failures = 0;
  long errors = 0;
  for (const TestSuite& suite : suites) {
    tests += suite.cases.size();
    failures += count(suite, TestStatus::kFailed);
    errors += count(suite, TestStatus::kError);
  }
  set(root, "name", "nospan " + result.command);
  set(root, "tests", std::to_string(tests));
  set(root, "failures", std::to_string(failures));
  set(root, "errors", std::to_string(errors));
  set(root, "time", seconds(result.seconds));
  for (const TestSuite& suite : suites) add_suite(root, result, suite);
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

}  // namespace nospan::reports
