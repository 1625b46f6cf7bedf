// SPDX-License-Identifier: BSD-2-Clause
#include "solver/path.h"

#include <gtest/gtest.h>

namespace nospan::solver {
namespace {

Obligation obligation(Obligation::Kind kind, std::string what, std::size_t given) {
  return {kind, Term::boolean(true), std::move(what), "mapper.cc:1", given};
}

// Bug: where a new segment ends was asked under all conditions of the path, which end with the invariant that
// was to be shown by it: a mapper that made each segment a byte too long was not found out.
TEST(Path, ConditionsBehindAnIterationAreWithoutWhatItsLoopSaysThen) {
  Path path;
  path.end = Path::End::kLoopClosed;
  for (const char* name : {"first", "second", "invariant"}) path.conditions.push_back(Term::free_boolean(name));
  path.obligations.push_back(obligation(Obligation::Kind::kInvariant, "on entry: all is well", 0));
  path.obligations.push_back(obligation(Obligation::Kind::kContract, "a group is asked for", 1));
  path.obligations.push_back(
      obligation(Obligation::Kind::kInvariant, std::string(kPreserved) + " all is well", 2));
  path.obligations.push_back(obligation(Obligation::Kind::kInvariant, std::string(kPreserved) + " it ends", 3));
  EXPECT_EQ(behind_the_iteration(path), 2u);
  EXPECT_EQ(conditions_before(path, behind_the_iteration(path)).size(), 2u);
}

TEST(Path, WithoutIterationAllConditionsCount) {
  Path path;
  path.conditions.push_back(Term::free_boolean("first"));
  path.obligations.push_back(obligation(Obligation::Kind::kInvariant, "on entry: all is well", 0));
  EXPECT_EQ(behind_the_iteration(path), 1u);
}

}  // namespace
}  // namespace nospan::solver
