// SPDX-License-Identifier: BSD-2-Clause
#include "cli/mutation_proof.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/invariants.h"
#include "props/mutants/mutant_build.h"
#include "props/scenario_file.h"
#include "props/worker.h"
#include "targets/toolchain/cache.h"

namespace nospan::cli {
namespace {

using reports::Expected;

// Functions without claims of their own: their code is executed with that of another.
struct ExecutedWith {
  solver::Subject subject;
  std::string_view function;
  std::string_view other;
};

constexpr ExecutedWith kExecutedWith[] = {
    {solver::Subject::kKernel, "iommu_is_span_boundary", "iommu_area_alloc"},
    {solver::Subject::kKernel, "iommu_alloc", "iommu_map_page"},
    {solver::Subject::kKernel, "iommu_free", "iommu_unmap_page"},
    {solver::Subject::kKernel, "__iommu_free", "iommu_unmap_page"},
    {solver::Subject::kKernel, "iommu_free_check", "iommu_unmap_page"},
    {solver::Subject::kKernel, "ppc_iommu_unmap_sg", "ppc_iommu_map_sg"},
    {solver::Subject::kBuiltin, "EntrySpace::search_region_for_long", "EntrySpace::search_region"},
    {solver::Subject::kBuiltin, "EntrySpace::group_hints", "EntrySpace::next_candidate_in_region"},
    {solver::Subject::kBuiltin, "EntrySpace::word_hints", "EntrySpace::next_candidate_in_region"},
    {solver::Subject::kBuiltin, "EntrySpace::region_of", "EntrySpace::count"},
    {solver::Subject::kBuiltin, "Mapper::install", "Mapper::install_group"},
    {solver::Subject::kBuiltin, "Mapper::remove", "Mapper::unmap_page"},
    {solver::Subject::kBuiltin, "Mapper::withdraw", "Mapper::unmap_page"},
    {solver::Subject::kBuiltin, "Mapper::dma_address", "Mapper::map_page"},
    {solver::Subject::kBuiltin, "Mapper::map_list_once", "Mapper::map_list"},
};

// What claims about the function are about, as their ids name it.
std::string claimed_of(solver::Subject subject, std::string_view function) {
  constexpr std::string_view kScope = "nospan::builtin::";
  if (function.starts_with(kScope)) function.remove_prefix(kScope.size());
  for (const ExecutedWith& with : kExecutedWith) {
    if (with.subject == subject && with.function == function) return std::string(with.other);
  }
  return std::string(function);
}

// What the scenario violates on the library, in words; none if nothing.
Expected<std::optional<std::string>> violated_on(const std::filesystem::path& library,
                                                 const props::Scenario& scenario) {
  const auto target = props::LoadedTarget::open(library);
  if (!target) return tl::unexpected(target.error());
  props::Worker worker(target->get(), props::GuardSet{}, props::HangLimit{});
  const props::Outcome outcome = worker.run(scenario);
  if (!outcome.violated()) return std::optional<std::string>{};
  const model::Violation& violation = outcome.violations.front();
  return fmt::format("{}: expected: {}; but: {}", model::rule(violation.invariant).id, violation.expected,
                     violation.actual);
}

}  // namespace

std::string group_about(solver::Subject subject, std::string_view function) {
  const std::string claimed = claimed_of(subject, function);
  for (const solver::ClaimGroup& group : solver::claim_groups()) {
    if (group.subject != subject || group.is_twin || group.takes_minutes) continue;
    if (std::find(group.functions.begin(), group.functions.end(), claimed) != group.functions.end())
      return group.name;
  }
  return "";
}

std::vector<solver::ClaimResult> MutationProof::decide(const std::string& group,
                                                       const std::set<std::string>& claims,
                                                       const std::filesystem::path& bitcode) const {
  solver::RunnerOptions options;
  options.claims = claims;
  options.prove.drop_table = false;
  options.prove.only_reads_cache = bitcode != subject_.bitcode;
  options.group_time = subject_.time;
  if (auto cache = toolchain::cache_folder()) options.prove.cache = *cache / "proofs";
  const solver::GroupTask task{group, subject_.subject, bitcode, subject_.system_page_shift, subject_.target};
  return solver::run_groups({task}, options, [](const solver::GroupResult&) {}).front().claims;
}

const std::set<std::string>& MutationProof::proved(const std::string& claimed, const std::string& group) {
  if (const auto found = proved_.find(claimed); found != proved_.end()) return found->second;
  std::set<std::string> about;
  solver::RunnerOptions names;
  names.prove.describe_only = true;
  if (auto cache = toolchain::cache_folder()) names.prove.cache = *cache / "proofs";
  const solver::GroupTask task{group, subject_.subject, subject_.bitcode, subject_.system_page_shift,
                               subject_.target};
  const std::vector<solver::GroupResult> described =
      solver::run_groups({task}, names, [](const solver::GroupResult&) {});
  for (const solver::ClaimResult& claim : described.front().claims) {
    if (claim.id.ends_with("/" + claimed)) about.insert(claim.id);
  }
  std::set<std::string>& ids = proved_[claimed];
  if (about.empty()) return ids;
  for (const solver::ClaimResult& claim : decide(group, about, subject_.bitcode)) {
    if (claim.verdict == reports::Verdict::kProved) ids.insert(claim.id);
  }
  return ids;
}

Expected<std::optional<RefutedClaim>> MutationProof::refuted(const std::string& function,
                                                             const std::filesystem::path& bitcode,
                                                             const std::filesystem::path& library,
                                                             std::string* why_not) {
  if (!has_claims_about(function)) return std::optional<RefutedClaim>{};
  const std::string group = group_about(subject_.subject, function);
  // What is not proved of the unmutated code says nothing about the mutant.
  const std::set<std::string>& claims = proved(claimed_of(subject_.subject, function), group);
  if (claims.empty()) {
    *why_not = fmt::format("claims {}: none is proved of the unmutated code in time", group);
    return std::optional<RefutedClaim>{};
  }
  std::size_t open = 0;
  std::size_t still = 0;
  for (const solver::ClaimResult& claim : decide(group, claims, bitcode)) {
    if (claim.verdict == reports::Verdict::kProved) {
      ++still;
      continue;
    }
    if (!claim.counterexample) {
      ++open;
      continue;
    }
    const solver::Counterexample& found = *claim.counterexample;
    if (found.scenario.empty()) {
      return RefutedClaim{claim.id, fmt::format("contract {} no longer holds: {}", claim.id, found.in)};
    }
    auto scenario = props::parse_scenario(found.scenario, "counterexample");
    if (!scenario) {  // a buffer larger than any scenario's, for example: nothing was seen on the compiled code
      ++open;
      continue;
    }
    const auto before = violated_on(subject_.library, *scenario);
    if (!before) return tl::unexpected(before.error());
    const auto now = violated_on(library, *scenario);
    if (!now) return tl::unexpected(now.error());
    if (*now && !*before) return RefutedClaim{claim.id, **now};
    ++open;
  }
  *why_not = fmt::format("claims {}: {} still proved, {} open", group, still, open);
  return std::optional<RefutedClaim>{};
}

}  // namespace nospan::cli
