// SPDX-License-Identifier: BSD-2-Clause
#include "props/mutants/mutant_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "props/mutants/library_run.h"
#include "props/mutants/mutant_build.h"

namespace nospan::props {
namespace {

using Clock = std::chrono::steady_clock;
using model::Invariant;

// How long a mutant is tried that is expected to survive.
constexpr double kSurvivorSeconds = 3;

// Limits are of CPU time, so that they mean the same on a busy machine; this is how long it may take there.
constexpr double kBusyMachine = 3;

// Tolerates any violation of an invariant.
template <Invariant invariant>
constexpr Guard kLooksAway{
    .id = "a-mutant-looks-away", .invariant = invariant, .applies = [](const GuardContext&) { return true; }};

template <std::size_t... I>
constexpr std::array<const Guard*, sizeof...(I)> guards_by_invariant(std::index_sequence<I...>) {
  return {&kLooksAway<static_cast<Invariant>(I)>...};
}
constexpr auto kLooksAwayFrom = guards_by_invariant(std::make_index_sequence<model::kInvariantCount>{});

// The guards of a default campaign: known findings for the kernel; builtin has none.
GuardSet guards_for(const Mutant& mutant) {
  std::vector<const Guard*> guards;
  if (mutant.base() == MutantBase::kKernel) {
    for (const Guard& guard : all_guards()) {
      // Whether a missing table is read in front of the check for it is up to the optimizer, and an edit nearby
      // may change its mind.
      const bool up_to_optimizer = guard.id == "coherent-without-table-reads-table";
      if (!guard.sanitized_only || up_to_optimizer) guards.push_back(&guard);
    }
  }
  for (const Invariant invariant : mutant.looks_away) {
    guards.push_back(kLooksAwayFrom[static_cast<std::size_t>(invariant)]);
  }
  return GuardSet(std::move(guards));
}

CampaignOptions campaign_options(const Mutant& mutant, const MutantOptions& options) {
  CampaignOptions result;
  result.seed = options.seed;
  result.generator.system_page.value = static_cast<unsigned>(mutant.system_page_shift);
  result.jobs = 1;
  return result;
}

reports::Expected<LibraryRun> run_unedited(const Mutant& mutant, const MutantOptions& options,
                                           std::uint64_t scenarios) {
  const auto library = build_unedited(mutant.base(), mutant.system_page_shift);
  if (!library) return tl::unexpected(library.error());
  CampaignOptions campaign = campaign_options(mutant, options);
  campaign.scenarios = scenarios;
  return run_library(*library, guards_for(mutant), campaign, {});
}

std::string ids(const std::vector<Invariant>& invariants) {
  std::string text;
  for (const Invariant invariant : invariants) {
    if (!text.empty()) text += " or ";
    text += model::rule(invariant).id;
  }
  return text;
}

}  // namespace

std::vector<std::string> MutantResult::complaints() const {
  std::vector<std::string> list;
  if (error) return {error->line()};
  if (!mutant->missing_rule.empty()) {
    if (failure) {
      list.push_back(
          fmt::format("it is killed now, by {}: take its missing_rule away", model::rule(found()).id));
    }
    return list;
  }
  if (!failure) return {fmt::format("it survived {} scenarios in {:.1f} s", scenarios, seconds)};
  const model::Violation& violation = failure->outcome.violations.front();
  if (std::find(mutant->violates.begin(), mutant->violates.end(), violation.invariant) ==
      mutant->violates.end()) {
    list.push_back(fmt::format("{} is violated instead of {}: expected: {}; but: {}",
                               model::rule(violation.invariant).id, ids(mutant->violates), violation.expected,
                               violation.actual));
  }
  if (cpu_seconds > mutant->limit_seconds) list.push_back(fmt::format("it took {:.1f} s to find", cpu_seconds));
  if (failure->flaky) {
    list.push_back("the failing scenario did not fail again");
  } else if (shrunk_commands() > kFewCommands && mutant->why_many.empty()) {
    list.push_back(fmt::format("shrunk to {} commands only, {} are enough", shrunk_commands(), kFewCommands));
  }
  if (control_failure) {
    const model::Violation& other = control_failure->outcome.violations.front();
    list.push_back(fmt::format("the unedited sources violate {} in scenario {}: expected: {}; but: {}",
                               model::rule(other.invariant).id, control_failure->number, other.expected,
                               other.actual));
  }
  return list;
}

MutantResult run_mutant(const Mutant& mutant, const MutantOptions& options) {
  MutantResult result;
  result.mutant = &mutant;
  const auto start = Clock::now();
  const auto library = build_mutant(mutant);
  result.build_seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (!library) {
    result.error = library.error();
    return result;
  }
  CampaignOptions campaign = campaign_options(mutant, options);
  const double limit = mutant.missing_rule.empty() ? kBusyMachine * mutant.limit_seconds : kSurvivorSeconds;
  campaign.time = std::chrono::milliseconds(static_cast<std::int64_t>(limit * 1000));
  auto run = run_library(*library, guards_for(mutant), campaign, {});
  if (!run) {
    result.error = run.error();
    return result;
  }
  result.cpu_seconds = run->cpu_seconds;
  result.seconds = run->seconds;
  result.scenarios = run->scenarios;
  result.failure = std::move(run->failure);
  if (options.control && result.failure) {
    auto control = run_unedited(mutant, options, result.scenarios);
    if (!control) {
      result.error = control.error();
      return result;
    }
    result.control_failure = std::move(control->failure);
  }
  return result;
}

std::vector<MutantResult> run_all_mutants(std::span<const Mutant> mutants, const MutantOptions& options,
                                          const std::function<void(const MutantResult&)>& on_result) {
  std::vector<MutantResult> results;
  for (const Mutant& mutant : mutants) {
    results.push_back(run_mutant(mutant, options));
    if (on_result) on_result(results.back());
  }
  return results;
}

double median_shrink_seconds(std::span<const MutantResult> results) {
  std::vector<double> seconds;
  for (const MutantResult& result : results) {
    if (result.failure && !result.failure->flaky) seconds.push_back(result.shrink_seconds());
  }
  if (seconds.empty()) return 0;
  std::sort(seconds.begin(), seconds.end());
  const std::size_t middle = seconds.size() / 2;
  return seconds.size() % 2 != 0 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
}

std::string table_heading() {
  return fmt::format("{:<44} {:<9} {:>10} {:>8} {:>9} {:>8}", "mutant", "violates", "scenarios", "found",
                     "commands", "shrunk");
}

std::string table_line(const MutantResult& result) {
  const std::string_view name = result.mutant->name;
  if (result.error) return fmt::format("{:<44} {}", name, result.error->line());
  if (!result.failure)
    return fmt::format("{:<44} {:<9} {:>10} {:>6.2f} s", name, "survives", result.scenarios,
                       result.cpu_seconds);
  return fmt::format("{:<44} {:<9} {:>10} {:>6.2f} s {:>9} {:>6.3f} s", name, model::rule(result.found()).id,
                     result.scenarios, result.cpu_seconds, result.shrunk_commands(), result.shrink_seconds());
}

}  // namespace nospan::props
