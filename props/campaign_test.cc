// SPDX-License-Identifier: BSD-2-Clause
// Campaigns end to end: crashes, hangs and wrong results are found, confirmed and shrunk, the same way every
// time.
#include "props/campaign.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>

#include "props/altered_target.h"
#include "props/scenario_file.h"
#include "props/shrink.h"
#include "props/worker.h"

namespace nospan::props {
namespace {

CampaignOptions options(std::uint64_t scenarios, unsigned jobs = 1) {
  CampaignOptions result;
  result.seed = 7;
  result.generator = {Assumption::kMission, {16}};
  result.scenarios = scenarios;
  result.jobs = jobs;
  return result;
}

std::string_view id(const Outcome& outcome) {
  return outcome.violated() ? model::rule(outcome.violations.front().invariant).id : "";
}

TEST(Campaign, BuiltinHolds) {
  const CampaignResult result = run_campaign(*nospan_builtin_target(), GuardSet{}, options(3000), {});
  EXPECT_EQ(result.verdict, reports::Verdict::kHolds);
  EXPECT_EQ(result.tally.scenarios, 3000u);
  EXPECT_EQ(result.coverage.scenarios, 3000u);
}

TEST(Campaign, TellsWhichEntryPointsItTriedWithWhichPages) {
  const Tally tally = run_campaign(*nospan_builtin_target(), GuardSet{}, options(3000), {}).tally;
  std::uint64_t all = 0;
  for (std::size_t shift = 0; shift < tally.exercised.size(); ++shift) {
    for (const CommandKind kind :
         {CommandKind::kMapPage, CommandKind::kUnmapPage, CommandKind::kAllocCoherent}) {
      EXPECT_GT(tally.exercised[shift][static_cast<std::size_t>(kind)], 0u)
          << shift << " " << command_name(kind);
    }
    for (const std::uint64_t commands : tally.exercised[shift]) all += commands;
  }
  // What was idle or had no table does not count.
  EXPECT_LE(all, tally.commands - tally.idle);
  EXPECT_GE(all, tally.commands - tally.idle - tally.no_table);
}

TEST(Campaign, FindsACrashAndShrinksIt) {
  const nospan_target target =
      with_map_page([](void* table, const nospan_map_request* request) -> std::uint64_t {
        static volatile std::uintptr_t nowhere = 8;
        if ((request->offset & 0xfff) == 0x123) *reinterpret_cast<volatile int*>(nowhere) = 0;
        return nospan_builtin_target()->map_page(table, request);
      });
  const CampaignResult result = run_campaign(target, GuardSet{}, options(100000), {});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(id(result.failure->outcome), "SAFE-1");
  EXPECT_FALSE(result.failure->flaky);
  EXPECT_EQ(result.failure->shrunk.scenario.commands.size(), 1u);
  EXPECT_EQ(result.failure->shrunk.scenario.commands[0].offset, 0x123u);
  EXPECT_NE(result.failure->shrunk.outcome.violations[0].actual.find("crashes"), std::string::npos);
}

TEST(Campaign, FindsAHang) {
  const nospan_target target =
      with_map_page([](void* table, const nospan_map_request* request) -> std::uint64_t {
        static volatile bool forever = true;
        while (request->size == 0x10000 && forever) {
        }
        return nospan_builtin_target()->map_page(table, request);
      });
  const CampaignResult result = run_campaign(target, GuardSet{}, options(100000), {});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_NE(result.failure->shrunk.outcome.violations[0].actual.find("hangs"), std::string::npos);
  EXPECT_EQ(result.failure->shrunk.scenario.commands.size(), 1u);
}

// Memory that must stay aligned to an IOMMU page of two granules was cut by odd numbers of them, which never
// goes.
TEST(Shrink, CutsAlignedMemoryInFewAttempts) {
  constexpr std::uint64_t kGranule = 65536;
  Scenario scenario;
  scenario.configuration.blocks = {{{0}, {0}, {0}, 131068 * kGranule}};
  Outcome failing;
  failing.violations.emplace_back();
  const StillFails still_fails = [&](const Scenario& candidate) -> std::optional<Outcome> {
    if (candidate.configuration.blocks.size() != 1) return std::nullopt;
    const std::uint64_t size = candidate.configuration.blocks[0].size;
    if (size < 40000 * kGranule || size % (2 * kGranule) != 0) return std::nullopt;
    return failing;
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  const ShrinkResult result = shrink(scenario, failing, still_fails, deadline);
  EXPECT_EQ(result.scenario.configuration.blocks[0].size, 40000 * kGranule);
  EXPECT_LT(result.attempts, 1000u);
}

TEST(Campaign, ReportsWhatDoesNotHappenAgainAsFlaky) {
  // Fails in the process that runs the campaign and in no later one: the file is there only the first time.
  static char marker[] = "/tmp/nospan-flaky-XXXXXX";
  ASSERT_NE(mkdtemp(marker), nullptr);
  const nospan_target target =
      with_map_page([](void* table, const nospan_map_request* request) -> std::uint64_t {
        if (rmdir(marker) == 0) return 0;
        return nospan_builtin_target()->map_page(table, request);
      });
  const CampaignResult result = run_campaign(target, GuardSet{}, options(1000), {});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_TRUE(result.failure->flaky);
  EXPECT_EQ(result.verdict, reports::Verdict::kRefuted);
}

TEST(Campaign, OneOffsetIn65536TogetherWithASecondCondition) {
  const nospan_target target =
      with_map_page([](void* table, const nospan_map_request* request) -> std::uint64_t {
        const std::uint64_t dma = nospan_builtin_target()->map_page(table, request);
        const bool rare = (request->offset & 0xffff) == 0xbeef && request->direction == NOSPAN_FROM_DEVICE;
        return rare && dma != NOSPAN_MAPPING_ERROR ? dma + 1 : dma;
      });
  const CampaignResult result = run_campaign(target, GuardSet{}, options(4000000), {});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(id(result.failure->outcome), "XLAT-1");
  EXPECT_EQ(result.failure->shrunk.scenario.commands.size(), 1u);
}

TEST(Campaign, ResultsDoNotDependOnTheNumberOfJobs) {
  const nospan_target target =
      with_map_page([](void* table, const nospan_map_request* request) -> std::uint64_t {
        const std::uint64_t dma = nospan_builtin_target()->map_page(table, request);
        return (request->offset & 0xff) == 0x77 && request->size > 64 && dma != NOSPAN_MAPPING_ERROR
                   ? dma + 4096
                   : dma;
      });
  const CampaignResult one = run_campaign(target, GuardSet{}, options(50000, 1), {});
  ASSERT_TRUE(one.failure.has_value());
  for (const unsigned jobs : {1u, 2u, 5u}) {
    const CampaignResult other = run_campaign(target, GuardSet{}, options(50000, jobs), {});
    ASSERT_TRUE(other.failure.has_value());
    EXPECT_EQ(one.failure->number, other.failure->number);
    EXPECT_EQ(to_json(one.failure->found), to_json(other.failure->found));
    EXPECT_EQ(to_json(one.failure->shrunk.scenario), to_json(other.failure->shrunk.scenario));
    EXPECT_EQ(one.failure->shrunk.attempts, other.failure->shrunk.attempts);
  }
}

TEST(Campaign, TooFewScenariosAreNotJudgedForCoverage) {
  const CampaignResult result = run_campaign(*nospan_builtin_target(), GuardSet{}, options(10), {});
  EXPECT_EQ(result.verdict, reports::Verdict::kHolds);
  EXPECT_FALSE(result.coverage.judgeable());
}

TEST(Campaign, AStoppedCampaignIsUnknown) {
  CampaignListener listener;
  listener.stop = [] { return true; };
  CampaignOptions endless = options(1);
  endless.scenarios.reset();
  const CampaignResult result = run_campaign(*nospan_builtin_target(), GuardSet{}, endless, listener);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.verdict, reports::Verdict::kUnknown);
}

TEST(Coverage, AClassThatNoScenarioReachesIsMissed) {
  Coverage coverage;
  const Scenario plain;
  for (int i = 0; i < 2000; ++i) coverage.count(plain);
  ASSERT_NE(coverage.insufficient(), nullptr);
}

TEST(Worker, ATargetThatSaysBugIsAFinding) {
  // BUG reaches the harness through environment.fail(), as from a kernel's BUG_ON.
  static const nospan_environment* environment = nullptr;
  nospan_target target = *nospan_builtin_target();
  target.create = [](const nospan_environment* given, const nospan_configuration* configuration) -> void* {
    environment = given;
    return nospan_builtin_target()->create(given, configuration);
  };
  target.in_use = [](void*) -> int {
    environment->fail(environment->context, NOSPAN_FAILURE_BUG, "BUG at somewhere.c:1: condition");
    return 0;
  };
  Worker worker(target, GuardSet{}, HangLimit{});
  Scenario scenario;
  scenario.configuration.blocks = {{{0}, {0}, {0}, 65536}};
  scenario.commands.resize(1);
  const Outcome outcome = worker.run(scenario);
  ASSERT_TRUE(outcome.violated());
  EXPECT_EQ(outcome.violations[0].actual, "BUG: BUG at somewhere.c:1: condition");
  EXPECT_EQ(outcome.command, 0u);
  // The next request gets a process of its own.
  EXPECT_TRUE(worker.run(scenario).violated());
}

TEST(Worker, TheTargetCannotOpenFiles) {
  nospan_target target = with_map_page([](void*, const nospan_map_request*) -> std::uint64_t {
    if (std::FILE* file = std::fopen("/etc/hostname", "r")) {
      std::fclose(file);
      return 0;
    }
    return NOSPAN_MAPPING_ERROR;
  });
  target.pools = [](void*, nospan_pool*, std::uint32_t) -> std::uint32_t { return 0; };  // nothing is claimed
  Scenario scenario;
  scenario.configuration.blocks = {{{0}, {0}, {0}, 65536}};
  scenario.configuration.window.entries = 16;
  Command map;
  map.kind = CommandKind::kMapPage;
  map.size = 1;
  scenario.commands = {map};
  Worker worker(target, GuardSet{}, HangLimit{});
  EXPECT_FALSE(worker.run(scenario).violated());
}

TEST(Worker, AnAccessPastTheTableIsACrash) {
  static const nospan_environment* environment = nullptr;
  nospan_target target = *nospan_builtin_target();
  target.create = [](const nospan_environment* given, const nospan_configuration* configuration) -> void* {
    environment = given;
    return nospan_builtin_target()->create(given, configuration);
  };
  target.in_use = [](void*) -> int {
    auto* memory = static_cast<volatile char*>(environment->allocate(environment->context, 24));
    return memory[24];  // one byte past the end
  };
  Worker worker(target, GuardSet{}, HangLimit{});
  Scenario scenario;
  scenario.configuration.blocks = {{{0}, {0}, {0}, 65536}};
  scenario.commands.resize(1);
  const Outcome outcome = worker.run(scenario);
  ASSERT_TRUE(outcome.violated());
  EXPECT_NE(outcome.violations[0].actual.find("outside the table's own memory"), std::string::npos);
}

}  // namespace
}  // namespace nospan::props
