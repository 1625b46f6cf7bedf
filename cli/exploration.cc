// SPDX-License-Identifier: BSD-2-Clause
#include "cli/exploration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "cli/check_result.h"
#include "cli/interrupt.h"
#include "cli/replayed_finding.h"
#include "model/invariants.h"
#include "props/scenario_file.h"
#include "props/worker.h"
#include "targets/linux/build.h"
#include "targets/toolchain/digest.h"

namespace nospan::cli {
namespace {

using reports::Expected;
using reports::TargetCheck;
using reports::Verdict;

constexpr std::size_t kMostRounds = 4;

// A guard for each invariant that passes over whatever violates it.
const props::Guard& passing_over(model::Invariant invariant) {
  static const std::array<props::Guard, model::kInvariantCount> guards = [] {
    std::array<props::Guard, model::kInvariantCount> made;
    for (std::size_t i = 0; i < made.size(); ++i) {
      made[i].id = "seen-already";
      made[i].kind = props::Guard::Kind::kTolerate;
      made[i].invariant = static_cast<model::Invariant>(i);
      made[i].applies = [](const props::GuardContext&) { return true; };
    }
    return made;
  }();
  return guards[static_cast<std::size_t>(invariant)];
}

props::GuardSet with(const props::GuardSet& guards, const std::vector<const props::Guard*>& more) {
  std::vector<const props::Guard*> all(guards.guards().begin(), guards.guards().end());
  all.insert(all.end(), more.begin(), more.end());
  return props::GuardSet(std::move(all));
}

// The guards of known findings that a record says are in force on a target.
props::GuardSet guards_in(const TreeRecord& record, const SelectedTarget& target,
                          const std::vector<props::Finding>& findings) {
  std::vector<const props::Finding*> in_force;
  for (const TargetCheck& check : record.checks) {
    if (check.page_shift != target.system_page.value) continue;
    for (const props::Finding& finding : findings) {
      const auto& ids = check.guards_in_force;
      if (std::find(ids.begin(), ids.end(), finding.id) != ids.end()) in_force.push_back(&finding);
    }
    break;  // further checks of the target say the same
  }
  return props::guards_of(in_force, target.sanitized);
}

bool violates(const props::Outcome& outcome, model::Invariant invariant) {
  return std::any_of(outcome.violations.begin(), outcome.violations.end(),
                     [&](const model::Violation& violation) { return violation.invariant == invariant; });
}

std::string entry_name(const props::CorpusEntry& entry, const SelectedTarget& target) {
  return fmt::format("{}, {}K pages", entry.file.filename().string(), target.system_page.bytes() / 1024);
}

// A check that holds nothing but a finding that no campaign came upon.
TargetCheck found_by_replay(const SelectedTarget& target, reports::Finding finding) {
  TargetResult result;
  result.target = target;
  TargetCheck check = target_check(result);
  check.verdict = Verdict::kRefuted;
  check.finding = std::move(finding);
  return check;
}

Expected<void> explore_target(const SelectedTarget& target, const ExplorationOptions& options,
                              const ExplorationWatch& watch, TreeRecord& record) {
  TargetResult standing;
  standing.target = target;
  watch.tell("replaying known findings on " + target.label());
  const props::GuardSet known = replay_known_findings(target, options.findings, standing);
  std::vector<const props::Guard*> seen;
  double spent = 0;
  for (std::size_t round = 0; round < kMostRounds; ++round) {
    TargetResult result = standing;
    props::CampaignOptions campaign = options.campaign;
    campaign.generator.system_page = target.system_page;
    if (campaign.time) {
      *campaign.time -= std::chrono::milliseconds(static_cast<long>(spent * 1000));
      if (round != 0 && campaign.time->count() <= 0) break;
    }
    props::CampaignListener listener;
    listener.stop = is_interrupted;
    listener.on_progress = [&](const props::Tally& tally, double seconds) {
      watch.on_progress(target, tally, seconds);
    };
    Expected<void> saved{};
    listener.on_failure = [&](const props::Failure& failure) {
      saved = save_found(options.keeping, campaign.seed, failure, result);
      watch.on_failure(target, failure);
    };
    result.campaign = props::run_campaign(*target.target, with(known, seen), campaign, listener);
    if (!saved) return saved;
    if (auto kept = save_shrunk(options.keeping, campaign.seed, result); !kept) return kept;
    spent += result.campaign.seconds;
    record.cut_short = record.cut_short || result.campaign.interrupted;
    TargetCheck& check = record.checks.emplace_back(target_check(result));
    if (!check.finding) break;
    check.finding->id = finding_id(*check.finding);
    // A crash or a hang ends the process that would pass over it: it would be found again and again.
    const props::Guard& passed =
        passing_over(result.campaign.failure->shrunk.outcome.violations.front().invariant);
    if (std::find(seen.begin(), seen.end(), &passed) != seen.end()) {
      record.checks.pop_back();
      break;
    }
    seen.push_back(&passed);
    if (result.campaign.interrupted) break;
  }
  return {};
}

}  // namespace

Expected<std::string> compiled_code(const linux_target::Tree& tree, const std::vector<unsigned>& page_shifts) {
  toolchain::Digest digest;
  digest.add("code 1");
  for (const unsigned shift : page_shifts) {
    linux_target::BuildOptions build;
    build.system_page_shift = static_cast<int>(shift);
    build.line_numbers = false;
    auto file = linux_target::build_library(tree, build);
    if (!file) return tl::make_unexpected(file.error());
    auto content = toolchain::digest_of_file(*file);
    if (!content) return tl::make_unexpected(content.error());
    digest.add(std::to_string(shift)).add(*content);
  }
  return digest.hex();
}

std::string finding_id(const reports::Finding& finding) {
  nlohmann::ordered_json scenario = finding.scenario;
  if (scenario.is_object()) scenario.erase("note");
  return toolchain::Digest().add(finding.invariant).add(scenario.dump()).hex().substr(0, 16);
}

Expected<TreeRecord> explore(const std::vector<SelectedTarget>& targets, const ExplorationOptions& options,
                             const ExplorationWatch& watch) {
  TreeRecord record;
  for (const SelectedTarget& target : targets) {
    auto explored = explore_target(target, options, watch, record);
    if (!explored) return tl::make_unexpected(explored.error());
    if (is_interrupted()) break;
  }
  return record;
}

void replay_corpus_on(const std::vector<SelectedTarget>& targets, const ExplorationOptions& options,
                      TreeRecord& record) {
  record.corpus_failing.clear();
  for (const SelectedTarget& target : targets) {
    const props::GuardSet guards = guards_in(record, target, options.findings);
    std::size_t ran = 0;
    for (const CorpusFailure& failure : replay_corpus(target, guards, options.corpus, ran)) {
      record.corpus_failing.insert(entry_name(*failure.entry, target));
    }
  }
}

std::set<std::string> sort_out(const std::vector<SelectedTarget>& before_targets, const TreeRecord& before,
                               const std::vector<SelectedTarget>& after_targets, TreeRecord& after,
                               const ExplorationOptions& options) {
  std::set<std::string> old;
  std::vector<TargetCheck> more;
  for (std::size_t i = 0; i < after_targets.size(); ++i) {
    const SelectedTarget& now = after_targets[i];
    const SelectedTarget& then = before_targets[i];
    const props::GuardSet guards_then = guards_in(before, then, options.findings);
    std::set<std::string> known_then;
    std::set<std::string> known_now;
    for (const TargetCheck& check : before.checks) {
      if (check.page_shift != then.system_page.value) continue;
      known_then.insert(check.guards_in_force.begin(), check.guards_in_force.end());
    }
    for (const TargetCheck& check : after.checks) {
      if (check.page_shift != now.system_page.value) continue;
      known_now.insert(check.guards_in_force.begin(), check.guards_in_force.end());
      if (!check.finding) continue;
      const auto scenario = props::from_json_value(check.finding->scenario, "$");
      const auto invariant = model::invariant_with_id(check.finding->invariant);
      if (!scenario || !invariant) continue;
      props::Worker worker(*then.target, guards_then, props::HangLimit{});
      if (violates(worker.run(*scenario), *invariant)) old.insert(check.finding->id);
    }
    // A defect that this tree did not have, and that other trees are known for.
    for (const props::Finding& finding : options.findings) {
      if (known_then.contains(finding.id) || !known_now.contains(finding.id)) continue;
      const props::Scenario scenario = props::scenario_for(finding, now.system_page);
      props::Worker worker(*now.target, props::GuardSet{}, props::HangLimit{});
      const props::Outcome outcome = worker.run(scenario);
      if (!outcome.violated()) continue;
      reports::Finding shown = replayed_finding(now, scenario, outcome, {});
      shown.id = finding.id;
      shown.title = finding.title;
      shown.security = finding.security;
      more.push_back(found_by_replay(now, std::move(shown)));
    }
    for (const props::CorpusEntry& entry : options.corpus) {
      const std::string name = entry_name(entry, now);
      if (!after.corpus_failing.contains(name) || before.corpus_failing.contains(name)) continue;
      props::Worker worker(*now.target, guards_in(after, now, options.findings), props::HangLimit{});
      const props::Outcome outcome = worker.run(entry.scenario);
      if (!outcome.violated()) continue;
      reports::Finding shown = replayed_finding(now, entry.scenario, outcome, entry.file);
      shown.id = finding_id(shown);
      const bool known = std::any_of(after.checks.begin(), after.checks.end(), [&](const TargetCheck& check) {
        return check.finding && check.finding->id == shown.id;
      });
      if (!known) more.push_back(found_by_replay(now, std::move(shown)));
    }
  }
  after.checks.insert(after.checks.end(), more.begin(), more.end());
  return old;
}

}  // namespace nospan::cli
