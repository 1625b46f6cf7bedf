// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claim_processes.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

namespace nospan::solver {
namespace {

using reports::Verdict;

ProveOptions options() {
  ProveOptions options;
  options.limits.time = std::chrono::seconds(20);
  options.drop_table = false;
  return options;
}

// A claim about numbers, one of which is 3.
Instance claim(const std::string& function, const Term& goal) {
  Instance instance;
  instance.claim = "sum";
  instance.function = function;
  instance.target = "test";
  const Term three = free_word("three");
  instance.domain = {three == word(3)};
  instance.cases = {{"sum", {}, goal, {{three, word(3)}}}};
  instance.witnesses = {{three == word(3)}};
  instance.inputs = {{"three", three}};
  return instance;
}

Instance true_claim(const std::string& function) { return claim(function, less(free_word("three"), word(4))); }

std::map<std::size_t, ClaimResult> decide(const std::vector<const Instance*>& instances,
                                          unsigned free_slots = 0) {
  SharedCounter free(free_slots);
  SharedCounter lent(0);
  std::map<std::size_t, ClaimResult> results;
  decide_in_processes(instances, options(), {free, lent},
                      [&](std::size_t place, const ClaimResult& result) { results.emplace(place, result); });
  EXPECT_EQ(free.value(), free_slots);
  EXPECT_EQ(lent.value(), 0u);
  return results;
}

TEST(ClaimProcesses, TellEachResultWithItsPlace) {
  const Instance first = true_claim("first");
  const Instance second = claim("second", less(free_word("three"), word(3)));
  for (const unsigned free_slots : {0u, 1u, 5u}) {
    const auto results = decide({&first, &second, &first}, free_slots);
    ASSERT_EQ(results.size(), 3u);
    EXPECT_EQ(results.at(0).verdict, Verdict::kProved) << results.at(0).reason;
    EXPECT_EQ(results.at(1).id, "sum/second");
    EXPECT_TRUE(results.at(1).counterexample);
    EXPECT_EQ(results.at(2).verdict, Verdict::kProved);
  }
}

TEST(ClaimProcesses, OneThatIsKilledCostsItsOwnClaimOnly) {
  Instance killed = claim("killed", less(free_word("three"), word(3)));
  killed.scenario = [](const Model&) -> reports::Expected<std::string> {
    kill(getpid(), SIGKILL);
    return "";
  };
  const Instance other = true_claim("other");
  const auto results = decide({&killed, &other});
  EXPECT_EQ(results.at(0).verdict, Verdict::kUnknown);
  EXPECT_EQ(results.at(0).id, "sum/killed");
  EXPECT_EQ(results.at(0).reason, "the prover's process was ended by signal 9");
  EXPECT_EQ(results.at(1).verdict, Verdict::kProved);
}

// The text of a claim's questions was another one when other claims had been decided before: nothing was found
// among the answers of a run that had decided all.
TEST(ClaimProcesses, QuestionsDoNotDependOnOtherClaims) {
  const Term x = free_word("x");
  const Term y = free_word("y");
  const Term three = free_word("three");
  std::vector<Term> made;
  Instance before = claim("before", less(three, word(3)));
  before.scenario = [&](const Model&) -> reports::Expected<std::string> {
    made.push_back(y ^ word(3));
    return "";
  };
  const Instance asked = claim("asked", less((x ^ three) + (y ^ three), word(~uint64_t{0})));
  const ClaimResult after_other = decide({&before, &asked}).at(1);
  const ClaimResult alone = decide({&asked}).at(0);
  ASSERT_EQ(after_other.cases.size(), alone.cases.size());
  for (std::size_t i = 0; i < alone.cases.size(); ++i)
    EXPECT_EQ(after_other.cases[i].hash, alone.cases[i].hash);
}

TEST(SharedCounter, IsSharedWithForkedProcesses) {
  SharedCounter counter(2);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool taken = counter.take() && counter.take();
    const bool empty = !counter.take();
    counter.add(5);
    _exit(taken && empty ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(counter.value(), 5u);
}

}  // namespace
}  // namespace nospan::solver
