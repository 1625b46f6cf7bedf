// SPDX-License-Identifier: BSD-2-Clause
#include "reports/json_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace nospan::reports {
namespace {

// What reading says of `text`: "" if it is JSON.
std::string said(std::string_view text) {
  const auto value = parse_json(text, "f");
  return value ? "" : value.error().line();
}

#define EXPECT_PREFIX(text, prefix) EXPECT_EQ((text).substr(0, std::string_view(prefix).size()), prefix)

TEST(JsonFile, SaysWhereTheSyntaxIsWrong) {
  EXPECT_PREFIX(said("{\n  \"a\": tru }"), "f:2:11: JSON syntax error: while parsing value - invalid literal");
  EXPECT_PREFIX(said("[1,2]x"),
                "f:1:6: JSON syntax error: while parsing value - invalid literal; expected end of");
  EXPECT_PREFIX(said("{\"a\":\"\xff\"}"),
                "f:1:7: JSON syntax error: while parsing value - invalid string: ill-formed");
  EXPECT_PREFIX(said("{\"a\":1e999}"), "f:1:10: JSON syntax error: number overflow");
  EXPECT_PREFIX(said("{'a':1}"), "f:1:2: JSON syntax error: ");
  EXPECT_PREFIX(said("// hello"), "f:1:1: JSON syntax error: ");
  EXPECT_EQ(said(""),
            "f:1:1: JSON syntax error: while parsing value - unexpected end of input; "
            "expected '[', '{', or a literal; the text ends too early: is it complete?");
}

// One line on stderr, however long the text that the parser read last.
TEST(JsonFile, KeepsErrorsShort) {
  const std::string noise(100000, '\n');
  EXPECT_LT(said("{\"" + std::string(100000, 'x')).size(), 400u);
  EXPECT_LT(said("\"" + noise).size(), 400u);
  const std::string key = "\"" + std::string(100000, 'x') + "\\n\":";
  const std::string line = said("{" + key + "1," + key + "1}");
  EXPECT_NE(line.find(" appears twice"), std::string::npos);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_LT(line.size(), 400u);
}

TEST(JsonFile, RefusesDuplicateKeys) {
  EXPECT_EQ(said("{\"schema\":1,\"schema\":2}"), "f: $: key \"schema\" appears twice");
  EXPECT_EQ(said("{\"a\":[0,{\"b c\":{\"x\":1,\"x\":1}}]}"), "f: $.a[1][\"b c\"]: key \"x\" appears twice");
  // The same key in two objects is none.
  EXPECT_EQ(parse_json("[{\"a\":1},{\"a\":{\"a\":1}}]", "f")->dump(), "[{\"a\":1},{\"a\":{\"a\":1}}]");
}

// Hostile nesting: our walks and the destructor are recursive.
TEST(JsonFile, RefusesDeepNesting) {
  for (const std::size_t depth : {17u, 100000u, 10000000u}) {
    EXPECT_EQ(said(std::string(depth, '[')),
              "f: $[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: is nested more than 16 deep");
  }
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_PREFIX(said(objects), "f: $.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a: is nested more than 16 deep");
  EXPECT_TRUE(parse_json(std::string(16, '[') + std::string(16, ']'), "f"));
}

TEST(JsonFile, RefusesTooMuch) {
  EXPECT_EQ(said(std::string(kMostFileBytes + 1, ' ')), "f: is larger than 64M");
  std::string many = "[";
  for (std::size_t i = 0; i < std::size_t{1} << 23; ++i) many += "0,";
  EXPECT_EQ(said(many + "0]"), "f: $: holds more than 8388608 values");
}

// A search through all keys for each key would take hours.
TEST(JsonFile, ReadsAnObjectOfManyKeysInTime) {
  std::string many = "{";
  for (int i = 0; i < 300000; ++i) many += "\"" + std::to_string(i) + "\":0,";
  EXPECT_EQ(said(many + "\"x\":0}"), "");
}

TEST(JsonFile, ReadsFiles) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "nospan_json_file_test.json";
  std::ofstream(path) << "1234";
  EXPECT_EQ(read_file(path, 4).value(), "1234");
  EXPECT_EQ(read_file(path, 3).error().line(), path.native() + ": is larger than 3; is it the right file?");
  std::filesystem::remove(path);
  EXPECT_EQ(
      read_file(path, 4).error().line(),
      path.native() + ": cannot be opened: No such file or directory; check the name and the permissions");
  EXPECT_EQ(read_file("/", 4).error().line(),
            "/: cannot be read: Is a directory; check the name and the permissions");
  // A device tells no size.
  EXPECT_EQ(read_file("/dev/zero", kMostFileBytes).error().what, "is larger than 64M");
}

TEST(JsonFile, LaysOutListsOfObjectsByLine) {
  const auto value = parse_json(R"({"a":[1,[2]],"b":{"list":[{"x":1},{}],"y":{}},"c":[],"d":null})", "f");
  EXPECT_EQ(write_json(*value), R"({
  "a": [1, [2]],
  "b": {
    "list": [
      {"x": 1},
      {}
    ],
    "y": {}
  },
  "c": [],
  "d": null
}
)");
  EXPECT_EQ(write_json(nlohmann::ordered_json::object()), "{}\n");
}

// Text of others may be in any encoding: what we write is UTF-8.
TEST(JsonFile, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(write_json(nlohmann::ordered_json("a\xff")), "\"a\ufffd\"\n");
  EXPECT_EQ(write_json({{"\xff", 1}}), "{\n  \"\ufffd\": 1\n}\n");
}

}  // namespace
}  // namespace nospan::reports
