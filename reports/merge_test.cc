// SPDX-License-Identifier: BSD-2-Clause
#include "reports/merge.h"

#include <gtest/gtest.h>

#include "reports/result_json.h"
#include "reports/sample_result.h"

namespace nospan::reports {
namespace {

Result check_result() {
  Result result = sample_result();
  result.command = "check";
  result.gate.reset();
  result.figures.clear();
  result.claims.clear();
  result.runs.clear();
  result.verdict = Verdict::kHolds;
  result.cut_short = false;
  return result;
}

TEST(Merge, OneResultStaysAsItIs) {
  const auto merged = merge({sample_result()});
  ASSERT_TRUE(merged);
  EXPECT_EQ(to_json(*merged), to_json(sample_result()));
}

TEST(Merge, TheWorstVerdictCountsAndNothingIsLost) {
  Result prove = sample_result();
  prove.command = "prove";
  prove.gate.reset();
  prove.targets.clear();
  prove.runs.clear();
  prove.started = "2026-11-25T00:00:00Z";
  const auto merged = merge({check_result(), prove});
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->command, "report");
  EXPECT_EQ(merged->verdict, Verdict::kRefuted);
  EXPECT_TRUE(merged->cut_short);
  EXPECT_EQ(merged->targets.size(), 2u);
  EXPECT_EQ(merged->claims.size(), 3u);
  EXPECT_EQ(merged->dependencies.size(), 2u);
  EXPECT_EQ(merged->known_findings.size(), 1u);
  EXPECT_EQ(merged->started, prove.started);
  EXPECT_EQ(merged->seconds, 123.0);
  ASSERT_EQ(merged->runs.size(), 2u);
  EXPECT_EQ(merged->runs[0].command, "check");
  EXPECT_EQ(merged->runs[1].command, "prove");
  EXPECT_TRUE(parse_result(to_json(*merged), "f"));
}

// Was the summaries of all runs in one line: "check: 8 targets ...; check: 8 targets ...".
TEST(Merge, TheSummarySaysEachCommandOnce) {
  Result refuted = check_result();
  refuted.verdict = Verdict::kRefuted;
  Result prove = check_result();
  prove.command = "prove";
  prove.verdict = Verdict::kProved;
  const auto merged = merge({check_result(), refuted, prove, check_result()});
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->summary, "check (3 runs): 1 refuted, 2 holds; prove: proved");
  EXPECT_EQ(merged->runs[0].summary, check_result().summary);
  const auto alike = merge({prove, prove});
  ASSERT_TRUE(alike);
  EXPECT_EQ(alike->summary, "prove (2 runs): proved");
  const auto again = merge({*merged, *alike});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->summary, "check (3 runs): 1 refuted, 2 holds; prove (3 runs): proved");
}

// A seed that only one of the runs had must not look like that of all.
TEST(Merge, WhatRunsDoNotShareIsTheirs) {
  Result other = check_result();
  other.seed = 7;
  const auto merged = merge({check_result(), other});
  ASSERT_TRUE(merged);
  EXPECT_FALSE(merged->seed);
  EXPECT_EQ(merged->runs[1].seed, 7u);
  EXPECT_EQ(merged->assumption, "mission");
}

TEST(Merge, WhatCannotBeToldApartIsRefused) {
  EXPECT_FALSE(merge({}));
  Result bench = check_result();
  bench.figures = {{"vs_bare_target", 2, "", "", true}};
  EXPECT_FALSE(merge({bench, bench}));
  Result gate = check_result();
  gate.gate = Gate{};
  EXPECT_FALSE(merge({gate, gate}));
  EXPECT_TRUE(merge({gate, check_result()}));
}

}  // namespace
}  // namespace nospan::reports
