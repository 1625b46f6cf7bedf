// SPDX-License-Identifier: BSD-2-Clause
// Solvers that are killed, hang, answer garbage, or take too much: none of that is ever an answer.
#include "solver/decide.h"

#include <gtest/gtest.h>

namespace nospan::solver {
namespace {

using Kind = Answer::Kind;

Answer script(const std::string& text, std::chrono::milliseconds time = std::chrono::seconds(20),
              const std::string& question = "") {
  DecisionLimits limits;
  limits.time = time;
  return decide_with_program({"/bin/sh", "-c", text}, question, limits);
}

TEST(Decide, AnswersOfAProgram) {
  EXPECT_EQ(script("echo unsat").kind, Kind::kUnsatisfiable);
  EXPECT_EQ(script("echo sat").kind, Kind::kSatisfiable);
  EXPECT_EQ(script("echo unknown").kind, Kind::kUnknown);
  // The question is what it reads.
  EXPECT_EQ(script("cat", std::chrono::seconds(20), "unsat\n").kind, Kind::kUnsatisfiable);
}

TEST(Decide, AProgramThatIsKilledGivesNoAnswer) {
  const Answer answer = script("echo unsat; kill -9 $$");
  EXPECT_EQ(answer.kind, Kind::kUnknown);
  EXPECT_NE(answer.reason.find("signal 9"), std::string::npos);
  EXPECT_EQ(script("kill -SEGV $$").kind, Kind::kUnknown);
}

TEST(Decide, AProgramThatHangsIsStopped) {
  for (const char* text : {"sleep 100", "echo unsat; sleep 100", "echo unsat; exec >&-; sleep 100",
                           "trap '' TERM INT; while :; do :; done", "sleep 100 & echo unsat; wait"}) {
    const Answer answer = script(text, std::chrono::milliseconds(300));
    EXPECT_EQ(answer.kind, Kind::kUnknown) << text;
    EXPECT_NE(answer.reason.find("300 ms"), std::string::npos) << text << answer.reason;
    EXPECT_LT(answer.seconds.count(), 10) << text;
  }
}

TEST(Decide, GarbageIsAnError) {
  for (const char* text :
       {"", "segmentation fault", "echo Unsat", "echo unsatisfiable", "echo ' unsat'", "echo; echo unsat",
        "echo 'sat unsat'", "head -c 1000 /dev/zero", "exit 3", "echo '(error \"no memory\")'; echo unsat"}) {
    EXPECT_EQ(script(text).kind, Kind::kError) << text;
  }
}

TEST(Decide, EndlessOutputIsNoAnswer) {
  EXPECT_EQ(script("echo sat; yes '(' ").kind, Kind::kUnknown);
  EXPECT_EQ(script("yes unsat").kind, Kind::kUnknown);
}

TEST(Decide, AProgramThatIsNotThereIsAnError) {
  const Answer answer = decide_with_program({"/nowhere/solver"}, "", {});
  EXPECT_EQ(answer.kind, Kind::kError);
  EXPECT_NE(answer.reason.find("cannot be started"), std::string::npos);
}

TEST(Decide, AProgramNeedNotReadItsInput) {
  EXPECT_EQ(script("echo unsat", std::chrono::seconds(20), std::string(1 << 20, ' ')).kind,
            Kind::kUnsatisfiable);
}

// More than Z3 can do in the time: a product of two primes of 62 bits.
const char* const kHard =
    "(set-logic ALL)\n(declare-fun a () (_ BitVec 124))\n(declare-fun b () (_ BitVec 124))\n"
    "(assert (= (bvmul a b) (bvmul (_ bv4611686018427387847 124) (_ bv4611686018427387817 124))))\n"
    "(assert (bvult a (_ bv4611686018427387904 124)))(assert (bvult b (_ bv4611686018427387904 124)))\n"
    "(assert (bvugt a (_ bv1 124)))(assert (bvugt b a))(check-sat)\n";

TEST(Decide, Z3KeepsItsTime) {
  DecisionLimits limits;
  limits.time = std::chrono::milliseconds(500);
  const Answer answer = decide_with_z3(kHard, limits);
  EXPECT_EQ(answer.kind, Kind::kUnknown);
  EXPECT_LT(answer.seconds.count(), 10);
}

TEST(Decide, Z3KeepsItsMemory) {
  DecisionLimits limits;
  limits.time = std::chrono::seconds(60);
  limits.memory_mib = 1;  // less than the process has already
  const Answer answer = decide_with_z3(kHard, limits);
  EXPECT_NE(answer.kind, Kind::kSatisfiable);
  EXPECT_NE(answer.kind, Kind::kUnsatisfiable);
}

TEST(Decide, Z3SaysWhatIsWrongWithAText) {
  EXPECT_EQ(decide_with_z3("(assert", {}).kind, Kind::kError);
  EXPECT_EQ(decide_with_z3("", {}).kind, Kind::kError);
  EXPECT_EQ(decide_with_z3("(assert undeclared)(check-sat)", {}).kind, Kind::kError);
}

TEST(ParseAnswer, ValuesInAllForms) {
  const Answer answer = parse_answer(
      "sat\n\"x\"\n((x #x00000000000000ff))\n\"flag\"\n((flag true))\ny\n((y\n  #b101))\n"
      "\"z\"\n(((bvadd x #x01) #x02))\n");
  ASSERT_EQ(answer.kind, Kind::kSatisfiable) << answer.reason;
  EXPECT_EQ(answer.values, (std::map<std::string, uint64_t>{{"x", 255}, {"flag", 1}, {"y", 5}, {"z", 2}}));
}

TEST(ParseAnswer, AModelWithoutItsValuesIsAnError) {
  for (const char* text :
       {"sat\n\"x\"", "sat\n\"x\"\n((x", "sat\n\"x\"\n((x #xzz))\n", "sat\n\"x\"\n((x 12))\n",
        "sat\n\"x\"\n((x #x10000000000000000))\n", "sat\n\"x\"\n)\n", "sat\n\"x\"\n(error \"\")\n"}) {
    EXPECT_EQ(parse_answer(text).kind, Kind::kError) << text;
  }
}

TEST(ParseAnswer, WhereThereIsNoModelValuesAreMissing) {
  EXPECT_EQ(parse_answer("unsat\n\"x\"\n(error \"model is not available\")\n").kind, Kind::kUnsatisfiable);
}

}  // namespace
}  // namespace nospan::solver
