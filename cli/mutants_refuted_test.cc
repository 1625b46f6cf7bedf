// SPDX-License-Identifier: BSD-2-Clause
// The proof that proofs can fail: kernels that are wrong on purpose (props/mutants) are refuted by the claim
// that is about the mistake, and the counterexample, or an example of what comes of it, violates an invariant
// on the compiled code. CTest has those that take a few seconds; NOSPAN_ALL_MUTANTS=1 mutants_refuted_test runs
// all.
#include <gmock/gmock.h>

#include <cstdlib>
#include <ostream>

#include "cli/command_fixture.h"
#include "props/mutants/mutant_build.h"
#include "solver/claims/linux_map_sg.h"
#include "solver/questioner.h"
#include "targets/linux/bitcode.h"
#include "targets/linux/tree.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::props {
void PrintTo(const Mutant& mutant, std::ostream* out) { *out << mutant.name; }
}  // namespace nospan::props

namespace nospan::cli {
namespace {

using props::Mutant;
using ::testing::HasSubstr;

std::vector<Mutant> with_claims() {
  std::vector<Mutant> mutants = props::kernel_mutants();
  std::erase_if(mutants, [all = std::getenv("NOSPAN_ALL_MUTANTS") != nullptr](const Mutant& mutant) {
    return mutant.refuted_claim.empty() || (mutant.proof_takes_long && !all);
  });
  return mutants;
}

Mutant kernel_mutant(std::string_view name) {
  for (const Mutant& mutant : props::kernel_mutants()) {
    if (mutant.name == name) return mutant;
  }
  ADD_FAILURE() << "no mutant " << name;
  return {};
}

class MutantsRefuted : public CommandTest, public ::testing::WithParamInterface<Mutant> {};

TEST_P(MutantsRefuted, ByWhatViolatesAnInvariant) {
  const Mutant& mutant = GetParam();
  const auto written = props::write_mutant_tree(mutant, folder_ / "tree");
  ASSERT_TRUE(written) << written.error().line();
  const Ran run = nospan("prove --tree tree --page-shift " + std::to_string(mutant.system_page_shift) +
                         " --timeout 20s --claim " + std::string(mutant.refuted_claim));
  EXPECT_EQ(run.code, 1) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("on the compiled code"));
  // Of a scenario that had to be replayed among other mappings, the one without them was saved; and the command
  // that is shown did not name the tree.
  const Ran again = nospan(reproducing_arguments(run.out));
  EXPECT_EQ(again.code, 1) << again.out << again.err;
}

INSTANTIATE_TEST_SUITE_P(Kernel, MutantsRefuted, ::testing::ValuesIn(with_claims()), [](const auto& of) {
  return std::string(of.param.name.substr(of.param.name.find('.') + 1));
});

// One truth value stood for "is among what was allocated" and for "is among what was set": that more was set
// than allocated was proved not to be.
TEST(SegmentsOfAMutant, WhatIsAllocatedIsNotTakenForWhatIsSet) {
  const toolchain::TestFolder folder;
  const auto written =
      props::write_mutant_tree(kernel_mutant("kernel.list_sets_one_page_too_many"), folder.path() / "tree");
  ASSERT_TRUE(written) << written.error().line();
  const auto tree = linux_target::open_tree(folder.path() / "tree");
  ASSERT_TRUE(tree);
  linux_target::BitcodeOptions build;
  build.system_page_shift = 12;
  const auto bitcode = linux_target::build_bitcode(*tree, build);
  ASSERT_TRUE(bitcode) << bitcode.error().line();
  const auto program = solver::Program::load(*bitcode);
  ASSERT_TRUE(program);
  const auto instances = solver::linux_map_sg_segments({*program, 12, "mutant"});
  ASSERT_TRUE(instances) << instances.error().line();
  solver::ProveOptions options;
  options.limits.time = std::chrono::seconds(2);
  const solver::Instance& segments = instances->front();
  solver::Questioner questioner(segments, options);
  const auto has_model = [&](const solver::Case& question) {
    // Its last parts say what of the arbitrary TCE was set.
    return question.name.find("what was set so far") != question.name.npos &&
           question.name.ends_with("part 14)") &&
           questioner.ask_case(question, {}).first.kind == solver::Answer::Kind::kSatisfiable;
  };
  EXPECT_TRUE(std::any_of(segments.cases.begin(), segments.cases.end(), has_model));
}

}  // namespace
}  // namespace nospan::cli
