// SPDX-License-Identifier: BSD-2-Clause
#include "cli/mutation_proof.h"

#include <fmt/format.h>

#include "model/invariants.h"
#include "props/mutants/mutant_build.h"
#include "props/scenario_file.h"
#include "props/worker.h"
#include "targets/toolchain/cache.h"

namespace nospan::cli {
namespace {

using reports::Expected;

struct About {
  solver::Subject subject;
  std::string_view function;
  std::string_view group;
};

constexpr About kAbout[] = {
    {solver::Subject::kKernel, "iommu_range_alloc", "range_alloc"},
    {solver::Subject::kKernel, "iommu_area_alloc", "area_alloc"},
    {solver::Subject::kKernel, "iommu_is_span_boundary", "area_alloc"},
    {solver::Subject::kKernel, "get_pool", "get_pool"},
    {solver::Subject::kKernel, "iommu_num_pages", "num_pages"},
    {solver::Subject::kKernel, "iommu_map_page", "map_page"},
    {solver::Subject::kKernel, "iommu_alloc", "map_page"},
    {solver::Subject::kKernel, "iommu_unmap_page", "unmap_page"},
    {solver::Subject::kKernel, "iommu_free", "unmap_page"},
    {solver::Subject::kKernel, "__iommu_free", "unmap_page"},
    {solver::Subject::kKernel, "iommu_free_check", "unmap_page"},
    {solver::Subject::kKernel, "iommu_alloc_coherent", "coherent"},
    {solver::Subject::kKernel, "iommu_free_coherent", "coherent"},
    {solver::Subject::kKernel, "ppc_iommu_map_sg", "map_sg"},
    {solver::Subject::kKernel, "ppc_iommu_unmap_sg", "map_sg"},
    {solver::Subject::kBuiltin, "nospan::builtin::EntrySpace::mark", "builtin-bits"},
    {solver::Subject::kBuiltin, "nospan::builtin::EntrySpace::unmark", "builtin-bits"},
    {solver::Subject::kBuiltin, "nospan::builtin::EntrySpace::all_marked", "builtin-bits"},
    {solver::Subject::kBuiltin, "nospan::builtin::EntrySpace::last_taken", "builtin-bits"},
    {solver::Subject::kBuiltin, "nospan::builtin::EntrySpace::translate", "builtin-search"},
    {solver::Subject::kBuiltin, "nospan::builtin::EntrySpace::allowed_starts", "builtin-search"},
    {solver::Subject::kBuiltin, "nospan::builtin::EntrySpace::search_within_words", "builtin-search"},
    {solver::Subject::kBuiltin, "nospan::builtin::low_bits", "builtin-runs"},
    {solver::Subject::kBuiltin, "nospan::builtin::bits_between", "builtin-runs"},
    {solver::Subject::kBuiltin, "nospan::builtin::classes_of", "builtin-runs"},
    {solver::Subject::kBuiltin, "nospan::builtin::class_that_fits", "builtin-runs"},
    {solver::Subject::kBuiltin, "nospan::builtin::class_that_holds", "builtin-runs"},
    {solver::Subject::kBuiltin, "nospan::builtin::starts_inside", "builtin-runs"},
    {solver::Subject::kBuiltin, "nospan::builtin::starts_across", "builtin-runs"},
};

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

std::string_view group_about(solver::Subject subject, std::string_view function) {
  for (const About& about : kAbout) {
    if (about.subject == subject && about.function == function) return about.group;
  }
  return "";
}

std::vector<solver::ClaimResult> MutationProof::decide(const std::string& group,
                                                       const std::filesystem::path& bitcode, bool keep) const {
  solver::RunnerOptions options;
  options.prove.drop_table = false;
  options.prove.limits.time = std::chrono::seconds(20);
  options.group_time = subject_.time;
  if (auto cache = toolchain::cache_folder(); cache && keep) options.prove.cache = *cache / "proofs";
  const solver::GroupTask task{group, subject_.subject, bitcode, subject_.system_page_shift, subject_.target};
  return solver::run_groups({task}, options, [](const solver::GroupResult&) {}).front().claims;
}

const std::set<std::string>& MutationProof::proved(const std::string& group) {
  if (const auto found = proved_.find(group); found != proved_.end()) return found->second;
  std::set<std::string>& ids = proved_[group];
  for (const solver::ClaimResult& claim : decide(group, subject_.bitcode, true)) {
    if (claim.verdict == reports::Verdict::kProved) ids.insert(claim.id);
  }
  return ids;
}

Expected<std::optional<RefutedClaim>> MutationProof::refuted(const std::string& function,
                                                             const std::filesystem::path& bitcode,
                                                             const std::filesystem::path& library,
                                                             std::string* why_not) {
  const std::string group(group_about(subject_.subject, function));
  if (!has_claims_about(function)) return std::optional<RefutedClaim>{};
  std::size_t open = 0;
  std::size_t still = 0;
  for (const solver::ClaimResult& claim : decide(group, bitcode, false)) {
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
      if (!proved(group).contains(claim.id)) {
        ++open;
        continue;
      }
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
