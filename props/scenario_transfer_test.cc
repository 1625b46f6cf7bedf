// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario_transfer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "props/scenario_file.h"
#include "props/scenario_generator.h"

namespace nospan::props {
namespace {

// One scenario goes out and comes back into buffers that held another.
TEST(ScenarioTransfer, RandomScenariosComeBack) {
  ScenarioGenerator generator({Assumption::kNone, {12}});
  Scenario scenario;
  Scenario again;
  again.note = "mine";
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    generator.generate(seed, static_cast<int>(seed % (kGreatestSize + 1)), scenario);
    // No byte is written behind the size that is told, and none is left out.
    std::vector<std::byte> memory(stored_size(scenario) + 16, std::byte{0xa5});
    store_scenario(scenario, memory);
    for (std::size_t i = memory.size() - 16; i < memory.size(); ++i) ASSERT_EQ(memory[i], std::byte{0xa5});
    load_scenario(memory, again);
    ASSERT_EQ(again.configuration, scenario.configuration) << "seed " << seed;
    ASSERT_EQ(again.commands, scenario.commands) << "seed " << seed;
    ASSERT_EQ(again.elements, scenario.elements) << "seed " << seed;
  }
  EXPECT_EQ(again.note, "mine");
}

TEST(ScenarioTransfer, RefusesTooLittleRoom) {
  Scenario scenario;
  scenario.commands.resize(3);
  std::vector<std::byte> memory(stored_size(scenario));
  EXPECT_NO_THROW(store_scenario(scenario, memory));
  scenario.elements.resize(1);
  EXPECT_THROW(store_scenario(scenario, memory), std::length_error);
}

Outcome full_outcome() {
  Outcome outcome;
  outcome.command = 17;
  model::Violation violation;
  violation.invariant = model::Invariant::kIso1;
  violation.expected = "it stays inside";
  violation.actual = "it does not";
  violation.tce = model::TceIndex{1};
  violation.page = model::GuestAddress{0x2000};
  violation.foreign_byte = model::RealAddress{0x3000};
  violation.foreign_owner = model::VmId{4};
  violation.symptom = model::Symptom::kOffsetMissing;
  outcome.violations = {violation, model::Violation{}};
  return outcome;
}

TEST(ScenarioTransfer, OutcomesComeBack) {
  OutcomeRecord record;
  std::memset(static_cast<void*>(&record), 0xa5, sizeof record);
  const Outcome outcome = full_outcome();
  record.store(outcome);
  const Outcome again = record.load();
  EXPECT_EQ(again.command, 17u);
  EXPECT_EQ(again.tolerated, nullptr);
  ASSERT_EQ(again.violations.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again.violations[i].invariant, outcome.violations[i].invariant);
    EXPECT_EQ(again.violations[i].expected, outcome.violations[i].expected);
    EXPECT_EQ(again.violations[i].actual, outcome.violations[i].actual);
    EXPECT_EQ(again.violations[i].tce, outcome.violations[i].tce);
    EXPECT_EQ(again.violations[i].page, outcome.violations[i].page);
    EXPECT_EQ(again.violations[i].foreign_byte, outcome.violations[i].foreign_byte);
    EXPECT_EQ(again.violations[i].foreign_owner, outcome.violations[i].foreign_owner);
    EXPECT_EQ(again.violations[i].symptom, outcome.violations[i].symptom);
  }
  record.store(Outcome{});
  EXPECT_FALSE(record.load().violated());
}

TEST(ScenarioTransfer, TheFindingOfEveryGuardComesBack) {
  OutcomeRecord record;
  for (const Guard& guard : all_guards()) {
    Outcome outcome;
    outcome.tolerated = &guard;
    record.store(outcome);
    const Outcome again = record.load();
    ASSERT_NE(again.tolerated, nullptr) << guard.id;
    EXPECT_EQ(again.tolerated->id, guard.id);
  }
}

TEST(ScenarioTransfer, LongTextsAreCutNotOverrun) {
  OutcomeRecord record;
  Outcome outcome = full_outcome();
  outcome.violations[0].expected.assign(100000, 'e');
  outcome.violations[0].actual.assign(512, 'a');
  record.store(outcome);
  Outcome again = record.load();
  EXPECT_EQ(again.violations[0].expected, std::string(511, 'e'));
  EXPECT_EQ(again.violations[0].actual, std::string(511, 'a'));
  EXPECT_EQ(again.violations[0].foreign_owner, model::VmId{4});
  outcome.violations[0].actual.assign(511, 'a');
  record.store(outcome);
  EXPECT_EQ(record.load().violations[0].actual, std::string(511, 'a'));
}

TEST(ScenarioTransfer, KeepsTheFirstViolations) {
  OutcomeRecord record;
  Outcome outcome = full_outcome();
  outcome.violations.resize(100);
  record.store(outcome);
  EXPECT_EQ(record.load().violations.size(), OutcomeRecord::kMostViolations);
}

// The target's code runs beside the record: whatever it writes there, the parent stays in bounds.
TEST(ScenarioTransfer, SurvivesARecordThatWasWrittenOver) {
  OutcomeRecord record;
  record.store(full_outcome());
  record.violation_count = UINT64_MAX;
  std::memset(record.violations[0].actual.bytes, 'x', sizeof record.violations[0].actual.bytes);
  for (std::size_t i = 1; i < OutcomeRecord::kMostViolations; ++i) record.violations[i] = record.violations[0];
  const Outcome again = record.load();
  EXPECT_EQ(again.violations.size(), OutcomeRecord::kMostViolations);
  EXPECT_EQ(again.violations[0].actual.size(), 512u);
}

}  // namespace
}  // namespace nospan::props
