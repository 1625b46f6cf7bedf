// SPDX-License-Identifier: BSD-2-Clause
#include "reports/test_suites.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/finding_text.h"

namespace nospan::reports {
namespace {

// What a gate holds against its patches; without a gate, everything counts.
class Blame {
 public:
  explicit Blame(const Result& result) : gate_(result.gate ? &*result.gate : nullptr) {}

  bool is_new(const Finding& finding) const {
    return any([&](const PatchJudgement& patch) { return contains(patch.new_findings, finding.id); });
  }

  // Lost claims are listed as "id: verdict".
  bool is_new(const ClaimOutcome& claim) const {
    if (claim.finding && is_new(*claim.finding)) return true;
    return any([&](const PatchJudgement& patch) {
      return std::any_of(patch.lost_claims.begin(), patch.lost_claims.end(), [&](const std::string& lost) {
        return lost == claim.id || lost.starts_with(claim.id + ":");
      });
    });
  }

  // What a campaign came to where it found no violation: only coverage can be to blame, and then it is named.
  bool is_new(const TargetCheck& target) const {
    if (target.finding) return is_new(*target.finding);
    return target.verdict != Verdict::kVacuous ||
           any([](const PatchJudgement& patch) { return !patch.fallen_coverage.empty(); });
  }

 private:
  template <class Predicate>
  bool any(Predicate predicate) const {
    return gate_ == nullptr || std::any_of(gate_->patches.begin(), gate_->patches.end(), predicate);
  }
  static bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  }

  const Gate* gate_;
};

TestStatus status_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
    case Verdict::kProved: return TestStatus::kPassed;
    case Verdict::kRefuted: return TestStatus::kFailed;
    case Verdict::kSkip: return TestStatus::kSkipped;
    case Verdict::kError:
    case Verdict::kUnknown:
    case Verdict::kVacuous:
    case Verdict::kDisagree: return TestStatus::kError;
  }
  return TestStatus::kError;
}

void skip_if_old(TestCase& test, bool is_new) {
  if (is_new || test.status == TestStatus::kPassed) return;
  test.status = TestStatus::kSkipped;
  test.message = "so before the patch: " + test.message;
}

// Why an invariant does not hold in this campaign.
std::string reason(const TargetCheck& target, const InvariantResult& invariant) {
  if (target.finding && invariant.verdict == Verdict::kUnknown) {
    return fmt::format("the campaign stopped at {}: it says nothing about {}", target.finding->invariant,
                       invariant.id);
  }
  switch (invariant.verdict) {
    case Verdict::kUnknown: return "the campaign was cut short";
    case Verdict::kVacuous:
      for (const CoverageShare& share : target.coverage) {
        if (target.verdict != Verdict::kVacuous || share.share >= share.least_share) continue;
        return fmt::format("coverage of {} is {:.1f} %, below {:.1f} %", share.name, share.share * 100,
                           share.least_share * 100);
      }
      return "nothing in this target evaluates it";
    default: return std::string(name(invariant.verdict));
  }
}

TestSuite suite_of(const TargetCheck& target, const Blame& blame) {
  TestSuite suite{target.label, target.seconds, {}};
  for (const InvariantResult& invariant : target.invariants) {
    TestCase& test = suite.cases.emplace_back();
    test.name = fmt::format("{}: {}", invariant.id, invariant.says);
    test.verdict = invariant.verdict;
    test.status = status_of(invariant.verdict);
    if (test.status == TestStatus::kPassed) continue;
    if (test.status == TestStatus::kError && invariant.verdict != target.verdict) {
      test.status = TestStatus::kSkipped;
    }
    test.message = reason(target, invariant);
    if (test.status == TestStatus::kFailed && target.finding) {
      test.message = finding_line(*target.finding);
      test.details = finding_text(*target.finding);
    }
    skip_if_old(test, blame.is_new(target));
  }
  return suite;
}

TestCase case_of(const ClaimOutcome& claim, const Blame& blame) {
  TestCase test;
  test.name = claim.id;
  test.verdict = claim.verdict;
  test.status = status_of(claim.verdict);
  test.seconds = claim.seconds;
  if (test.status == TestStatus::kPassed) return test;
  test.message = claim.reason.empty() ? std::string(name(claim.verdict))
                                      : fmt::format("{}: {}", name(claim.verdict), claim.reason);
  test.details = claim.words + "\n";
  if (claim.finding) test.details += finding_text(*claim.finding);
  skip_if_old(test, blame.is_new(claim));
  return test;
}

TestSuite suite_of(const Gate& gate) {
  TestSuite suite{"gate: " + gate.tree, 0, {}};
  std::size_t number = 0;
  for (const PatchJudgement& patch : gate.patches) {
    TestCase& test = suite.cases.emplace_back();
    test.name = fmt::format("patch {}: {}", ++number,
                            patch.patch.subject.empty() ? patch.patch.file : patch.patch.subject);
    test.verdict = patch.verdict;
    test.status = status_of(patch.verdict);
    if (test.status != TestStatus::kPassed) test.message = patch.summary;
    const auto tell = [&](const char* what, const std::vector<std::string>& list) {
      for (const std::string& entry : list) test.details += fmt::format("{}: {}\n", what, entry);
    };
    tell("new finding", patch.new_findings);
    tell("claim lost", patch.lost_claims);
    tell("new assumption", patch.new_assumptions);
    tell("coverage fallen", patch.fallen_coverage);
    tell("fixed", patch.fixed_findings);
    tell("claim gained", patch.gained_claims);
  }
  return suite;
}

TestSuite suite_of(const std::vector<Figure>& figures) {
  TestSuite suite{"bench", 0, {}};
  for (const Figure& figure : figures) {
    TestCase& test = suite.cases.emplace_back();
    test.name = figure.name;
    test.verdict = Verdict::kHolds;
    // A measurement on one machine, not a verdict.
    test.status = figure.reached || figure.goal.empty() ? TestStatus::kPassed : TestStatus::kSkipped;
    if (test.status == TestStatus::kSkipped) {
      test.message = fmt::format("{:.4g} {} misses the goal {}", figure.value, figure.unit, figure.goal);
    }
  }
  return suite;
}

}  // namespace

std::vector<TestSuite> test_suites(const Result& result) {
  const Blame blame(result);
  std::vector<TestSuite> suites;
  if (result.gate) suites.push_back(suite_of(*result.gate));
  for (const TargetCheck& target : result.targets) suites.push_back(suite_of(target, blame));
  const std::size_t first_claims = suites.size();
  for (const ClaimOutcome& claim : result.claims) {
    const std::string suite_name = "claims about " + claim.target;
    auto suite = std::find_if(suites.begin() + static_cast<std::ptrdiff_t>(first_claims), suites.end(),
                              [&](const TestSuite& other) { return other.name == suite_name; });
    if (suite == suites.end()) suite = suites.insert(suites.end(), TestSuite{suite_name, 0, {}});
    suite->cases.push_back(case_of(claim, blame));
    suite->seconds += claim.seconds;
  }
  if (!result.figures.empty()) suites.push_back(suite_of(result.figures));
  return suites;
}

}  // namespace nospan::reports
