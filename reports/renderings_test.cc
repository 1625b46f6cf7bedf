// SPDX-License-Identifier: BSD-2-Clause
// What renderings say of a result. That they are well-formed is for validation_test.cc.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "reports/finding_text.h"
#include "reports/junit.h"
#include "reports/ktap.h"
#include "reports/markdown.h"
#include "reports/sample_result.h"
#include "reports/sarif.h"
#include "reports/test_suites.h"

namespace nospan::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Result without_gate() {
  Result result = sample_result();
  result.gate.reset();
  return result;
}

TestCase case_named(const std::vector<TestSuite>& suites, std::string_view name) {
  for (const TestSuite& suite : suites) {
    for (const TestCase& test : suite.cases) {
      if (test.name.starts_with(name)) return test;
    }
  }
  ADD_FAILURE() << "no case " << name;
  return {};
}

TEST(TestSuites, OnlyHoldsAndProvedPass) {
  for (const Verdict verdict : {Verdict::kError, Verdict::kHolds, Verdict::kProved, Verdict::kRefuted,
                                Verdict::kUnknown, Verdict::kVacuous, Verdict::kDisagree, Verdict::kSkip}) {
    Result result = without_gate();
    result.claims.resize(1);
    result.claims[0].verdict = verdict;
    result.targets.resize(1);
    result.targets[0].verdict = verdict;
    result.targets[0].invariants.resize(1);
    result.targets[0].invariants[0].verdict = verdict;
    const bool passes = verdict == Verdict::kHolds || verdict == Verdict::kProved;
    const auto suites = test_suites(result);
    EXPECT_EQ(case_named(suites, "iso-granule/").status == TestStatus::kPassed, passes) << name(verdict);
    EXPECT_EQ(case_named(suites, "ISO-1").status == TestStatus::kPassed, passes) << name(verdict);
    // And what does not pass is seen: only a tree that cannot be built is left out.
    if (!passes && verdict != Verdict::kSkip) {
      EXPECT_NE(case_named(suites, "iso-granule/").status, TestStatus::kSkipped) << name(verdict);
      EXPECT_NE(case_named(suites, "ISO-1").status, TestStatus::kSkipped) << name(verdict);
    }
  }
}

TEST(TestSuites, AnInvariantThatNothingEvaluatesIsSkipped) {
  Result result = without_gate();
  result.targets.resize(1);
  result.targets[0].invariants[1].verdict = Verdict::kVacuous;
  const TestCase test = case_named(test_suites(result), "HCALL-1");
  EXPECT_EQ(test.status, TestStatus::kSkipped);
  EXPECT_EQ(test.message, "nothing in this target evaluates it");
}

TEST(TestSuites, LowCoverageIsNamed) {
  Result result = without_gate();
  result.targets.resize(1);
  result.targets[0].verdict = Verdict::kVacuous;
  result.targets[0].invariants[0].verdict = Verdict::kVacuous;
  const TestCase test = case_named(test_suites(result), "ISO-1");
  EXPECT_EQ(test.status, TestStatus::kError);
  EXPECT_EQ(test.message, "coverage of IOMMU page of 16G is 0.1 %, below 1.0 %");
}

// A gate fails on what is new, and on nothing else.
TEST(TestSuites, OfAGateWhatWasSoBeforeIsSkipped) {
  const auto suites = test_suites(sample_result());
  EXPECT_EQ(suites[0].cases[0].status, TestStatus::kFailed);
  EXPECT_EQ(case_named(suites, "alloc/").status, TestStatus::kFailed) << "the claim was lost";
  EXPECT_EQ(case_named(suites, "lemma/").status, TestStatus::kSkipped) << "unknown before the patch";
  EXPECT_EQ(suites[2].cases[0].status, TestStatus::kFailed) << "its finding is new";
  Result old = sample_result();
  old.gate->patches[0].new_findings.clear();
  old.gate->patches[0].lost_claims.clear();
  const auto old_suites = test_suites(old);
  EXPECT_EQ(case_named(old_suites, "alloc/").status, TestStatus::kSkipped);
  EXPECT_EQ(old_suites[2].cases[0].status, TestStatus::kSkipped);
  EXPECT_EQ(case_named(test_suites(without_gate()), "lemma/").status, TestStatus::kError);
}

TEST(TestSuites, AMissedFigureIsNoFailure) {
  EXPECT_EQ(case_named(test_suites(sample_result()), "vs_bare_target").status, TestStatus::kSkipped);
  EXPECT_EQ(case_named(test_suites(sample_result()), "commands_per_second").status, TestStatus::kPassed);
}

TEST(Junit, TellsFailuresErrorsAndSkippedCases) {
  const std::string text = junit(without_gate());
  EXPECT_THAT(text, HasSubstr(R"(<failure type="refuted" message="ISO-1: expected only bytes of VM 0;)"));
  EXPECT_THAT(text, HasSubstr(R"(<error type="unknown" message="unknown: no answer within 60 s")"));
  EXPECT_THAT(text, HasSubstr("<skipped>the campaign stopped at ISO-1"));
  EXPECT_THAT(text, HasSubstr(R"(failures="2" errors="1")"));
}

TEST(Junit, ControlCharactersDoNotBreakIt) {
  Result result = without_gate();
  result.claims[1].reason = std::string("a\0b\x1b[1mc", 8);
  EXPECT_THAT(junit(result), HasSubstr("a?b?[1mc"));
}

TEST(Ktap, NamesHoldNoDirective) {
  Result result = without_gate();
  result.claims.resize(1);
  result.claims[0].id = "a # SKIP b\nok 9 c";
  EXPECT_THAT(ktap(result), HasSubstr("ok 1 a - SKIP b ok 9 c\n"));
}

TEST(Sarif, FindingsOnlyEachAtItsPlace) {
  const auto json = nlohmann::json::parse(sarif(sample_result()));
  const auto& results = json["runs"][0]["results"];
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0]["ruleId"], "ISO-1");
  EXPECT_EQ(results[0]["baselineState"], "new");
  EXPECT_EQ(results[1]["baselineState"], "unchanged");
  const auto& place = results[0]["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "arch/powerpc/kernel/iommu.c");
  EXPECT_EQ(place["region"]["startLine"], 850);
  EXPECT_EQ(json["runs"][0]["tool"]["driver"]["rules"].size(), 2u);
  EXPECT_EQ(json["runs"][0]["tool"]["driver"]["rules"][results[1]["ruleIndex"].get<int>()]["id"], "RANGE-1");
  EXPECT_EQ(json["runs"][0]["invocations"][0]["exitCode"], 1);
}

TEST(Sarif, WithoutAPlaceThereIsNoLocation) {
  Result result = sample_result();
  result.targets[1].finding->code_file.clear();
  const auto json = nlohmann::json::parse(sarif(result));
  EXPECT_FALSE(json["runs"][0]["results"][0].contains("locations"));
}

TEST(Markdown, TheImportantFirst) {
  const std::string text = markdown(sample_result());
  EXPECT_EQ(text.rfind("# ❌ nospan gate: refuted\n", 0), 0u) << text.substr(0, 100);
  const std::size_t patch = text.find("claim lost: alloc/iommu");
  const std::size_t finding = text.find("## Findings (2)");
  const std::size_t table = text.find("## Checked");
  EXPECT_LT(patch, finding);
  EXPECT_LT(finding, table);
  EXPECT_LT(table, text.find("## Claims"));
  EXPECT_THAT(text, HasSubstr("Cut short"));
  EXPECT_THAT(text, Not(HasSubstr("<of>")));
  EXPECT_THAT(text, Not(HasSubstr("Truncated")));
}

TEST(Markdown, StaysBelowItsLimitAndSaysSo) {
  Result result = sample_result();
  for (int i = 0; i < 20000; ++i) result.claims.push_back(result.claims[0]);
  const std::string text = markdown(result);
  EXPECT_LE(text.size(), kMostSummaryBytes);
  EXPECT_GT(text.size(), kMostSummaryBytes / 2);
  EXPECT_THAT(text, HasSubstr("**Truncated:**"));
  EXPECT_THAT(text, HasSubstr("## Findings (2)"));
  EXPECT_LE(markdown(result, 2000).size(), 2000u);
}

TEST(Markdown, TextOfOthersEndsNoFence) {
  Result result = without_gate();
  result.targets[1].finding->actual = "````\n# heading";
  EXPECT_THAT(markdown(result), HasSubstr("\n`````\nISO-1"));
}

TEST(FindingText, HoldsWhatIsNeededToJudgeIt) {
  const std::string text = finding_text(*sample_result().targets[1].finding);
  for (const char* part : {"the mission", "only bytes of VM 0", "FLAKY", "security", "iommu.c:850",
                           "map_page #0", "expected: refused", "nospan repro"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

}  // namespace
}  // namespace nospan::reports
