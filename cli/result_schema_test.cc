// SPDX-License-Identifier: BSD-2-Clause
// What commands write with --json is what docs/result.schema.json says, judged by Debian's python3-jsonschema,
// and is read back by nospan report.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/command_fixture.h"
#include "reports/result_json.h"
#include "reports/sample_result.h"

namespace nospan::cli {
namespace {

using Json = nlohmann::ordered_json;

class ResultSchemaTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("validate.py",
          "import json, sys\n"
          "import jsonschema\n"
          "schema = json.load(open('" NOSPAN_SOURCE_DIR
          "/docs/result.schema.json'))\n"
          "jsonschema.Draft202012Validator.check_schema(schema)\n"
          "errors = list(jsonschema.Draft202012Validator(schema).iter_errors(json.load(open(sys.argv[1]))))\n"
          "for e in errors: print(list(e.path), e.message)\n"
          "print(len(errors), 'errors')\n"
          "sys.exit(1 if errors else 0)\n");
  }

  int validate(const std::string& file) const {
    const int status = std::system(
        ("cd '" + folder_.string() + "' && /usr/bin/python3 validate.py " + file + " >errors 2>&1").c_str());
    return WEXITSTATUS(status);
  }
  void expect_valid(const std::string& file) const {
    EXPECT_EQ(validate(file), 0) << contents(folder_ / "errors");
    const Ran ran = nospan("report " + file + " --out again --format json");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(contents(folder_ / "again/result.json"), contents(folder_ / file));
  }
  Json json(const std::string& file) const { return Json::parse(contents(folder_ / file)); }
};

// The validator works: what it is given next is not waved through.
TEST_F(ResultSchemaTest, EveryMemberIsInTheSchema) {
  write("sample.json", reports::to_json(reports::sample_result()));
  expect_valid("sample.json");
  Json wrong = json("sample.json");
  wrong["targets"][1]["finding"]["steps"][0]["colour"] = "red";
  write("wrong.json", wrong.dump());
  EXPECT_EQ(validate("wrong.json"), 1);
  EXPECT_THAT(contents(folder_ / "errors"), ::testing::HasSubstr("colour"));
  wrong = json("sample.json");
  wrong["claims"][0].erase("witness");
  write("wrong.json", wrong.dump());
  EXPECT_EQ(validate("wrong.json"), 1);
}

TEST_F(ResultSchemaTest, Check) {
  ASSERT_EQ(nospan("check --target builtin --scenarios 3000 --seed 1 --save s --json r.json").code, 0);
  expect_valid("r.json");
  const Json result = json("r.json");
  EXPECT_EQ(result["command"], "check");
  EXPECT_EQ(result["command_line"][1], "check");
  EXPECT_FALSE(result["dependencies"].empty());
  EXPECT_FALSE(result["trusted"].empty());
  std::uint64_t scenarios = 0;
  for (const Json& bucket : result["targets"][0]["distributions"][0]["buckets"]) {
    scenarios += bucket["value"].get<std::uint64_t>();
  }
  EXPECT_EQ(scenarios, 3000u);
  for (const Json& invariant : result["targets"][0]["invariants"]) {
    // Nothing evaluates it below targets/target.h: it must not look checked.
    EXPECT_EQ(invariant["verdict"], invariant["id"] == "HCALL-1" ? "vacuous" : "holds");
  }
}

TEST_F(ResultSchemaTest, AFindingOfCheck) {
  ASSERT_EQ(
      nospan("check --target linux --page-shift 16 --assume none --seed 1 --time 5s --save s --json r.json")
          .code,
      1);
  expect_valid("r.json");
  const Json target = json("r.json")["targets"][0];
  EXPECT_EQ(target["tree"]["content"].get<std::string>().size(), 64u);
  const Json& finding = target["finding"];
  EXPECT_EQ(finding["invariant"], "ISO-1");
  EXPECT_EQ(finding["code_file"], "arch/powerpc/kernel/iommu.c");
  EXPECT_GT(finding["code_line"].get<unsigned>(), 100u);
  EXPECT_NE(finding["steps"].back()["expected"], "");
  std::vector<std::string> rows;
  for (const Json& row : finding["picture"]["rows"]) rows.push_back(row["name"]);
  EXPECT_THAT(rows, ::testing::Contains("exposed"));
  // The same violation has the same id wherever it is found again.
  ASSERT_EQ(
      nospan("check --target linux --page-shift 16 --assume none --seed 1 --time 5s --save t --json q.json")
          .code,
      1);
  EXPECT_EQ(json("q.json")["targets"][0]["finding"]["id"], finding["id"]);
}

TEST_F(ResultSchemaTest, APatchIsNamed) {
  write(
      "comment.patch",
      "Subject: [PATCH] powerpc/iommu: nothing\nFrom: n <n@n>\nDate: Thu, 26 Nov 2026 15:20:00 +0000\n\n---\n"
      "diff --git a/lib/iommu-helper.c b/lib/iommu-helper.c\n"
      "--- a/lib/iommu-helper.c\n+++ b/lib/iommu-helper.c\n@@ -1,3 +1,4 @@\n"
      " // SPDX-License-Identifier: GPL-2.0\n+/* nothing */\n /*\n  * IOMMU helper functions for the free area "
      "management\n");
  const Ran ran = nospan("check --patch comment.patch --page-shift 16 --scenarios 3000 --save s --json r.json");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Json patch = json("r.json")["targets"][0]["patches"][0];
  EXPECT_EQ(patch["file"], "comment.patch");
  EXPECT_EQ(patch["subject"], "powerpc/iommu: nothing");
  EXPECT_EQ(patch["sha256"].get<std::string>().size(), 64u);
}

TEST_F(ResultSchemaTest, Bench) {
  ASSERT_EQ(nospan("bench bytes_per_entry_vs_kernel --json r.json").code, 0);
  expect_valid("r.json");
  EXPECT_EQ(json("r.json")["bytes_per_entry_vs_kernel"], json("r.json")["figures"][0]["value"]);
}

#ifdef NOSPAN_WITH_SOLVER
TEST_F(ResultSchemaTest, Prove) {
  ASSERT_EQ(nospan("prove --target linux --page-shift 12 --claim alloc/get_pool --json r.json").code, 0);
  expect_valid("r.json");
  EXPECT_EQ(json("r.json")["claims"][0]["function"], "get_pool");
  EXPECT_EQ(json("r.json")["claims"][0]["page_shift"], 12);
}
#endif

}  // namespace
}  // namespace nospan::cli
