// SPDX-License-Identifier: BSD-2-Clause
#include "reports/result_json.h"

#include <gtest/gtest.h>

#include <functional>

#include "reports/sample_result.h"

namespace nospan::reports {
namespace {

using Json = nlohmann::ordered_json;

TEST(ResultJson, WhatIsReadAndWrittenAgainIsTheSame) {
  const std::string text = to_json(sample_result());
  const auto read = parse_result(text, "f");
  ASSERT_TRUE(read) << read.error().line();
  EXPECT_EQ(to_json(*read), text);
}

TEST(ResultJson, AnEmptyResultToo) {
  const std::string text = to_json(Result{});
  const auto read = parse_result(text, "f");
  ASSERT_TRUE(read) << read.error().line();
  EXPECT_EQ(to_json(*read), text);
  EXPECT_EQ(read->verdict, Verdict::kError);
  EXPECT_FALSE(read->seed);
}

// Members that scripts relied on before there was a schema stay where they were.
TEST(ResultJson, KeepsTheMembersOfEarlierVersions) {
  const Json json = to_json_value(sample_result());
  EXPECT_EQ(json["schema"], "nospan.result/1");
  EXPECT_EQ(json["seed"], "0xfedcba9876543210");
  EXPECT_EQ(json["budget"]["seconds_per_target"], 10.0);
  EXPECT_EQ(json["budget"]["scenarios_per_target"], 5000);
  EXPECT_EQ(json["targets"][0]["tally"]["commands"], 123456);
  EXPECT_EQ(json["targets"][0]["coverage"][0]["class"], "window of at most 4 entries");
  EXPECT_EQ(json["targets"][1]["finding"]["violations"][1]["invariant"], "XLAT-1");
  EXPECT_EQ(json["claims"][0]["core"], Json({"granule"}));
  EXPECT_FALSE(json["claims"][1].contains("core"));
  EXPECT_EQ(json["claims"][1]["counterexample"]["inputs"]["npages"], 0);
  EXPECT_EQ(json["commands_per_second"], 3.5e6);
}

// All bits of a 64-bit number come back: a picture may end at the top of memory.
TEST(ResultJson, NumbersOf64BitsComeBack) {
  const auto read = parse_result(to_json(sample_result()), "f");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->seed, 0xfedcba9876543210);
  EXPECT_EQ(read->targets[1].finding->picture->last, UINT64_MAX);
}

// Calls `function` for each value below `value` but those within scenarios and free-form objects, with its
// path.
void walk(Json& value, const std::string& path,
          const std::function<void(Json&, const std::string&)>& function) {
  if (path.ends_with(".scenario")) return;
  function(value, path);
  if (value.is_object()) {
    for (auto& [key, member] : value.items()) walk(member, path + "." + key, function);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      walk(value[i], path + "[" + std::to_string(i) + "]", function);
    }
  }
}

bool free_form(const std::string& path) { return path.ends_with(".tally") || path.ends_with(".inputs"); }

bool may_be_absent(const std::string& path) {
  for (const char* end : {".seed", ".seconds_per_target", ".scenarios_per_target", ".finding", ".picture",
                          ".core", ".counterexample", ".gate"}) {
    if (path.ends_with(end)) return true;
  }
  return false;
}

TEST(ResultJson, EveryMemberIsChecked) {
  Json json = to_json_value(sample_result());
  int checked = 0;
  const auto refused_at = [&](const std::string& path, const char* change) {
    const auto read = result_from_json_value(json, "$");
    ++checked;
    ASSERT_FALSE(read) << path << " " << change;
    EXPECT_EQ(read.error().where, path) << change;
  };
  walk(json, "$", [&](Json& value, const std::string& path) {
    const Json original = value;
    // Of another type.
    value = value.is_array() ? Json(true) : Json::array();
    refused_at(path, "of another type");
    value = original;
    if (!value.is_object() || free_form(path)) return;
    value["colour"] = 1;
    refused_at(path, "with an unknown key");
    value = original;
    for (const auto& [key, member] : original.items()) {
      if (may_be_absent(path + "." + key)) continue;
      value.erase(key);
      refused_at(path, ("without " + key).c_str());
      value = original;
    }
  });
  EXPECT_GT(checked, 500);
  EXPECT_TRUE(result_from_json_value(json, "$"));
}

std::string said(const std::string& text) {
  const auto result = parse_result(text, "f.json");
  return result ? "" : result.error().line();
}

TEST(ResultJson, ErrorsNameTheFileAndThePlace) {
  EXPECT_EQ(said("{\"schema\": \"nospan.scenario/1\", \"window\": 1}"),
            "f.json: $.schema: \"nospan.scenario/1\" is no schema of a result; this nospan reads "
            "\"nospan.result/1\", as written by --json");
  EXPECT_EQ(said("{}"), "f.json: $: key \"schema\" is missing");
  EXPECT_EQ(said("[]"), "f.json: $: is a list, must be an object");
  Json json = to_json_value(sample_result());
  json["targets"][1]["verdict"] = "passed";
  EXPECT_EQ(
      said(json.dump()),
      "f.json: $.targets[1].verdict: \"passed\" is unknown here; write one of error, holds, proved, refuted, "
      "unknown, vacuous, disagree, skip");
  json = to_json_value(sample_result());
  json["targets"][0]["page_shift"] = -1;
  EXPECT_EQ(said(json.dump()).substr(0, 60), "f.json: $.targets[0].page_shift: is a negative number, must ");
  json = to_json_value(sample_result());
  json["vs_bare_target"] = 2.5;
  EXPECT_EQ(said(json.dump()), "f.json: $.vs_bare_target: is not the value that \"figures\" tells");
  const std::string text = to_json(sample_result());
  EXPECT_EQ(said(text.substr(0, text.size() / 2)).substr(0, 7), "f.json:");
}

TEST(ResultJson, MissingFiles) {
  const auto read = read_result("/nowhere/r.json");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, "/nowhere/r.json");
}

}  // namespace
}  // namespace nospan::reports
