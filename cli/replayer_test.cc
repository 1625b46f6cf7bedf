// SPDX-License-Identifier: BSD-2-Clause
// Outcomes of replays are kept, and believed only where they would be the same again.
#include "cli/replayer.h"

#include <gtest/gtest.h>

#include <set>

#include "cli/kept_outcome.h"
#include "props/altered_target.h"
#include "props/scenario_file.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::cli {
namespace {

namespace fs = std::filesystem;
using toolchain::read_text;
using toolchain::write_text;

// Whether the target crashes. An outcome that was kept does not notice the change.
bool is_broken = true;

// Calls until it crashes all the same; each scenario is run in a process of its own, which counts from here.
int calls_left = -1;

std::uint64_t map_page(void* table, const nospan_map_request* request) {
  if (is_broken || calls_left == 0) abort();
  --calls_left;
  return nospan_builtin_target()->map_page(table, request);
}

class ReplayerTest : public testing::Test {
 protected:
  ReplayerTest() {
    is_broken = true;
    calls_left = -1;
    write_text(library_, "a build");
    SelectedTarget selected{&target_, model::SystemPageShift{16}, "mine", "--target ./libmine.so"};
    selected.library = library_;
    targets_ = {selected};
    scenario_.configuration.blocks = {{{0}, {0}, {0}, 65536}};
    scenario_.configuration.window.entries = 16;
    props::Command map;
    map.kind = props::CommandKind::kMapPage;
    map.size = 1;
    scenario_.commands = {map};
  }

  // By an object of its own, as a run of nospan does.
  std::optional<Replay> replay(const fs::path& kept) {
    auto seen = Replayer(targets_, kept).replay("mine 64K", props::to_json(scenario_));
    EXPECT_TRUE(seen) << seen.error().line();
    return seen ? std::move(*seen) : std::nullopt;
  }
  std::optional<Replay> replay() { return replay(kept_); }

  std::set<fs::path> entries() const {
    std::set<fs::path> files;
    for (const auto& file : fs::directory_iterator(kept_)) files.insert(file.path());
    return files;
  }

  toolchain::TestFolder folder_;
  const fs::path library_ = folder_.path() / "libmine.so";
  const fs::path kept_ = folder_.path() / "replays";
  nospan_target target_ = props::with_map_page(map_page);
  std::vector<SelectedTarget> targets_;
  props::Scenario scenario_;
};

// Was run every time: a counterexample that hangs took a second of a run in which all else was known.
TEST_F(ReplayerTest, AnOutcomeIsUsedAgain) {
  const auto first = replay();
  ASSERT_TRUE(first);
  is_broken = false;
  const auto second = replay();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->target.label(), "mine 64K");
  EXPECT_EQ(props::to_json(second->scenario), props::to_json(scenario_));
  EXPECT_EQ(text_of(second->outcome), text_of(first->outcome));
}

TEST_F(ReplayerTest, ThatNothingIsWrongIsKeptToo) {
  is_broken = false;
  EXPECT_FALSE(replay());
  is_broken = true;
  EXPECT_FALSE(replay());
}

// Was told to do nothing wrong: an entry too many was given back, which was nobody's.
TEST_F(ReplayerTest, AScenarioThatShowsNothingIsTriedAmongOtherMappings) {
  is_broken = false;
  calls_left = 1;
  const auto seen = replay("");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->scenario.commands.size(), 3u);
  EXPECT_EQ(seen->outcome.command, 1u);
}

TEST_F(ReplayerTest, WhatGoesWrongWithTheOtherMappingsIsNotCounted) {
  is_broken = false;
  calls_left = 2;
  EXPECT_FALSE(replay(""));
}

TEST_F(ReplayerTest, WithoutAFolderEverythingIsReplayed) {
  EXPECT_TRUE(replay(""));
  is_broken = false;
  EXPECT_FALSE(replay(""));
}

TEST_F(ReplayerTest, ACorruptedEntryIsReplayed) {
  ASSERT_TRUE(replay());
  ASSERT_EQ(entries().size(), 1u);
  const fs::path file = *entries().begin();
  const std::string whole = read_text(file);
  is_broken = false;
  for (const std::size_t at : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    for (const std::string& text : {damaged, whole.substr(0, at)}) {
      write_text(file, text);
      EXPECT_FALSE(replay()) << at;
    }
  }
  write_text(file, whole);
  EXPECT_TRUE(replay());
}

TEST_F(ReplayerTest, AnotherBuildIsReplayed) {
  ASSERT_TRUE(replay());
  is_broken = false;
  write_text(library_, "another build");
  EXPECT_FALSE(replay());
  write_text(library_, "a build");
  EXPECT_TRUE(replay());
  targets_[0].sanitized = true;
  EXPECT_FALSE(Replayer(targets_, kept_).replay("mine 64K sanitized", props::to_json(scenario_)).value());
}

TEST_F(ReplayerTest, AnotherScenarioIsReplayed) {
  ASSERT_TRUE(replay());
  is_broken = false;
  scenario_.commands[0].size = 2;
  EXPECT_FALSE(replay());
}

TEST_F(ReplayerTest, ABuildThatCannotBeReadIsReplayed) {
  fs::remove(library_);
  EXPECT_TRUE(replay());
  is_broken = false;
  EXPECT_FALSE(replay());
}

TEST_F(ReplayerTest, EffectsAreUsedAgain) {
  is_broken = false;
  Replayer replayer(targets_, kept_);
  const Replay seen{targets_[0], scenario_, {}};
  const auto first = replayer.effects(seen);
  ASSERT_FALSE(first.empty());
  is_broken = true;
  EXPECT_EQ(replayer.effects(seen), first);
  EXPECT_NE(Replayer(targets_, "").effects(seen), first);
}

TEST_F(ReplayerTest, AScenarioThatIsNoneAndATargetThatIsNotThere) {
  Replayer replayer(targets_, kept_);
  EXPECT_FALSE(replayer.replay("mine 64K", "{"));
  const auto other = replayer.replay("mine 4K", props::to_json(scenario_));
  ASSERT_TRUE(other);
  EXPECT_FALSE(*other);
}

TEST(KeptOutcome, NothingOfAnOutcomeIsLost) {
  props::Outcome outcome;
  outcome.command = 7;
  model::Violation& violation = violate(outcome.violations, model::Invariant::kIso1, "this", "that");
  violation.tce = model::TceIndex{1};
  violation.page = model::GuestAddress{~std::uint64_t{0}};
  violation.foreign_byte = model::RealAddress{3};
  violation.foreign_owner = model::VmId{4};
  violation.symptom = model::Symptom::kNotFlushed;
  violate(outcome.violations, model::Invariant::kHcall1, "", "a\nb");
  const auto text = text_of(outcome);
  ASSERT_TRUE(text);
  const auto read = outcome_of(*text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->command, 7u);
  ASSERT_EQ(read->violations.size(), 2u);
  const model::Violation& first = read->violations[0];
  EXPECT_EQ(first.invariant, model::Invariant::kIso1);
  EXPECT_EQ(first.expected, "this");
  EXPECT_EQ(first.actual, "that");
  EXPECT_EQ(first.tce, outcome.violations[0].tce);
  EXPECT_EQ(first.page, outcome.violations[0].page);
  EXPECT_EQ(first.foreign_byte, outcome.violations[0].foreign_byte);
  EXPECT_EQ(first.foreign_owner, outcome.violations[0].foreign_owner);
  EXPECT_EQ(first.symptom, model::Symptom::kNotFlushed);
  EXPECT_EQ(read->violations[1].actual, "a\nb");
  EXPECT_FALSE(read->violations[1].tce);
}

TEST(KeptOutcome, WhatIsNoOutcomeIsNotRead) {
  for (const char* text :
       {"", "[]", "null", "{}", R"({"command":"1","violations":[]})",
        R"({"command":1,"violations":[{"invariant":"ISO-1"}]})",
        R"({"command":1,"violations":[{"invariant":"ISO-9","expected":"","actual":"","symptom":0}]})",
        R"({"command":1,"violations":[{"invariant":"ISO-1","expected":"","actual":"","symptom":9}]})"}) {
    EXPECT_FALSE(outcome_of(text)) << text;
  }
}

// A message of a target may hold any bytes: JSON cannot.
TEST(KeptOutcome, WhatIsNoTextIsNotKept) {
  props::Outcome outcome;
  violate(outcome.violations, model::Invariant::kSafe1, "", "\xff");
  EXPECT_FALSE(text_of(outcome));
  EXPECT_FALSE(text_of(std::vector<std::string>{"\xff"}));
}

}  // namespace
}  // namespace nospan::cli
