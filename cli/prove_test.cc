// SPDX-License-Identifier: BSD-2-Clause
// nospan prove and nospan claims as a user sees them: exit codes, output, files.
#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "cli/command_fixture.h"

namespace nospan::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProveTest : public CommandTest {};

// The file that "Reproduce:  nospan repro FILE" names.
std::string scenario_in(const std::string& output) {
  const std::string mark = "nospan repro ";
  const std::size_t at = output.find(mark);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + mark.size();
  return output.substr(begin, output.find('\n', begin) - begin);
}

TEST_F(ProveTest, WithoutTheGranuleHypothesisIsolationIsRefutedAndReplayed) {
  const Ran run =
      nospan("prove --target linux --page-shift 16 --claim iso-granule/iommu_map_page --drop granule");
  EXPECT_EQ(run.code, 1) << run.out;
  EXPECT_THAT(run.out, HasSubstr("refuted"));
  EXPECT_THAT(run.out, HasSubstr("ISO-1"));
  EXPECT_THAT(run.out, HasSubstr("VM 1"));
  const std::string file = scenario_in(run.out);
  ASSERT_FALSE(file.empty()) << run.out;
  EXPECT_EQ(nospan("repro " + file + " --target linux").code, 1);
}

TEST_F(ProveTest, ClaimsThatRestOnNothingAreProved) {
  const Ran run =
      nospan("prove --target linux --page-shift 12 --claim alloc/get_pool --claim exact/iommu_tce_check_ioba");
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_THAT(run.out, Not(HasSubstr("unknown")));
}

TEST_F(ProveTest, ASolverThatGetsNoTimeGivesUnknown) {
  const Ran run =
      nospan("prove --target linux --page-shift 12 --claim alloc/get_pool --timeout 1ms --no-cache");
  EXPECT_EQ(run.code, 2) << run.out;
  EXPECT_THAT(run.out, HasSubstr("unknown"));
}

TEST_F(ProveTest, TheSecondSolverAgrees) {
  const Ran run =
      nospan("prove --target linux --page-shift 12 --claim exact/iommu_tce_check_ioba --cross-check");
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("second solver"));
  EXPECT_THAT(run.out, HasSubstr("unsat"));
}

TEST_F(ProveTest, UnknownClaimsAndTargetsAreErrors) {
  const Ran claim = nospan("prove --target linux --page-shift 12 --claim no-such-claim");
  EXPECT_EQ(claim.code, 5) << claim.err;
  EXPECT_THAT(claim.err, HasSubstr("see nospan claims"));
  const Ran library = nospan("prove --target ./libmine.so");
  EXPECT_EQ(library.code, 5);
  EXPECT_THAT(library.err, HasSubstr("use nospan check"));
  EXPECT_EQ(nospan("prove --timeout soon").code, 5);
}

// What is taken for granted changes only with this file: a new assumption is looked at before it is accepted.
TEST_F(ProveTest, AssumptionsAreTheAcceptedOnes) {
  const Ran run = nospan("claims --assumptions");
  ASSERT_EQ(run.code, 0) << run.out;
  std::ifstream file(std::string(NOSPAN_SOURCE_DIR) + "/solver/assumptions.txt");
  std::set<std::string> accepted;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') accepted.insert(line);
  }
  std::set<std::string> made;
  std::istringstream lines(run.out);
  for (std::string line; std::getline(lines, line);) made.insert(line);
  EXPECT_EQ(made, accepted);
}

}  // namespace
}  // namespace nospan::cli
