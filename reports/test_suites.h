// SPDX-License-Identifier: BSD-2-Clause
// A result as suites of tests that passed or did not: what JUnit XML and KTAP have in common. Suites are
// targets, their cases invariants; claims about one target are a suite, and so are the patches of a gate.
//
// Only `holds` and `proved` pass. A gate fails only on what is new: what failed before the patch is skipped,
// and says so. An invariant that its campaign says nothing about, because the campaign stopped at another or
// because nothing evaluates it, is skipped.
//
// No state: safe to use from any thread.
#ifndef NOSPAN_REPORTS_TEST_SUITES_H
#define NOSPAN_REPORTS_TEST_SUITES_H

#include <cstdint>
#include <string>
#include <vector>

#include "reports/result.h"

namespace nospan::reports {

enum class TestStatus : std::uint8_t { kError, kPassed, kFailed, kSkipped };

struct TestCase {
  std::string name;  // one line
  TestStatus status = TestStatus::kError;
  Verdict verdict = Verdict::kError;
  std::string message;  // one line; empty if it passed
  std::string details;  // lines; may be empty
  double seconds = 0;   // 0 if it has no time of its own
};

struct TestSuite {
  std::string name;
  double seconds = 0;
  std::vector<TestCase> cases;
};

std::vector<TestSuite> test_suites(const Result& result);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_TEST_SUITES_H
