// SPDX-License-Identifier: BSD-2-Clause
#include "props/bench/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

#include "props/bare_executor.h"
#include "props/bench/bare_table.h"
#include "props/bench/rapidcheck_loop.h"
#include "props/bench/streams.h"
#include "props/bench/timing.h"
#include "props/campaign.h"
#include "props/coverage.h"

namespace nospan::bench {
namespace {

using Better = FigureRule::Better;

// A target that cannot go on ends the measurement, not the program.
[[noreturn]] void give_up(std::uint32_t, const char* text) { throw std::runtime_error(text); }

constexpr model::SystemPageShift kSystemPage{16};

class Bench {
 public:
  explicit Bench(const BenchOptions& options) : options_(options) {
    plan_.seed = options.seed;
    plan_.generator.system_page = kSystemPage;
  }

  double commands_per_second();
  double vs_rc_state();
  double vs_bare_target();
  double table_growth();
  double vm_growth();
  double builtin_vs_kernel_sparse() { return builtin_vs_kernel(false); }
  double builtin_vs_kernel_full() { return builtin_vs_kernel(true); }
  double bytes_per_entry_vs_kernel();
  double shrink_seconds();

 private:
  int rounds() const { return options_.quick ? 3 : 15; }
  std::uint64_t scaled(std::uint64_t work) const { return options_.quick ? work / 10 : work; }
  double builtin_vs_kernel(bool full);
  // The dearest of the scenarios compared with the cheapest, per command.
  double growth(std::span<const props::Scenario> scenarios);

  const BenchOptions& options_;
  props::CampaignPlan plan_;
};

// What a worker does with a campaign's scenarios (props/worker.cc), without the process around it.
double Bench::commands_per_second() {
  props::Executor executor(*options_.kernel, give_up);
  props::ScenarioGenerator generator(plan_.generator);
  const props::Executor::MoreCommands more = [&generator] { return generator.extend(); };
  props::Scenario scenario;
  props::Progress progress;
  props::Coverage coverage;
  const std::uint64_t count = scaled(20000);
  // The same scenarios each time: a few of them cost as much as all others together, so slices must not differ.
  const Side campaign{[&] {
    const std::uint64_t before = checked_commands(executor.tally());
    for (std::uint64_t number = 0; number < count; ++number) {
      props::begin_numbered(plan_, number, generator, scenario);
      executor.run(scenario, options_.guards, progress, more);
      coverage.count(scenario);
    }
    return static_cast<double>(checked_commands(executor.tally()) - before);
  }};
  return 1 / take_turns({&campaign, 1}, options_.quick ? 2 : 9).fastest_of(0);
}

double Bench::vs_rc_state() {
  props::Executor executor(*options_.kernel, give_up);
  props::ScenarioGenerator generator(plan_.generator);
  // How large tables are made is the same on both sides and hides what differs.
  std::vector<props::Scenario> configurations;
  for (std::uint64_t number = 0; configurations.size() < 200; ++number) {
    props::Scenario scenario;
    props::begin_numbered(plan_, number, generator, scenario);
    if (scenario.configuration.window.entries <= 2048) configurations.push_back(std::move(scenario));
  }
  const auto cases = static_cast<int>(scaled(400));
  const std::array sides{
      Side{[&] {
        return static_cast<double>(
            run_with_rapidcheck(configurations, executor, options_.guards, Draws::kRapidCheck, cases));
      }},
      Side{[&] {
        return static_cast<double>(run_plainly(configurations, executor, options_.guards, 5 * cases));
      }}};
  return take_turns(sides, rounds()).ratio(0, 1);
}

double Bench::vs_bare_target() {
  props::Executor executor(*options_.kernel, give_up);
  const std::vector<props::Scenario> scenarios =
      settled_scenarios(plan_, scaled(4000), executor, options_.guards);
  props::BareExecutor bare(*options_.kernel, give_up);
  props::Progress progress;
  const auto commands = [&] {
    std::size_t count = 0;
    for (const props::Scenario& scenario : scenarios) count += scenario.commands.size();
    return static_cast<double>(count);
  };
  const std::array sides{Side{[&] {
                           for (const props::Scenario& scenario : scenarios) {
                             executor.run(scenario, options_.guards, progress);
                           }
                           return commands();
                         }},
                         Side{[&] {
                           for (const props::Scenario& scenario : scenarios) bare.run(scenario);
                           return commands();
                         }}};
  return take_turns(sides, rounds()).ratio(0, 1);
}

double Bench::growth(std::span<const props::Scenario> scenarios) {
  props::Executor executor(*options_.kernel, give_up);
  props::Progress progress;
  std::vector<Side> sides;
  for (const props::Scenario& scenario : scenarios) {
    sides.push_back({[&executor, &progress, &scenario, this] {
      const std::uint64_t before = checked_commands(executor.tally());
      const props::Outcome outcome = executor.run(scenario, options_.guards, progress);
      if (outcome.violated()) throw std::runtime_error("a plain stream of commands violates an invariant");
      return static_cast<double>(checked_commands(executor.tally()) - before);
    }});
  }
  const Rounds measured = take_turns(sides, rounds());
  std::vector<double> costs;
  costs.reserve(sides.size());
  for (std::size_t side = 0; side < sides.size(); ++side) costs.push_back(measured.median_of(side));
  const auto [least, greatest] = std::minmax_element(costs.begin(), costs.end());
  return *greatest / *least;
}

double Bench::table_growth() {
  std::vector<props::Scenario> scenarios;
  for (unsigned bits = 10; bits <= 20; bits += 2) {
    scenarios.push_back(stream_over_table(std::uint64_t{1} << bits, scaled(50000)));
  }
  return growth(scenarios);
}

double Bench::vm_growth() {
  std::vector<props::Scenario> scenarios;
  for (std::uint64_t vms = 1; vms <= 4096; vms *= 8) scenarios.push_back(stream_over_vms(vms, scaled(50000)));
  return growth(scenarios);
}

double Bench::builtin_vs_kernel(bool full) {
  constexpr std::array<std::uint64_t, 3> kPages{1, 4, 16};
  std::vector<std::unique_ptr<BareTable>> tables[2];
  const std::array targets{options_.kernel, options_.builtin};
  std::vector<Side> sides;
  for (std::size_t which = 0; which < targets.size(); ++which) {
    for (const std::uint64_t pages : kPages) {
      auto& table = tables[which].emplace_back(
          std::make_unique<BareTable>(*targets[which], std::uint64_t{1} << (options_.quick ? 16 : 20), pages));
      if (full) {
        table->fill_and_thin(0.95);
      } else {
        table->fill(0.005);
      }
    }
    const std::uint64_t count = scaled(full ? 2000 : 100000);
    sides.push_back({[&side = tables[which], count] {
      for (const auto& table : side) table->replace(count);
      return static_cast<double>(count * side.size());
    }});
  }
  return take_turns(sides, rounds()).ratio(0, 1);
}

double Bench::bytes_per_entry_vs_kernel() {
  const auto bytes = [](const nospan_target& target) {
    BareTable table(target, std::uint64_t{1} << 20, 1);
    table.fill(0.1);
    return static_cast<double>(table.bytes());
  };
  return bytes(*options_.builtin) / bytes(*options_.kernel);
}

double Bench::shrink_seconds() {
  std::vector<double> seconds;
  const std::uint64_t seeds = scaled(20);
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    props::CampaignOptions campaign;
    campaign.seed = options_.seed + seed;
    campaign.generator.system_page = kSystemPage;
    campaign.scenarios = 10000;
    const props::CampaignResult result = props::run_campaign(*options_.kernel, props::GuardSet{}, campaign, {});
    if (result.failure) seconds.push_back(result.failure->shrink_seconds);
  }
  return median(std::move(seconds));
}

struct MeasuredRule {
  FigureRule rule;
  double (Bench::*measure)();
};

constexpr std::array kFigures{
    MeasuredRule{
        {"commands_per_second", "1/s", Better::kHigher, 3e6,
         "checked commands a second of a campaign on Linux 6.12 with 64 KiB pages on one core, generation "
         "included"},
        &Bench::commands_per_second},
    MeasuredRule{
        {"vs_rc_state", "", Better::kHigher, 25,
         "checked commands a second compared with RapidCheck's rc::state::check on the same commands, model "
         "and target"},
        &Bench::vs_rc_state},
    MeasuredRule{{"vs_bare_target", "", Better::kLower, 2.5,
                  "time of a checked run compared with the same calls on the target alone"},
                 &Bench::vs_bare_target},
    MeasuredRule{
        {"table_growth", "", Better::kLower, 2,
         "cost of a checked command on the dearest table of 2^10 to 2^20 entries compared with the cheapest"},
        &Bench::table_growth},
    MeasuredRule{
        {"vm_growth", "", Better::kLower, 2,
         "cost of a checked command on the dearest layout of 1 to 4096 VMs compared with the cheapest"},
        &Bench::vm_growth},
    MeasuredRule{{"builtin_vs_kernel_sparse", "", Better::kHigher, 2,
                  "the builtin mapper's speed compared with the kernel's code on a table that is 0.5 % full"},
                 &Bench::builtin_vs_kernel_sparse},
    MeasuredRule{{"builtin_vs_kernel_full", "", Better::kHigher, 20,
                  "the same on a table that is 95 % full, with its holes at random places"},
                 &Bench::builtin_vs_kernel_full},
    MeasuredRule{{"bytes_per_entry_vs_kernel", "", Better::kLower, 1.25,
                  "memory of the builtin mapper per table entry compared with the kernel's"},
                 &Bench::bytes_per_entry_vs_kernel},
    MeasuredRule{{"shrink_seconds", "s", Better::kLower, 2,
                  "from the first failing scenario to its shrunk form, median"},
                 &Bench::shrink_seconds},
};

constexpr auto kRules = [] {
  std::array<FigureRule, kFigures.size()> rules;
  for (std::size_t i = 0; i < kFigures.size(); ++i) rules[i] = kFigures[i].rule;
  return rules;
}();

}  // namespace

std::span<const FigureRule> all_figures() { return kRules; }

reports::Expected<std::vector<Figure>> measure(std::span<const std::string> names, const BenchOptions& options,
                                               const BenchProgress& progress) {
  for (const std::string& name : names) {
    const auto known =
        std::any_of(kRules.begin(), kRules.end(), [&](const auto& rule) { return rule.name == name; });
    if (known) continue;
    std::string all;
    for (const FigureRule& rule : kRules) all += fmt::format("{}{}", all.empty() ? "" : ", ", rule.name);
    return reports::failure(name, "is not a figure", "name one or more of " + all);
  }
  std::vector<Figure> figures;
  Bench bench(options);
  for (const auto& [rule, measure_it] : kFigures) {
    if (!names.empty() && std::find(names.begin(), names.end(), rule.name) == names.end()) continue;
    if (progress) progress(rule);
    Figure figure{std::string(rule.name), 0,          std::string(rule.unit), rule.goal,
                  std::string(rule.what), rule.better};
    if (rule.name == "shrink_seconds" && options.shrink_seconds) {
      const auto seconds = options.shrink_seconds();
      if (!seconds) return tl::make_unexpected(seconds.error());
      figure.value = *seconds;
    } else {
      try {
        figure.value = (bench.*measure_it)();
      } catch (const std::runtime_error& error) {
        return reports::failure(std::string(rule.name),
                                fmt::format("the target cannot go on: {}", error.what()));
      }
    }
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace nospan::bench
