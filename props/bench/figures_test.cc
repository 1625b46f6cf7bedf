// SPDX-License-Identifier: BSD-2-Clause
// Every figure can be measured, quickly and roughly. What the figures should be is for `nospan bench`, not for
// a test.
#include "props/bench/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "props/bench/bare_table.h"
#include "props/bench/rapidcheck_loop.h"
#include "props/bench/streams.h"
#include "props/bench/timing.h"
#include "targets/builtin/builtin.h"
#include "targets/library.h"
#include "targets/linux/build.h"
#include "targets/linux/tree.h"

namespace nospan::bench {

// GoogleTest would print its bytes, pointers among them: another name of the test in every run.
static void PrintTo(const FigureRule& figure, std::ostream* stream) { *stream << figure.name; }

namespace {

BenchOptions quick_options() {
  static const auto* const kernel = [] {
    const auto tree = linux_target::packaged_tree("6.12");
    if (!tree) throw std::runtime_error(tree.error().line());
    const auto path = linux_target::build_library(*tree, {.system_page_shift = 16});
    if (!path) throw std::runtime_error(path.error().line());
    const auto library = targets::Library::open(path->string());
    if (!library) throw std::runtime_error(library.error().line());
    return library->get();
  }();
  BenchOptions options;
  options.kernel = kernel;
  options.builtin = nospan_builtin_target();
  options.quick = true;
  std::vector<const props::Guard*> guards;
  for (const props::Guard& guard : props::all_guards()) {
    if (!guard.sanitized_only) guards.push_back(&guard);
  }
  options.guards = props::GuardSet(std::move(guards));
  return options;
}

[[noreturn]] void fail(std::uint32_t, const char* text) { throw std::runtime_error(text); }

class EveryFigure : public testing::TestWithParam<FigureRule> {};

TEST_P(EveryFigure, IsMeasured) {
  const std::string name(GetParam().name);
  const auto figures = measure({&name, 1}, quick_options());
  ASSERT_TRUE(figures.has_value()) << figures.error().line();
  ASSERT_EQ(figures->size(), 1U);
  EXPECT_EQ(figures->front().name, name);
  EXPECT_TRUE(std::isfinite(figures->front().value));
  EXPECT_GT(figures->front().value, 0);
}

INSTANTIATE_TEST_SUITE_P(Figures, EveryFigure, testing::ValuesIn(all_figures().begin(), all_figures().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Figures, UnknownName) {
  const std::string name = "speed";
  const auto figures = measure({&name, 1}, quick_options());
  ASSERT_FALSE(figures.has_value());
  EXPECT_THAT(figures.error().line(),
              testing::StartsWith("speed: is not a figure; name one or more of commands_per_"));
}

TEST(Figures, ShrinkSecondsFromOutside) {
  BenchOptions options = quick_options();
  options.shrink_seconds = [] { return reports::Expected<double>(0.5); };
  const std::string name = "shrink_seconds";
  const auto figures = measure({&name, 1}, options);
  ASSERT_TRUE(figures.has_value());
  EXPECT_EQ(figures->front().value, 0.5);
  EXPECT_TRUE(figures->front().reached());
}

// The two runs that vs_bare_target compares must make the same calls.
TEST(SettledScenarios, RunToTheirEnd) {
  const BenchOptions options = quick_options();
  props::Executor executor(*options.kernel, fail);
  props::CampaignPlan plan;
  plan.generator.system_page.value = 16;
  const auto scenarios = settled_scenarios(plan, 300, executor, options.guards);
  EXPECT_GT(scenarios.size(), 150U);
  for (const props::Scenario& scenario : scenarios) {
    const props::Tally before = executor.tally();
    props::Progress progress;
    executor.run(scenario, options.guards, progress);
    EXPECT_EQ(executor.tally().commands - before.commands, scenario.commands.size());
    EXPECT_EQ(executor.tally().idle, before.idle);
    EXPECT_EQ(executor.tally().skipped, before.skipped);
  }
}

TEST(Streams, AreValid) {
  for (const std::uint64_t entries : {1024, 1 << 20}) {
    const auto valid = props::validate(stream_over_table(entries, 5000));
    EXPECT_TRUE(valid.has_value()) << valid.error().line();
  }
  for (const std::uint64_t vms : {1, 4096}) {
    const auto valid = props::validate(stream_over_vms(vms, 5000));
    EXPECT_TRUE(valid.has_value()) << valid.error().line();
  }
}

TEST(RapidCheckLoop, BothSidesCheckCommands) {
  const BenchOptions options = quick_options();
  props::Executor executor(*options.kernel, fail);
  const std::vector<props::Scenario> configurations{stream_over_table(1024, 1)};
  for (const Draws draws : {Draws::kRapidCheck, Draws::kOneSeed}) {
    EXPECT_GT(run_with_rapidcheck(configurations, executor, options.guards, draws, 20), 500U);
  }
  EXPECT_GT(run_plainly(configurations, executor, options.guards, 20), 500U);
}

TEST(BareTable, IsAsFullAsAsked) {
  BareTable table(*nospan_builtin_target(), 1 << 14, 4);
  table.fill_and_thin(0.95);
  EXPECT_NEAR(table.live_share(), 0.95, 0.01);
  table.replace(1000);
  EXPECT_NEAR(table.live_share(), 0.95, 0.01);
  EXPECT_EQ(table.refused(), 0U);
  EXPECT_GT(table.bytes(), (1U << 14) / 8);
}

TEST(Timing, Median) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

}  // namespace
}  // namespace nospan::bench
