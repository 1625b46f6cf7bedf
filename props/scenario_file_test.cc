// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "reports/json_file.h"
#include "targets/target.h"

namespace nospan::props {
namespace {

// Every key that there is.
constexpr std::string_view kEverything = R"({
  "schema": "nospan.scenario/1",
  "note": "every key; \"quoted\", \\ and \u00e9",
  "system_page": "4K",
  "window": {"iommu_page": "64K", "first": "0x800", "entries": 32, "reserved": ["0x810", "0x812"]},
  "device": {"dma_mask": "0xffffffff", "coherent_mask": "0x7fffffff", "segment_boundary": "0xffffffff", "max_segment_size": "64K"},
  "kernel": {"cpus": 4, "block_entries": 8, "virtual_merge": false, "crash_kernel": true},
  "inherited": [
    {"first": "0x803", "count": 2}
  ],
  "hypervisor": {"translation": "two_stage", "installation": "contained", "granule": "4K", "device_vm": 1},
  "memory": [
    {"vm": 1, "guest": "0x10000", "real": "0x100000", "size": "128K"},
    {"vm": 0, "guest": "0x0", "real": "0x120000", "size": "4K"}
  ],
  "commands": [
    {"do": "map_page", "mapping": 0, "page": "0x10000", "offset": "0x10", "size": 1, "direction": "to_device", "attributes": ["weak_ordering", "skip_cpu_sync", "no_warn"], "cpu": 1, "fault": {"entry": 3, "partial": true}},
    {"do": "map_sg", "mapping": 1, "list": [["0x10000", "4K"], ["0x0", 0]], "direction": "from_device", "fault": {"entry": 0}},
    {"do": "map_sg", "mapping": 2, "list": [], "direction": "bidirectional", "no_table": true},
    {"do": "alloc_coherent", "mapping": 3, "size": 100, "memory": "0x20000", "fault": "pages"},
    {"do": "unmap_page", "mapping": 0, "cpu": 2},
    {"do": "unmap_sg", "mapping": 1},
    {"do": "free_coherent", "mapping": 3, "no_table": true},
    {"do": "in_use"},
    {"do": "check_ioba", "iommu_page": "16G", "first": "0xffffffffffffffff", "entries": "0xffffffffffffffff", "ioba": "0x1000", "count": 0},
    {"do": "check_gpa", "iommu_page": "4K", "address": "0xffffffffffffffff"},
    {"do": "tce_direction", "tce": "0x3"},
    {"do": "direction_permissions", "direction": "none"}
  ]
}
)";

// What reading says of `text`: "" if it is a scenario.
std::string said(std::string_view text) {
  const auto scenario = parse_scenario(text, "f");
  return scenario ? "" : scenario.error().line();
}

// The same for kEverything after one replacement, which must apply.
std::string said_after(std::string_view from, std::string_view to) {
  std::string text(kEverything);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return said(text);
}

#define EXPECT_PREFIX(text, prefix) EXPECT_EQ((text).substr(0, std::string_view(prefix).size()), prefix)

TEST(ScenarioFile, ReadsEveryKey) {
  const auto parsed = parse_scenario(kEverything, "f");
  ASSERT_TRUE(parsed) << parsed.error().line();
  const model::Configuration& c = parsed->configuration;
  EXPECT_EQ(parsed->note, "every key; \"quoted\", \\ and \u00e9");
  EXPECT_EQ(c.system_page.value, 12u);
  EXPECT_EQ(c.window.page.value, 16u);
  EXPECT_EQ(c.window.first.value, 0x800u);
  EXPECT_EQ(c.window.entries, 32u);
  EXPECT_EQ(c.window.reserved_start.value, 0x810u);
  EXPECT_EQ(c.window.reserved_end.value, 0x812u);
  EXPECT_EQ(c.device.dma_mask, 0xffffffffu);
  EXPECT_EQ(c.device.coherent_mask, 0x7fffffffu);
  EXPECT_EQ(c.device.segment_boundary, 0xffffffffu);
  EXPECT_EQ(c.device.max_segment_size, 65536u);
  EXPECT_EQ(c.cpus, 4u);
  EXPECT_EQ(c.block_entries, 8u);
  EXPECT_FALSE(c.virtual_merge);
  EXPECT_TRUE(c.crash_kernel);
  EXPECT_EQ(c.inherited, (std::vector<model::InheritedRange>{{{0x803}, 2}}));
  EXPECT_EQ(c.translation, model::Translation::kTwoStage);
  EXPECT_EQ(c.installation, model::Installation::kContained);
  EXPECT_EQ(c.granule, 4096u);
  EXPECT_EQ(c.device_vm.value, 1u);
  EXPECT_EQ(c.blocks,
            (std::vector<model::Block>{{{1}, {0x10000}, {0x100000}, 0x20000}, {{0}, {0}, {0x120000}, 4096}}));

  ASSERT_EQ(parsed->commands.size(), 12u);
  Command map;
  map.kind = CommandKind::kMapPage;
  map.address = 0x10000;
  map.offset = 0x10;
  map.size = 1;
  map.direction = model::Direction::kToDevice;
  map.attributes = NOSPAN_ATTRIBUTE_WEAK_ORDERING | NOSPAN_ATTRIBUTE_SKIP_CPU_SYNC | NOSPAN_ATTRIBUTE_NO_WARN;
  map.cpu = 1;
  map.fault = FaultKind::kTce;
  map.fault_entry = 3;
  map.fault_partial = true;
  EXPECT_EQ(parsed->commands[0], map);
  EXPECT_EQ(parsed->commands[1].first_element, 0u);
  EXPECT_EQ(parsed->commands[1].element_count, 2u);
  EXPECT_EQ(parsed->commands[2].first_element, 2u);
  EXPECT_EQ(parsed->commands[2].element_count, 0u);
  EXPECT_TRUE(parsed->commands[2].no_table);
  EXPECT_EQ(parsed->elements, (std::vector<Element>{{{0x10000}, 4096}, {{0}, 0}}));
  EXPECT_EQ(parsed->commands[3].fault, FaultKind::kPages);
  EXPECT_EQ(parsed->commands[3].address, 0x20000u);
  EXPECT_EQ(parsed->commands[4].cpu, 2u);
  Command ioba;
  ioba.kind = CommandKind::kCheckIoba;
  ioba.page_shift = 34;
  ioba.first_index = UINT64_MAX;
  ioba.entries = UINT64_MAX;
  ioba.address = 0x1000;
  EXPECT_EQ(parsed->commands[8], ioba);
  EXPECT_EQ(parsed->commands[11].direction, model::Direction::kNone);
}

// The layout of files is a promise: they are compared line by line and kept in repositories.
TEST(ScenarioFile, WritesTheSameTextAgain) {
  const auto parsed = parse_scenario(kEverything, "f");
  ASSERT_TRUE(parsed) << parsed.error().line();
  std::string expected(kEverything);
  expected.replace(expected.find("\\u00e9"), 6, "\u00e9");
  EXPECT_EQ(to_json(*parsed), expected);
}

TEST(ScenarioFile, LeavesOutDefaults) {
  EXPECT_EQ(to_json(Scenario{}), R"({
  "schema": "nospan.scenario/1",
  "system_page": "64K",
  "window": {"iommu_page": "4K", "entries": 1}
}
)");
  EXPECT_EQ(said(to_json(Scenario{})), "");
}

TEST(ScenarioFile, AcceptsNumbersHoweverWritten) {
  EXPECT_EQ(said_after("\"entries\": 32", "\"entries\": \"0x20\""), "");
  EXPECT_EQ(said_after("\"real\": \"0x100000\"", "\"real\": \"1M\""), "");
  EXPECT_EQ(said_after("\"real\": \"0x100000\"", "\"real\": 1048576"), "");
  EXPECT_EQ(said_after("\"cpu\": 1", "\"cpu\": \"0x1\""), "");
}

// One line on stderr, however long the text in the file.
TEST(ScenarioFile, KeepsErrorsShort) {
  EXPECT_LT(said("{\"" + std::string(100000, 'x') + "\":1}").size(), 400u);
  EXPECT_LT(said("{\"schema\": \"" + std::string(100000, 'x') + "\"}").size(), 400u);
  EXPECT_EQ(said("{\"sch\\nema\": 1}").find('\n'), std::string::npos);
}

TEST(ScenarioFile, NoticesEveryTruncation) {
  for (std::size_t length = 0; length + 2 < kEverything.size(); ++length) {
    const std::string line = said(kEverything.substr(0, length));
    ASSERT_NE(line.find("is it complete?"), std::string::npos) << length << ": " << line;
  }
}

TEST(ScenarioFile, RefusesUnknownKeysEverywhere) {
  EXPECT_EQ(said_after("\"entries\": 32", "\"entires\": 32, \"entries\": 32"),
            "f: $.window: unknown key \"entires\"; the keys here are iommu_page, first, entries, reserved");
  EXPECT_PREFIX(said_after("\"note\"", "\"notes\""), "f: $: unknown key \"notes\"");
  EXPECT_PREFIX(said_after("\"dma_mask\"", "\"mask\""), "f: $.device: unknown key \"mask\"");
  EXPECT_PREFIX(said_after("\"block_entries\"", "\"x\""), "f: $.kernel: unknown key \"x\"");
  EXPECT_PREFIX(said_after("\"granule\"", "\"Granule\""), "f: $.hypervisor: unknown key \"Granule\"");
  EXPECT_PREFIX(said_after("\"count\": 2", "\"count\": 2, \"x\": 1"), "f: $.inherited[0]: unknown key \"x\"");
  EXPECT_PREFIX(said_after("\"size\": \"128K\"", "\"size\": \"128K\", \"x\": 1"),
                "f: $.memory[0]: unknown key \"x\"");
  EXPECT_PREFIX(said_after("{\"do\": \"in_use\"}", "{\"do\": \"in_use\", \"mapping\": 1}"),
                "f: $.commands[7]: unknown key \"mapping\"; the keys here are do");
  EXPECT_PREFIX(said_after("\"partial\": true", "\"x\": 1"), "f: $.commands[0].fault: unknown key \"x\"");
}

TEST(ScenarioFile, RefusesMissingKeys) {
  EXPECT_EQ(said("{}"), "f: $: key \"schema\" is missing");
  EXPECT_EQ(said("{\"schema\":\"nospan.scenario/1\"}"), "f: $: key \"window\" is missing");
  EXPECT_EQ(said_after(", \"entries\": 32", ""), "f: $.window: key \"entries\" is missing");
  EXPECT_EQ(said_after("\"iommu_page\": \"64K\", ", ""), "f: $.window: key \"iommu_page\" is missing");
  EXPECT_EQ(said_after("\"do\": \"in_use\"", ""), "f: $.commands[7]: key \"do\" is missing");
  EXPECT_EQ(said_after(", \"direction\": \"to_device\"", ""), "f: $.commands[0]: key \"direction\" is missing");
  EXPECT_EQ(said_after("{\"entry\": 0}", "{}"), "f: $.commands[1].fault: key \"entry\" is missing");
  EXPECT_EQ(said_after("{\"do\": \"unmap_sg\", \"mapping\": 1}", "{\"do\": \"unmap_sg\"}"),
            "f: $.commands[5]: key \"mapping\" is missing");
}

TEST(ScenarioFile, RefusesDuplicateKeys) {
  EXPECT_EQ(said_after("\"entries\": 32", "\"entries\": 32, \"entries\": 32"),
            "f: $.window: key \"entries\" appears twice");
  EXPECT_EQ(said_after("\"partial\": true", "\"entry\": 3"),
            "f: $.commands[0].fault: key \"entry\" appears twice");
}

TEST(ScenarioFile, RefusesOtherSchemas) {
  EXPECT_EQ(
      said_after("nospan.scenario/1", "nospan.scenario/2"),
      "f: $.schema: \"nospan.scenario/2\" is no schema of a scenario; this nospan reads \"nospan.scenario/1\"");
  EXPECT_EQ(said_after("\"nospan.scenario/1\"", "1"), "f: $.schema: is a number, must be a string");
}

TEST(ScenarioFile, RefusesWrongTypes) {
  EXPECT_EQ(said("[]"), "f: $: is a list, must be an object");
  EXPECT_EQ(said("null"), "f: $: is null, must be an object");
  const auto entries = [](std::string_view value) {
    return said_after("\"entries\": 32", "\"entries\": " + std::string(value));
  };
  EXPECT_PREFIX(entries("-1"),
                "f: $.window.entries: is a negative number, must be a number; write a whole number");
  EXPECT_PREFIX(entries("1.5"), "f: $.window.entries: is a number with a fraction");
  EXPECT_PREFIX(entries("32.0"), "f: $.window.entries: is a number with a fraction");
  EXPECT_PREFIX(entries("1e1"), "f: $.window.entries: is a number with a fraction");
  EXPECT_PREFIX(entries("18446744073709551616"), "f: $.window.entries: is a number with a fraction");
  EXPECT_PREFIX(entries("-9223372036854775809"), "f: $.window.entries: is a number with a fraction");
  EXPECT_PREFIX(entries("true"), "f: $.window.entries: is true or false");
  EXPECT_PREFIX(entries("null"), "f: $.window.entries: is null");
  EXPECT_PREFIX(entries("[1]"), "f: $.window.entries: is a list");
  EXPECT_PREFIX(entries("{}"), "f: $.window.entries: is an object");
  EXPECT_PREFIX(entries("\"x\""), "f: $.window.entries: \"x\" is no number");
  EXPECT_PREFIX(entries("0"), "f: $.window.entries: is 0, must be from 1");
  EXPECT_PREFIX(said_after("\"cpu\": 1", "\"cpu\": 65536"),
                "f: $.commands[0].cpu: is 65536, must be at most 65535");
  EXPECT_PREFIX(said_after("\"mapping\": 0", "\"mapping\": \"4G\""),
                "f: $.commands[0].mapping: is 4294967296, must");
  EXPECT_PREFIX(said_after("\"iommu_page\": \"64K\"", "\"iommu_page\": \"63K\""),
                "f: $.window.iommu_page: 63K is no page size");
  EXPECT_PREFIX(said_after("\"iommu_page\": \"64K\"", "\"iommu_page\": 0"),
                "f: $.window.iommu_page: 0 is no page size");
  EXPECT_PREFIX(said_after("\"virtual_merge\": false", "\"virtual_merge\": 0"),
                "f: $.kernel.virtual_merge: is a number");
  EXPECT_PREFIX(said_after("\"direction\": \"none\"", "\"direction\": \"out\""),
                "f: $.commands[11].direction: \"out\" is unknown here; write one of bidirectional, to_device");
  EXPECT_PREFIX(said_after("\"do\": \"in_use\"", "\"do\": \"free\""),
                "f: $.commands[7].do: \"free\" is unknown here");
  EXPECT_PREFIX(said_after("\"fault\": \"pages\"", "\"fault\": \"page\""),
                "f: $.commands[3].fault: \"page\" is unknown");
  EXPECT_PREFIX(said_after("\"fault\": \"pages\"", "\"fault\": 1"),
                "f: $.commands[3].fault: is a number, must be an object");
  EXPECT_PREFIX(said_after("\"no_warn\"", "\"no_warm\""),
                "f: $.commands[0].attributes[2]: \"no_warm\" is unknown");
  EXPECT_PREFIX(said_after("\"no_warn\"", "\"weak_ordering\""),
                "f: $.commands[0].attributes[2]: appears twice");
  EXPECT_PREFIX(said_after("[\"0x10000\", \"4K\"]", "[\"0x10000\"]"), "f: $.commands[1].list[0]: is no pair");
  EXPECT_PREFIX(said_after("[\"0x10000\", \"4K\"]", "[\"0x10000\", \"4G\"]"),
                "f: $.commands[1].list[0][1]: is 4294967296");
  EXPECT_PREFIX(said_after("[\"0x0\", 0]", "[-1, 0]"), "f: $.commands[1].list[1][0]: is a negative");
  EXPECT_PREFIX(said_after("[\"0x810\", \"0x812\"]", "[1]"),
                "f: $.window.reserved: has 1 elements, must have 2");
  EXPECT_PREFIX(said_after("[\"0x810\", \"0x812\"]", "1"), "f: $.window.reserved: is a number, must be a list");
}

TEST(ScenarioFile, ValidatesWhatItReads) {
  EXPECT_PREFIX(said_after("\"size\": 1,", "\"size\": \"1M\","),
                "f: $.commands[0].size: 1048576 bytes from guest");
  EXPECT_PREFIX(said_after("\"crash_kernel\": true", "\"crash_kernel\": false"),
                "f: $.inherited: only a crash kernel");
}

// A search through all keys for each key would take hours.
TEST(ScenarioFile, ReadsAnObjectOfManyKeysInTime) {
  std::string many = "{";
  for (int i = 0; i < 300000; ++i) many += "\"" + std::to_string(i) + "\":0,";
  EXPECT_PREFIX(said(many + "\"x\":0}"), "f: $: key \"schema\" is missing");
}

TEST(ScenarioFile, ReadsFiles) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / "nospan_scenario_file_test.json";
  std::ofstream(path) << kEverything;
  const auto scenario = read_scenario(path);
  ASSERT_TRUE(scenario) << scenario.error().line();
  EXPECT_TRUE(same_scenario(*scenario, parse_scenario(kEverything, "f").value()));
  std::ofstream(path) << "[";
  EXPECT_PREFIX(read_scenario(path).error().line(), path.native() + ":1:2: JSON syntax error");
  // Larger than a file may be, without the disk space.
  std::filesystem::resize_file(path, reports::kMostFileBytes + 1);
  EXPECT_EQ(read_scenario(path).error().line(), path.native() + ": is larger than 64M; is it the right file?");
  std::filesystem::remove(path);
  EXPECT_PREFIX(read_scenario(path).error().line(), path.native() + ": cannot be opened: ");
}

// Findings and results hold scenarios: paths start where the scenario does.
TEST(ScenarioFile, ReadsScenariosInsideOtherFiles) {
  const auto text = "{\"id\": 1, \"scenario\": " + std::string(kEverything) + "}";
  auto value = reports::parse_json(text, "f");
  ASSERT_TRUE(value) << value.error().line();
  const auto scenario = from_json_value((*value)["scenario"], "$.scenario");
  ASSERT_TRUE(scenario) << scenario.error().line();
  EXPECT_EQ(to_json_value(*scenario), (*value)["scenario"]);
  (*value)["scenario"]["kernel"]["cpus"] = 1;
  EXPECT_PREFIX(from_json_value((*value)["scenario"], "$.scenario").error().line(),
                "$.scenario.commands[0].cpu: ");
  (*value)["scenario"]["kernel"]["cpus"] = "x";
  EXPECT_PREFIX(from_json_value((*value)["scenario"], "$.scenario").error().line(), "$.scenario.kernel.cpus: ");
}

// Other programs read a JSON number as a double: above 2^53 it would lose bits.
TEST(ScenarioFile, WritesLargeCountsAsStrings) {
  Scenario scenario;
  Command command;
  command.kind = CommandKind::kCheckIoba;
  command.count = std::uint64_t{1} << 53;
  command.entries = command.count + 1;
  scenario.commands = {command};
  const std::string text = to_json(scenario);
  EXPECT_NE(text.find("\"entries\": \"0x20000000000001\", \"ioba\": \"0x0\", \"count\": 9007199254740992}"),
            std::string::npos)
      << text;
}

// Values that code made, not the parser, may have signed numbers or repeat keys.
TEST(ScenarioFile, ReadsValuesMadeByCode) {
  nlohmann::ordered_json value = to_json_value(Scenario{});
  value["window"]["entries"] = int{5};
  EXPECT_TRUE(from_json_value(value, "$"));
  value["window"]["entries"] = -5;
  EXPECT_FALSE(from_json_value(value, "$"));
}

TEST(ScenarioFile, ReplacesWhatIsNotUtf8InNotes) {
  Scenario scenario;
  scenario.note = "a\xff\nb";
  const auto again = parse_scenario(to_json(scenario), "f");
  ASSERT_TRUE(again) << again.error().line();
  EXPECT_EQ(again->note, "a\ufffd\nb");
}

TEST(ScenarioFile, WritesScenariosThatAreNotValid) {
  Scenario scenario;
  scenario.configuration.window.page = {99};
  Command command;
  command.kind = CommandKind::kMapSg;
  command.first_element = 5;
  command.element_count = UINT32_MAX;
  command.direction = static_cast<model::Direction>(77);
  scenario.commands = {command};
  EXPECT_NE(said(to_json(scenario)), "");
}

TEST(ScenarioFile, SameScenarioSeesEveryDifference) {
  const Scenario scenario = parse_scenario(kEverything, "f").value();
  const auto differs = [&](auto change) {
    Scenario other = scenario;
    change(other);
    return !same_scenario(scenario, other) && !same_scenario(other, scenario);
  };
  EXPECT_FALSE(differs([](Scenario&) {}));
  EXPECT_FALSE(differs([](Scenario& s) { s.elements.push_back({{1}, 1}); }));
  EXPECT_TRUE(differs([](Scenario& s) { s.note += "x"; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.elements[1].address = {5}; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.elements.pop_back(); }));
  EXPECT_TRUE(differs([](Scenario& s) { s.commands.pop_back(); }));
  EXPECT_TRUE(differs([](Scenario& s) { s.commands[4].cpu = 3; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.commands[1].element_count = 1; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.configuration.window.page = {17}; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.configuration.window.reserved_end = {17}; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.configuration.device.max_segment_size = 17; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.configuration.device.segment_boundary = UINT64_MAX; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.configuration.blocks[0].owner = {9}; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.configuration.inherited.clear(); }));
  EXPECT_TRUE(differs([](Scenario& s) { s.configuration.granule = 8192; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.configuration.device_vm = {0}; }));
  EXPECT_TRUE(differs([](Scenario& s) { s.configuration.virtual_merge = true; }));
  Scenario moved = scenario;
  moved.elements.insert(moved.elements.begin(), Element{});
  for (Command& command : moved.commands) {
    if (command.kind == CommandKind::kMapSg) ++command.first_element;
  }
  EXPECT_TRUE(same_scenario(scenario, moved));
}

// The document's examples are the first thing that a user copies.
TEST(ScenarioFile, ReadsTheExamplesOfTheDocument) {
  const auto document =
      reports::read_file(NOSPAN_SOURCE_DIR "/docs/scenario-format.md", reports::kMostFileBytes);
  ASSERT_TRUE(document) << document.error().line();
  std::size_t examples = 0;
  std::size_t at = 0;
  while ((at = document->find("```json\n", at)) != std::string::npos) {
    at += 8;
    const std::size_t end = document->find("```", at);
    ASSERT_NE(end, std::string::npos);
    const std::string text = document->substr(at, end - at);
    const auto scenario = parse_scenario(text, "scenario-format.md");
    ASSERT_TRUE(scenario) << scenario.error().line();
    EXPECT_EQ(to_json(*scenario), text) << "the example is not in nospan's own layout";
    ++examples;
    at = end;
  }
  EXPECT_EQ(examples, 1u);
  // Every key of the format is described.
  const auto all = nlohmann::ordered_json::parse(kEverything);
  const std::function<void(const nlohmann::ordered_json&)> look = [&](const nlohmann::ordered_json& value) {
    for (const auto& item : value.items()) {
      if (value.is_object()) {
        EXPECT_NE(document->find("`" + item.key() + "`"), std::string::npos) << item.key();
      }
      if (item.value().is_structured()) look(item.value());
    }
  };
  look(all);
}

}  // namespace
}  // namespace nospan::props
