// SPDX-License-Identifier: BSD-2-Clause
// nospan report as a user sees it: files, messages, exit codes.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/command_fixture.h"
#include "reports/result_json.h"
#include "reports/sample_result.h"

namespace nospan::cli {
namespace {

using ::testing::HasSubstr;

class ReportTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("r.json", reports::to_json(reports::sample_result()));
  }
  std::size_t files_in(const std::string& folder) const {
    if (!fs::exists(folder_ / folder)) return 0;
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_ / folder), fs::directory_iterator()));
  }
};

TEST_F(ReportTest, WritesEveryFormatAndExitsZeroWhateverTheVerdict) {
  const Ran ran = nospan("report r.json --out reports/deeper");
  EXPECT_EQ(ran.code, 0) << ran.err;
  for (const char* file :
       {"junit.xml", "report.ktap", "report.sarif", "summary.md", "result.json", "report.html"}) {
    EXPECT_GT(contents(folder_ / "reports/deeper" / file).size(), 100u) << file;
    EXPECT_THAT(ran.out, HasSubstr(file));
  }
  EXPECT_EQ(contents(folder_ / "reports/deeper/result.json"), contents(folder_ / "r.json"));
  EXPECT_THAT(contents(folder_ / "reports/deeper/summary.md"), HasSubstr("refuted"));
}

TEST_F(ReportTest, FormatsCanBeChosen) {
  EXPECT_EQ(nospan("report r.json --out reports --format sarif,junit").code, 0);
  EXPECT_EQ(files_in("reports"), 2u);
  const Ran ran = nospan("report r.json --out reports --format pdf");
  EXPECT_EQ(ran.code, 5);
  EXPECT_THAT(ran.err, HasSubstr("pdf"));
}

TEST_F(ReportTest, SeveralResultsBecomeOne) {
  reports::Result bench;
  bench.command = "bench";
  bench.verdict = reports::Verdict::kHolds;
  write("b.json", reports::to_json(bench));
  ASSERT_EQ(nospan("report r.json b.json --out reports").code, 0);
  const auto json = nlohmann::json::parse(contents(folder_ / "reports/result.json"));
  EXPECT_EQ(json["command"], "report");
  EXPECT_EQ(json["verdict"], "refuted");
  EXPECT_EQ(json["runs"].size(), 2u);
  // And what was put together is a result again.
  EXPECT_EQ(nospan("report reports/result.json --out again").code, 0);
}

TEST_F(ReportTest, WhatIsNoResultIsAnErrorAndNothingIsWritten) {
  const std::string text = contents(folder_ / "r.json");
  write("truncated.json", text.substr(0, text.size() / 2));
  expect_error(nospan("report r.json truncated.json --out reports"), "truncated.json:");
  write("foreign.json", R"({"schema": "nospan.scenario/1"})");
  expect_error(nospan("report foreign.json --out reports"), "foreign.json: $.schema: ");
  auto json = nlohmann::ordered_json::parse(text);
  json["targets"][1]["finding"]["command"] = "first";
  write("malformed.json", json.dump());
  expect_error(nospan("report malformed.json --out reports"), "malformed.json: $.targets[1].finding.command: ");
  expect_error(nospan("report nowhere.json --out reports"), "nowhere.json");
  EXPECT_EQ(files_in("reports"), 0u);
}

TEST_F(ReportTest, PlacesThatCannotBeWritten) {
  write("file", "");
  expect_error(nospan("report r.json --out file/x"), "file/x");
  expect_error(nospan("report r.json"), "--out");
  expect_error(nospan("report --out reports"), "RESULT.json");
}

}  // namespace
}  // namespace nospan::cli
