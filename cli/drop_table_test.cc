// SPDX-License-Identifier: BSD-2-Clause
#include "cli/drop_table.h"

#include <gmock/gmock.h>

#include <sstream>

namespace nospan::cli {
namespace {

using solver::ClaimResult;
using solver::Counterexample;
using solver::DropResult;
using Outcome = DropResult::Outcome;

ClaimResult claim(const std::string& id, const std::string& target, std::vector<DropResult> drops) {
  ClaimResult result;
  result.id = id;
  result.target = target;
  result.drops = std::move(drops);
  return result;
}

DropResult needed(const std::string& hypothesis, bool has_scenario, bool replayed) {
  return {hypothesis, Outcome::kNeeded, Counterexample{"", {}, has_scenario ? "{}" : ""}, replayed};
}

DropResult redundant(const std::string& hypothesis) { return {hypothesis, Outcome::kRedundant, {}, false}; }

TEST(DropTable, SaysWhatEachHypothesisIsWorthOnceForAllTargets) {
  const std::vector<DropResult> drops = {needed("granule", true, true),
                                         needed("caller-owns-buffer", true, false),
                                         needed("merges-fit", false, false), redundant("page-count")};
  EXPECT_EQ(drop_table({claim("exact/f", "a", drops), claim("exact/f", "b", drops)}, "Without a hypothesis"),
            "Without a hypothesis\n"
            "  exact/f\n"
            "    needed          granule\n"
            "    needed (model)  caller-owns-buffer\n"
            "    needed (inner)  merges-fit\n"
            "    redundant       page-count\n"
            "\n"
            "  needed          a counterexample without it was replayed on the compiled code\n"
            "  needed (model)  the counterexample does nothing wrong on the compiled code\n"
            "  needed (inner)  a counterexample of inner functions, which cannot be replayed\n"
            "  redundant       the claim is proved without it\n");
}

TEST(DropTable, NamesTargetsThatDiffer) {
  const std::string text = drop_table({claim("exact/f", "linux 6.1", {redundant("granule")}),
                                       claim("exact/f", "linux 6.12", {needed("granule", true, true)})},
                                      "");
  EXPECT_THAT(text, ::testing::HasSubstr("needed          granule (linux 6.12)\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("redundant       granule (linux 6.1)\n"));
}

TEST(DropTable, FitsATerminal) {
  std::vector<DropResult> drops;
  for (const bool replayed : {true, false}) drops.push_back(needed("granule", true, replayed));
  drops.push_back(needed("blocks", false, false));
  drops.push_back({"merges-fit", Outcome::kUnknown, {}, false});
  for (int i = 0; i < 30; ++i) drops.push_back(redundant("hypothesis-" + std::to_string(i)));
  std::istringstream lines(drop_table({claim("exact/f", "a", drops)}, "Without a hypothesis"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_GT(count, 6);
}

TEST(DropTable, IsEmptyIfNothingWasDropped) {
  EXPECT_EQ(drop_table({claim("exact/f", "a", {})}, "Heading"), "");
}

}  // namespace
}  // namespace nospan::cli
