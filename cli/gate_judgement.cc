// SPDX-License-Identifier: BSD-2-Clause
#include "cli/gate_judgement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace nospan::cli {
namespace {

using reports::ClaimOutcome;
using reports::PatchJudgement;
using reports::TargetCheck;
using reports::Verdict;

std::string pages(unsigned page_shift) {
  return page_shift == 0 ? "any page size" : fmt::format("{}K pages", (1u << page_shift) / 1024);
}

// One claim about one page size.
using ClaimKey = std::pair<std::string, unsigned>;
std::map<ClaimKey, const ClaimOutcome*> by_key(const std::vector<ClaimOutcome>& claims) {
  std::map<ClaimKey, const ClaimOutcome*> map;
  for (const ClaimOutcome& claim : claims) map[{claim.id, claim.page_shift}] = &claim;
  return map;
}

// What a lost claim weighs. That it cannot be stated any more is no error of the user's.
Verdict weight_of_loss(Verdict now) {
  return now == Verdict::kError || now == Verdict::kSkip || now == Verdict::kHolds ? Verdict::kUnknown : now;
}

void compare_claims(const TreeRecord& before, const TreeRecord& after,
                    const std::set<std::string>& old_findings, PatchJudgement& judgement) {
  const auto now = by_key(after.claims);
  const auto then = by_key(before.claims);
  for (const auto& [key, claim] : then) {
    if (claim->verdict != Verdict::kProved) continue;
    const auto found = now.find(key);
    const ClaimOutcome* present = found == now.end() ? nullptr : found->second;
    if (present != nullptr && present->verdict == Verdict::kProved) continue;
    const Verdict verdict = present == nullptr ? Verdict::kUnknown : present->verdict;
    judgement.lost_claims.push_back(fmt::format(
        "{}, {}: {}{}", key.first, pages(key.second), present == nullptr ? "not made any more" : name(verdict),
        present == nullptr || present->reason.empty() ? "" : " (" + present->reason + ")"));
    judgement.verdict = worst(judgement.verdict, weight_of_loss(verdict));
  }
  std::set<std::string> taken_for_granted;
  for (const ClaimOutcome& claim : before.claims) {
    for (const reports::Premise& assumption : claim.assumptions) taken_for_granted.insert(assumption.name);
  }
  for (const auto& [key, claim] : now) {
    const auto found = then.find(key);
    const Verdict was = found == then.end() ? Verdict::kUnknown : found->second->verdict;
    if (claim->verdict == Verdict::kProved && was != Verdict::kProved) {
      judgement.gained_claims.push_back(fmt::format("{}, {}", key.first, pages(key.second)));
    }
    if (claim->finding && was != Verdict::kRefuted && !old_findings.contains(claim->finding->id)) {
      judgement.new_findings.push_back(claim->finding->id);
    }
    const bool asked_anew = std::any_of(claim->cases.begin(), claim->cases.end(),
                                        [](const reports::ClaimCase& question) { return !question.kept; });
    if (asked_anew && found != then.end() && found->second != claim) {
      judgement.reproved.push_back(fmt::format("{}, {}", key.first, pages(key.second)));
    }
    for (const reports::Premise& assumption : claim->assumptions) {
      if (taken_for_granted.insert(assumption.name).second) {
        judgement.new_assumptions.push_back(fmt::format("{}: {}", assumption.name, assumption.words));
      }
    }
  }
}

// Coverage classes below their minimum, by target.
std::set<std::pair<std::string, unsigned>> insufficient(const TreeRecord& record) {
  std::set<std::pair<std::string, unsigned>> classes;
  for (const TargetCheck& check : record.checks) {
    if (!check.coverage_judgeable) continue;
    for (const reports::CoverageShare& coverage : check.coverage) {
      if (coverage.share < coverage.least_share) classes.insert({coverage.name, check.page_shift});
    }
  }
  return classes;
}

// Known findings that reproduce, by target.
std::set<std::pair<std::string, unsigned>> reproducing(const TreeRecord& record) {
  std::set<std::pair<std::string, unsigned>> ids;
  for (const TargetCheck& check : record.checks) {
    for (const std::string& id : check.guards_in_force) ids.insert({id, check.page_shift});
  }
  return ids;
}

void compare_checks(const TreeRecord& before, const TreeRecord& after,
                    const std::set<std::string>& old_findings, PatchJudgement& judgement) {
  for (const TargetCheck& check : after.checks) {
    if (check.finding && !old_findings.contains(check.finding->id)) {
      judgement.new_findings.push_back(check.finding->id);
    }
  }
  const auto short_before = insufficient(before);
  for (const auto& fallen : insufficient(after)) {
    if (short_before.contains(fallen)) continue;
    judgement.fallen_coverage.push_back(fmt::format("{}, {}", fallen.first, pages(fallen.second)));
  }
  const auto shown_after = reproducing(after);
  for (const auto& shown : reproducing(before)) {
    if (shown_after.contains(shown)) continue;
    judgement.fixed_findings.push_back(fmt::format("{}, {}", shown.first, pages(shown.second)));
  }
  for (const std::string& entry : before.corpus_failing) {
    if (!after.corpus_failing.contains(entry)) judgement.fixed_findings.push_back(entry);
  }
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string summary_of(const PatchJudgement& judgement) {
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, const char* one, const char* many) {
    if (count != 0) parts.push_back(counted(count, one, many));
  };
  add(judgement.new_findings.size(), "new finding", "new findings");
  add(judgement.lost_claims.size(), "claim lost", "claims lost");
  add(judgement.new_assumptions.size(), "new assumption", "new assumptions");
  add(judgement.fallen_coverage.size(), "coverage class fallen", "coverage classes fallen");
  std::string text = parts.empty() ? "nothing new" : fmt::format("{}", fmt::join(parts, ", "));
  const std::size_t better = judgement.fixed_findings.size() + judgement.gained_claims.size();
  if (better != 0) {
    text += fmt::format("; {} fixed, {} proved that were not", judgement.fixed_findings.size(),
                        judgement.gained_claims.size());
  }
  return text;
}

}  // namespace

PatchJudgement judge(const TreeRecord& before, const TreeRecord& after,
                     const std::set<std::string>& old_findings) {
  PatchJudgement judgement;
  judgement.verdict = Verdict::kHolds;
  compare_checks(before, after, old_findings, judgement);
  compare_claims(before, after, old_findings, judgement);
  if (!judgement.new_findings.empty()) judgement.verdict = worst(judgement.verdict, Verdict::kRefuted);
  if (!judgement.new_assumptions.empty()) judgement.verdict = worst(judgement.verdict, Verdict::kUnknown);
  if (!judgement.fallen_coverage.empty()) judgement.verdict = worst(judgement.verdict, Verdict::kVacuous);
  judgement.summary = summary_of(judgement);
  if (before.cut_short || after.cut_short) {
    judgement.verdict = worst(judgement.verdict, Verdict::kUnknown);
    judgement.summary += "; cut short";
  }
  return judgement;
}

std::size_t undecided_claims(const TreeRecord& record) {
  return static_cast<std::size_t>(
      std::count_if(record.claims.begin(), record.claims.end(), [](const ClaimOutcome& claim) {
        return claim.verdict != Verdict::kProved && claim.verdict != Verdict::kRefuted;
      }));
}

std::size_t proved_claims(const TreeRecord& record) {
  return static_cast<std::size_t>(
      std::count_if(record.claims.begin(), record.claims.end(),
                    [](const ClaimOutcome& claim) { return claim.verdict == Verdict::kProved; }));
}

}  // namespace nospan::cli
