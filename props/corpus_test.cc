// SPDX-License-Identifier: BSD-2-Clause
#include "props/corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "props/altered_target.h"
#include "props/scenario_file.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::props {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using toolchain::TestFolder;
using toolchain::write_text;

// One byte mapped at this guest address, after `before` other mappings.
Scenario one_map(std::uint64_t address, std::uint32_t before = 0) {
  Scenario scenario;
  scenario.configuration.window.entries = 16;
  scenario.configuration.blocks.push_back(
      {model::VmId{0}, model::GuestAddress{0}, model::RealAddress{0}, 16 << 20});
  for (std::uint32_t i = 0; i <= before; ++i) {
    Command command;
    command.kind = CommandKind::kMapPage;
    command.mapping = i;
    command.address = i == before ? address : 0;
    command.size = 1;
    scenario.commands.push_back(command);
  }
  EXPECT_TRUE(validate(scenario)) << validate(scenario).error().line();
  return scenario;
}

// Grants every map without a TCE.
std::uint64_t nowhere(void*, const nospan_map_request*) { return 0x10000; }

class CorpusTest : public testing::Test {
 protected:
  fs::path folder() const { return temporary_.path() / "corpus"; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder()), fs::directory_iterator()));
  }
  TestFolder temporary_;
};

TEST_F(CorpusTest, WhatIsKeptIsReadAgain) {
  const auto file = keep_in_corpus(folder(), model::Invariant::kAlign1, one_map(0));
  ASSERT_TRUE(file) << file.error().line();
  EXPECT_THAT(file->filename().string(), testing::MatchesRegex("ALIGN-1-[0-9a-f]{16}\\.json"));
  const auto entries = read_corpus(folder());
  ASSERT_TRUE(entries) << entries.error().line();
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().invariant, model::Invariant::kAlign1);
  EXPECT_TRUE(same_scenario(entries->front().scenario, one_map(0)));
}

TEST_F(CorpusTest, TheSameScenarioIsKeptOnceWhateverItsNote) {
  Scenario noted = one_map(0);
  noted.note = "found on Tuesday";
  ASSERT_TRUE(keep_in_corpus(folder(), model::Invariant::kXlat1, one_map(0)));
  ASSERT_TRUE(keep_in_corpus(folder(), model::Invariant::kXlat1, noted));
  EXPECT_EQ(files(), 1u);
  ASSERT_TRUE(keep_in_corpus(folder(), model::Invariant::kXlat1, one_map(0x10000)));
  EXPECT_EQ(files(), 2u);
}

TEST_F(CorpusTest, NoFolderIsAnEmptyCorpus) {
  const auto entries = read_corpus(folder());
  ASSERT_TRUE(entries);
  EXPECT_TRUE(entries->empty());
}

// A process that was killed while it wrote leaves ".nospan-<pid>-<n>".
TEST_F(CorpusTest, HalfWrittenFilesArePassedOver) {
  ASSERT_TRUE(keep_in_corpus(folder(), model::Invariant::kXlat1, one_map(0)));
  write_text(folder() / ".nospan-1-0", "{\"sch");
  write_text(folder() / ".half.json", "{\"sch");
  const auto entries = read_corpus(folder());
  ASSERT_TRUE(entries) << entries.error().line();
  EXPECT_EQ(entries->size(), 1u);
}

TEST_F(CorpusTest, AFileThatIsNoScenarioIsNamed) {
  write_text(folder() / "XLAT-1-0.json", "{}");
  const auto entries = read_corpus(folder());
  ASSERT_FALSE(entries);
  EXPECT_THAT(entries.error().line(), HasSubstr("XLAT-1-0.json"));
}

TEST_F(CorpusTest, FilesPutThereByHandHaveNoInvariant) {
  write_text(folder() / "mine.json", to_json(one_map(0)));
  const auto entries = read_corpus(folder());
  ASSERT_TRUE(entries) << entries.error().line();
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_FALSE(entries->front().invariant);
}

TEST(CorpusReplay, TheSameStateIsTheSameFinding) {
  const nospan_target broken = with_map_page(nowhere);
  const Replayed first = replay(broken, GuardSet{}, one_map(0));
  ASSERT_TRUE(first.outcome.violated());
  // No TCE is written, so where the buffer lies makes no difference to the table ...
  EXPECT_EQ(first.state, replay(broken, GuardSet{}, one_map(0x10000)).state);
  // ... and another window does.
  Scenario wider = one_map(0);
  wider.configuration.window.entries = 32;
  EXPECT_NE(first.state, replay(broken, GuardSet{}, wider).state);
}

TEST(CorpusReplay, WhatHoldsHasNoState) {
  const Replayed replayed = replay(*nospan_builtin_target(), GuardSet{}, one_map(0));
  EXPECT_FALSE(replayed.outcome.violated());
  EXPECT_EQ(replayed.state, 0u);
}

// A crash ends the process that takes the fingerprint, too.
TEST(CorpusReplay, CrashesHaveAState) {
  const nospan_target broken = with_map_page([](void*, const nospan_map_request*) -> std::uint64_t {
    volatile int* nothing = nullptr;
    return static_cast<std::uint64_t>(*nothing);
  });
  const Replayed replayed = replay(broken, GuardSet{}, one_map(0));
  ASSERT_TRUE(replayed.outcome.violated());
  EXPECT_EQ(replayed.outcome.violations.front().invariant, model::Invariant::kSafe1);
  EXPECT_EQ(replayed.state, replay(broken, GuardSet{}, one_map(0x10000)).state);
}

}  // namespace
}  // namespace nospan::props
