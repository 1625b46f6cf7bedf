// SPDX-License-Identifier: BSD-2-Clause
#include "reports/html/matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "reports/html/samples.h"

namespace nospan::reports::html_page {
namespace {

// The cell of the first target.
Cell cell(const Result& result, const std::string& entry_point, unsigned system_page_shift, unsigned shift) {
  const std::vector<Matrix> all = matrices(result);
  if (all.empty()) {
    ADD_FAILURE() << "no matrix";
    return Cell::kUnknown;
  }
  for (const MatrixRow& row : all.front().rows) {
    if (row.entry_point != entry_point) continue;
    for (const Cells& cells : row.by_system_page) {
      if (cells.system_page_shift == system_page_shift) return cells.cells.at(shift - kFirstShift);
    }
  }
  ADD_FAILURE() << "no row " << entry_point << " with " << system_page_shift;
  return Cell::kUnknown;
}

// Everything is proved of Linux, and no campaign ran.
Result only_claims() {
  Result result = proved_sample();
  result.targets.clear();
  return result;
}

Result only_campaigns() {
  Result result = proved_sample();
  result.claims.clear();
  return result;
}

ClaimOutcome& claim_of(Result& result, const std::string& id, unsigned page_shift) {
  for (ClaimOutcome& claim : result.claims) {
    if (claim.id == id && claim.page_shift == page_shift) return claim;
  }
  throw std::out_of_range(id);
}

bool any(const Result& result, Cell what) {
  for (const Matrix& matrix : matrices(result)) {
    for (const MatrixRow& row : matrix.rows) {
      for (const Cells& cells : row.by_system_page) {
        if (std::count(cells.cells.begin(), cells.cells.end(), what) != 0) return true;
      }
    }
  }
  return false;
}

TEST(HtmlMatrix, AProofCoversWhatItsChainCovers) {
  const Result result = only_claims();
  // iso-granule says something for all page sizes, but rests on `exact`, and mask-fits-int is a hypothesis of
  // that.
  for (const unsigned shift : {12U, 16U, 31U})
    EXPECT_EQ(cell(result, "iommu_map_page", 16, shift), Cell::kProved) << shift;
  for (const unsigned shift : {32U, 33U, 34U})
    EXPECT_EQ(cell(result, "iommu_map_page", 16, shift), Cell::kAssumed) << shift;
  EXPECT_EQ(cell(result, "iommu_tce_check_gpa", 16, 34), Cell::kProved);
}

TEST(HtmlMatrix, WhatNoClaimIsAboutIsUnknown) {
  EXPECT_EQ(cell(only_claims(), "iommu_table_in_use", 12, 12), Cell::kUnknown);
}

TEST(HtmlMatrix, EveryVerdictButProvedKeepsAnEntryPointFromBeingProved) {
  for (const Verdict verdict : {Verdict::kError, Verdict::kHolds, Verdict::kRefuted, Verdict::kUnknown,
                                Verdict::kVacuous, Verdict::kDisagree, Verdict::kSkip}) {
    Result result = only_claims();
    claim_of(result, "fail-atomic/iommu_map_page", 12).verdict = verdict;
    EXPECT_EQ(cell(result, "iommu_map_page", 12, 12), Cell::kUnknown) << name(verdict);
    EXPECT_EQ(cell(result, "iommu_map_page", 16, 12), Cell::kProved) << "the other system page size";
    EXPECT_EQ(cell(result, "iommu_unmap_page", 12, 12), Cell::kProved) << "another entry point";
  }
}

TEST(HtmlMatrix, AClaimThatWasNotMadeKeepsAnEntryPointFromBeingProved) {
  Result result = only_claims();
  std::erase_if(result.claims,
                [](const ClaimOutcome& claim) { return claim.id == "iso-blocks/iommu_map_page"; });
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 12), Cell::kUnknown);
}

TEST(HtmlMatrix, AClaimThatDoesNotSayWhatItCoversCoversNothing) {
  Result result = only_claims();
  claim_of(result, "safe/iommu_map_page", 12).page_shifts.clear();
  for (unsigned shift = 12; shift <= 34; ++shift)
    EXPECT_EQ(cell(result, "iommu_map_page", 12, shift), Cell::kUnknown);
}

TEST(HtmlMatrix, AHoleInTheChainKeepsAllAboveFromBeingProved) {
  Result missing = only_claims();
  std::erase_if(missing.claims, [](const ClaimOutcome& claim) { return claim.claim == "alloc"; });
  EXPECT_EQ(cell(missing, "iommu_map_page", 12, 12), Cell::kUnknown);

  Result undecided = only_claims();
  claim_of(undecided, "alloc/iommu_range_alloc", 12).verdict = Verdict::kUnknown;
  EXPECT_EQ(cell(undecided, "iommu_map_page", 12, 12), Cell::kUnknown);
  EXPECT_EQ(cell(undecided, "iommu_map_page", 16, 12), Cell::kProved);
}

// What prove and check said of one kernel stood in two tables: labels of claims were taken to end in ", 64K
// pages".
TEST(HtmlMatrix, CampaignsAndClaimsAboutOneTargetAreInOneTable) {
  Result result = only_campaigns();
  const ClaimOutcome claim = only_claims().claims.front();
  ASSERT_TRUE(claim.target.ends_with(" 4K") || claim.target.ends_with(" 64K")) << claim.target;
  result.claims.push_back(claim);
  EXPECT_EQ(matrices(result).size(), matrices(only_campaigns()).size());
  for (const Matrix& matrix : matrices(result)) EXPECT_FALSE(matrix.target.ends_with("4K")) << matrix.target;
}

TEST(HtmlMatrix, ALemmaBelongsToEveryTarget) {
  Result result = only_claims();
  claim_of(result, "iso-granule/iommu_map_page", 12).rests_on.emplace_back("lemma/isolation");
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 12), Cell::kUnknown);
  ClaimOutcome lemma = result.claims.front();
  lemma.id = lemma.claim = "lemma/isolation";
  lemma.function.clear();
  lemma.target.clear();
  lemma.page_shift = 0;
  result.claims.push_back(lemma);
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 12), Cell::kProved);
  EXPECT_EQ(matrices(result).size(), 1U);
}

TEST(HtmlMatrix, ClaimsThatRestOnEachOtherProveNothing) {
  Result result = only_claims();
  claim_of(result, "alloc/iommu_range_alloc", 12).rests_on = {"exact/iommu_map_page"};
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 12), Cell::kUnknown);
}

TEST(HtmlMatrix, ACampaignThatHoldsChecksWhatItRan) {
  Result result = only_campaigns();
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 34), Cell::kChecked);
  EXPECT_EQ(cell(result, "iommu_table_in_use", 16, 12), Cell::kChecked);
  for (Exercise& exercise : result.targets.front().exercised) {
    if (exercise.entry_point == "map_page" && exercise.iommu_page_shift == 34) exercise.commands = 0;
  }
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 34), Cell::kUnknown);
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 33), Cell::kChecked);
  result.targets.front().exercised.clear();
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 33), Cell::kUnknown);
}

TEST(HtmlMatrix, ACampaignThatCannotBeJudgedChecksNothing) {
  for (const auto& spoil : {+[](TargetCheck& check) { check.verdict = Verdict::kUnknown; },
                            +[](TargetCheck& check) { check.verdict = Verdict::kVacuous; },
                            +[](TargetCheck& check) { check.verdict = Verdict::kRefuted; },
                            +[](TargetCheck& check) { check.interrupted = true; },
                            +[](TargetCheck& check) { check.coverage_judgeable = false; }}) {
    Result result = only_campaigns();
    for (TargetCheck& check : result.targets) spoil(check);
    EXPECT_FALSE(any(result, Cell::kChecked));
  }
}

TEST(HtmlMatrix, AFindingRefutesItsCellWhateverElseIsKnown) {
  Result result = proved_sample();
  for (TargetCheck& check : result.targets) {
    if (check.target == "linux 6.12.117" && check.page_shift == 16)
      check.finding = finding_sample().targets[0].finding;
  }
  EXPECT_EQ(cell(result, "iommu_map_page", 16, 17), Cell::kRefuted);
  EXPECT_EQ(cell(result, "iommu_map_page", 16, 16), Cell::kProved);
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 17), Cell::kProved);
  EXPECT_EQ(cell(result, "iommu_unmap_page", 16, 17), Cell::kProved);
}

TEST(HtmlMatrix, ARefutedClaimRefutesThePageSizeOfItsCounterexampleOnly) {
  Result result = only_claims();
  ClaimOutcome& refuted = claim_of(result, "iso-granule/iommu_map_page", 16);
  refuted.verdict = Verdict::kRefuted;
  refuted.finding = finding_sample().targets[0].finding;
  EXPECT_EQ(cell(result, "iommu_map_page", 16, 17), Cell::kRefuted);
  EXPECT_EQ(cell(result, "iommu_map_page", 16, 16), Cell::kUnknown);
  refuted.finding->scenario = nullptr;
  EXPECT_EQ(cell(result, "iommu_map_page", 16, 17), Cell::kUnknown);
}

TEST(HtmlMatrix, TheLastLookAtATargetCounts) {
  Result result = only_campaigns();
  TargetCheck after = result.targets.front();
  after.verdict = Verdict::kUnknown;
  result.targets.push_back(after);
  EXPECT_EQ(cell(result, "iommu_map_page", 12, 12), Cell::kUnknown);
}

TEST(HtmlMatrix, PageSizesAreReadAsScenarioFilesWriteThem) {
  Finding finding = *finding_sample().targets[0].finding;
  EXPECT_EQ(iommu_page_shift_of(finding), 17U);
  for (const auto& [value, shift] : {std::pair<nlohmann::ordered_json, unsigned>{"0x10000", 16},
                                     {65536U, 16},
                                     {"16G", 34},
                                     {"4096", 12},
                                     {"", 0},
                                     {"3K", 0},
                                     {"K", 0},
                                     {"0x", 0},
                                     {"-1", 0},
                                     {"99999999999T", 0},
                                     {nullptr, 0},
                                     {"4Kx", 0}}) {
    finding.scenario["window"]["iommu_page"] = value;
    EXPECT_EQ(iommu_page_shift_of(finding), shift) << value;
  }
  finding.scenario["commands"][0] = {{"do", "check_gpa"}, {"iommu_page", "4K"}, {"address", "0x1"}};
  EXPECT_EQ(iommu_page_shift_of(finding), 12U) << "a check names its own page size";
  finding.command = 99;
  finding.scenario["window"] = 3;
  EXPECT_EQ(iommu_page_shift_of(finding), 0U);
}

}  // namespace
}  // namespace nospan::reports::html_page
