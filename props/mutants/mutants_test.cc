// SPDX-License-Identifier: BSD-2-Clause
// Each mutant dies by the invariant that it violates, soon, and leaves a small scenario behind.
#include <gmock/gmock.h>

#include <set>
#include <string>

#include "props/mutants/mutant_run.h"

namespace nospan::props {
namespace {

using model::Invariant;

class MutantDies : public testing::Test {
 public:
  explicit MutantDies(const Mutant& mutant) : mutant_(mutant) {}
  void TestBody() override {
    const MutantResult result = run_mutant(mutant_, {});
    std::printf("%s\n%s\n", table_heading().c_str(), table_line(result).c_str());
    EXPECT_THAT(result.complaints(), testing::IsEmpty());
  }

 private:
  const Mutant& mutant_;
};

// One test per mutant, called Mutants/<its name>.
void register_mutants() {
  for (const Mutant& mutant : all_mutants()) {
    const std::string name(mutant.name);
    const std::size_t dot = name.find('.');
    testing::RegisterTest(("Mutants/" + name.substr(0, dot)).c_str(), name.substr(dot + 1).c_str(), nullptr,
                          nullptr, __FILE__, __LINE__,
                          [&mutant]() -> MutantDies* { return new MutantDies(mutant); });
  }
}

bool is_killed(const Mutant& mutant) { return mutant.missing_rule.empty(); }

TEST(MutantTable, HasAsManyAsPromised) {
  std::size_t kernel = 0;
  std::size_t builtin = 0;
  for (const Mutant& mutant : all_mutants()) {
    if (is_killed(mutant)) ++(mutant.base() == MutantBase::kKernel ? kernel : builtin);
  }
  EXPECT_GE(kernel, 18u);
  EXPECT_GE(builtin, 10u);
  EXPECT_GE(kernel + builtin, 30u);
}

TEST(MutantTable, CoversEveryInvariantOfThisLayer) {
  std::set<Invariant> covered;
  for (const Mutant& mutant : all_mutants()) {
    if (is_killed(mutant) && mutant.violates.size() == 1) covered.insert(mutant.violates[0]);
  }
  for (const model::Rule& rule : model::kRules) {
    if (rule.invariant == Invariant::kHcall1) continue;  // no hypercalls below targets/target.h
    EXPECT_TRUE(covered.contains(rule.invariant)) << rule.id;
  }
}

TEST(MutantTable, IsWellFormed) {
  std::set<std::string_view> names;
  for (const Mutant& mutant : all_mutants()) {
    EXPECT_TRUE(names.insert(mutant.name).second) << mutant.name << " is there twice";
    EXPECT_TRUE(mutant.name.starts_with("kernel.") || mutant.name.starts_with("builtin.")) << mutant.name;
    EXPECT_FALSE(mutant.mistake.empty()) << mutant.name;
    EXPECT_FALSE(mutant.edits.empty()) << mutant.name;
    EXPECT_FALSE(mutant.violates.empty()) << mutant.name;
    EXPECT_EQ(mutant.violates.size() > 1, !mutant.why_several.empty()) << mutant.name;
    EXPECT_LE(mutant.limit_seconds, 30) << mutant.name;
  }
}

}  // namespace
}  // namespace nospan::props

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  nospan::props::register_mutants();
  return RUN_ALL_TESTS();
}
