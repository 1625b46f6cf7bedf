// SPDX-License-Identifier: BSD-2-Clause
#include "cli/target_campaign.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "model/invariants.h"
#include "props/durable_file.h"
#include "props/scenario_file.h"
#include "props/worker.h"

namespace nospan::cli {
namespace {

std::string_view violated_by(const props::Outcome& outcome) {
  return model::rule(outcome.violations.front().invariant).id;
}

}  // namespace

props::GuardSet replay_known_findings(const SelectedTarget& target, const std::vector<props::Finding>& findings,
                                      TargetResult& result) {
  std::vector<const props::Finding*> in_force;
  if (target.linux_kernel) {
    for (const props::Finding& finding : findings) {
      if (finding.sanitized && !target.sanitized) continue;
      // A sanitized build stops at undefined behaviour before the finding's own violation: ask the guard's
      // plain twin.
      const bool shows = props::reproduces(*target.target, finding, target.system_page) || target.sanitized;
      if (shows) in_force.push_back(&finding);
      (shows ? result.known : result.fixed).push_back(finding.id);
    }
  }
  return props::guards_of(in_force, target.sanitized);
}

std::vector<CorpusFailure> replay_corpus(const SelectedTarget& target, const props::GuardSet& guards,
                                         const std::vector<props::CorpusEntry>& corpus, std::size_t& ran) {
  std::vector<CorpusFailure> failures;
  props::Worker worker(*target.target, guards, props::HangLimit{});
  for (const props::CorpusEntry& entry : corpus) {
    if (entry.scenario.configuration.system_page != target.system_page) continue;
    if (!props::supports(*target.target, entry.scenario)) continue;
    ++ran;
    props::Outcome outcome = worker.run(entry.scenario);
    if (outcome.violated()) failures.push_back({&entry, std::move(outcome)});
  }
  return failures;
}

reports::Expected<void> can_keep(const Keeping& keeping) {
  for (const auto& [folder, option] :
       {std::pair{keeping.save_folder, "--save"}, {keeping.corpus_folder, "--corpus"}}) {
    if (folder.empty()) continue;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error || access(folder.c_str(), W_OK | X_OK) != 0) {
      return reports::failure(folder.string(), "counterexamples cannot be saved there",
                              fmt::format("name a folder that you can write to with {}", option));
    }
  }
  return {};
}

reports::Expected<void> can_write(const std::filesystem::path& file) {
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  if (access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return reports::failure(file.string(), "cannot be written", "name a file in a folder that you can write to");
}

reports::Expected<void> save_found(const Keeping& keeping, std::uint64_t seed, const props::Failure& failure,
                                   TargetResult& result) {
  std::string name = fmt::format("{}-{}-{:x}-{}.json", result.target.label(), violated_by(failure.outcome),
                                 seed, failure.number);
  for (char& c : name) {
    if (c == ' ' || c == '/') c = '-';
  }
  result.saved = keeping.save_folder / name;
  return props::write_file_atomically(result.saved, props::to_json(failure.found));
}

reports::Expected<void> save_shrunk(const Keeping& keeping, std::uint64_t seed, TargetResult& result) {
  if (!result.campaign.failure) return {};
  props::Failure& failure = *result.campaign.failure;
  const props::Outcome& outcome = failure.shrunk.outcome;
  failure.shrunk.scenario.note =
      fmt::format("violates {} on {}; found by {} --seed 0x{:x}, scenario {}", violated_by(outcome),
                  result.target.label(), keeping.found_by, seed, failure.number);
  auto saved = props::write_file_atomically(result.saved, props::to_json(failure.shrunk.scenario));
  if (!saved || keeping.corpus_folder.empty() || failure.flaky) return saved;
  auto kept = props::keep_in_corpus(keeping.corpus_folder, outcome.violations.front().invariant,
                                    failure.shrunk.scenario);
  if (!kept) return tl::make_unexpected(kept.error());
  return {};
}

}  // namespace nospan::cli
