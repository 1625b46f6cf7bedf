// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/equivalence.h"

#include <gtest/gtest.h>

#include <optional>

#include "targets/toolchain/test_folder.h"

namespace nospan::solver {
namespace {

class EquivalenceTest : public ::testing::Test {
 protected:
  // Whether the functions `f` of two programs are equivalent; `why_` says why not.
  bool equivalent(const std::string& original, const std::string& mutant, const SsaFacts& facts = {}) {
    auto one = load("original.ll", original);
    auto other = load("mutant.ll", mutant);
    if (!one || !other) return false;
    const Equivalence result = EquivalenceChecker(*one, facts).compare(*other, "f");
    why_ = result.why_not;
    assumed_ = result.assumed;
    return result.proved;
  }

  std::string why_;
  std::set<std::string> assumed_;

 private:
  std::optional<Program> load(const std::string& name, const std::string& text) {
    const auto file = folder_.path() / name;
    toolchain::write_text(
        file,
        "target datalayout = "
        "\"e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128\"\n"
        "declare i32 @called(i32)\n" +
            text);
    auto program = Program::load(file);
    EXPECT_TRUE(program) << program.error().line();
    if (!program) return std::nullopt;
    return std::move(*program);
  }

  toolchain::TestFolder folder_;
};

// A choice between two numbers; `predicate` decides.
std::string smaller(const std::string& predicate) {
  return "define i32 @f(i32 %a, i32 %b) {\n"
         "  %c = icmp " +
         predicate +
         " i32 %a, %b\n"
         "  br i1 %c, label %yes, label %no\n"
         "yes:\n  ret i32 %a\n"
         "no:\n  ret i32 %b\n}\n";
}

TEST_F(EquivalenceTest, AFunctionIsEquivalentToItself) {
  EXPECT_TRUE(equivalent(smaller("ult"), smaller("ult"))) << why_;
}

TEST_F(EquivalenceTest, WhereBothAreEqualItDoesNotMatterWhichIsTaken) {
  EXPECT_TRUE(equivalent(smaller("ult"), smaller("ule"))) << why_;
}

TEST_F(EquivalenceTest, AnotherOrderIsNotEquivalent) {
  EXPECT_FALSE(equivalent(smaller("ult"), smaller("slt")));
  EXPECT_FALSE(equivalent(smaller("ult"), smaller("ugt")));
}

// Compares two members of a struct.
std::string members(const std::string& predicate) {
  return "%struct.table = type { i32, i32 }\n"
         "define i1 @f(ptr %t) {\n"
         "  %x = getelementptr inbounds %struct.table, ptr %t, i32 0, i32 0\n"
         "  %y = getelementptr inbounds %struct.table, ptr %t, i32 0, i32 1\n"
         "  %a = load i32, ptr %x\n"
         "  %b = load i32, ptr %y\n"
         "  %c = icmp " +
         predicate +
         " i32 %a, %b\n"
         "  ret i1 %c\n}\n";
}

TEST_F(EquivalenceTest, WhatIsKnownOfMembersCounts) {
  SsaFacts facts;
  facts.members = {{"struct.table", 0, 0, 100}, {"struct.table", 4, 0, 100}};
  EXPECT_TRUE(equivalent(members("ult"), members("slt"), facts)) << why_;
  EXPECT_FALSE(equivalent(members("ult"), members("ule"), facts));
  facts.members.pop_back();
  EXPECT_FALSE(equivalent(members("ult"), members("slt"), facts));
}

// Loads, maybe stores, loads again.
std::string loads_twice(const std::string& between, const std::string& result) {
  return "define i32 @f(ptr %p, ptr %q) {\n  %x = load i32, ptr %p\n" + between +
         "  %y = load i32, ptr %p\n  %d = sub i32 %x, %y\n  ret i32 " + result + "\n}\n";
}

TEST_F(EquivalenceTest, MemoryStaysAsItIsUntilSomethingIsWritten) {
  EXPECT_TRUE(equivalent(loads_twice("", "%d"), loads_twice("", "0"))) << why_;
  const std::string store = "  store i32 1, ptr %q\n";
  EXPECT_FALSE(equivalent(loads_twice(store, "%d"), loads_twice(store, "0")));
}

TEST_F(EquivalenceTest, TheMutantMustNotStopWhereTheOriginalGoesOn) {
  const auto stops = [](const std::string& predicate) {
    return "declare void @stop() noreturn\ndefine void @f(i32 %a) {\n  %c = icmp " + predicate +
           " i32 %a, 3\n  br i1 %c, label %yes, label %no\nyes:\n  call void @stop() noreturn\n  unreachable\n"
           "no:\n  ret void\n}\n";
  };
  EXPECT_FALSE(equivalent(stops("eq"), stops("uge")));
  EXPECT_TRUE(equivalent(stops("uge"), stops("eq"))) << "nobody relies on what follows a BUG: " << why_;
}

std::string calls(const std::string& argument) {
  return "define i32 @f(i32 %a) {\n"
         "  %x = add i32 " +
         argument +
         "\n"
         "  %first = call i32 @called(i32 %x)\n"
         "  %second = call i32 @called(i32 %first)\n"
         "  ret i32 %second\n}\n";
}

TEST_F(EquivalenceTest, CallsMustGetTheSame) {
  EXPECT_TRUE(equivalent(calls("%a, 0"), calls("0, %a"))) << why_;
  EXPECT_FALSE(equivalent(calls("%a, 0"), calls("%a, 1")));
}

TEST_F(EquivalenceTest, ACallMustNotBeDropped) {
  const std::string one = "define void @f() {\n  %x = call i32 @called(i32 1)\n  ret void\n}\n";
  const std::string none = "define void @f() {\n  ret void\n}\n";
  EXPECT_FALSE(equivalent(one, none));
  EXPECT_FALSE(equivalent(none, one));
}

TEST_F(EquivalenceTest, WhatTwoCallsReturnIsNotTheSame) {
  const auto returns = [](const std::string& which) {
    return "define i32 @f() {\n  %x = call i32 @called(i32 1)\n  %y = call i32 @called(i32 1)\n  ret i32 " +
           which + "\n}\n";
  };
  EXPECT_FALSE(equivalent(returns("%x"), returns("%y")));
}

std::string stores(const std::string& value) {
  return "define void @f(ptr %p, i32 %a) {\n"
         "  %null = icmp eq ptr %p, null\n"
         "  br i1 %null, label %out, label %go\n"
         "go:\n"
         "  store i32 " +
         value +
         ", ptr %p\n"
         "  br label %out\n"
         "out:\n  ret void\n}\n";
}

TEST_F(EquivalenceTest, MemoryMustHoldTheSame) {
  EXPECT_TRUE(equivalent(stores("%a"), stores("%a"))) << why_;
  EXPECT_FALSE(equivalent(stores("%a"), stores("7")));
}

// Sums `step` until `count` is reached.
std::string loops(const std::string& step, const std::string& predicate) {
  return "define i32 @f(i32 %count) {\n"
         "entry:\n  br label %head\n"
         "head:\n"
         "  %i = phi i32 [ 0, %entry ], [ %next, %body ]\n"
         "  %sum = phi i32 [ 0, %entry ], [ %more, %body ]\n"
         "  %go = icmp " +
         predicate +
         " i32 %i, %count\n"
         "  br i1 %go, label %body, label %out\n"
         "body:\n"
         "  %more = add i32 %sum, " +
         step +
         "\n"
         "  %next = add i32 %i, 1\n"
         "  br label %head\n"
         "out:\n  ret i32 %sum\n}\n";
}

TEST_F(EquivalenceTest, LoopsAreComparedByOneIteration) {
  EXPECT_TRUE(equivalent(loops("%i", "ult"), loops("%i", "ult"))) << why_;
  EXPECT_FALSE(equivalent(loops("%i", "ult"), loops("%sum", "ult")));
  EXPECT_FALSE(equivalent(loops("%i", "ult"), loops("%i", "ule")));
}

TEST_F(EquivalenceTest, TheMutantMustNotHaveUndefinedBehaviour) {
  const auto shifts = [](const std::string& count) {
    return "define i32 @f(i32 %a, i32 %n) {\n  %m = and i32 %n, " + count +
           "\n  %x = shl i32 %a, %m\n  %y = mul i32 %x, 0\n  ret i32 %y\n}\n";
  };
  EXPECT_FALSE(equivalent(shifts("31"), shifts("63")));
  EXPECT_FALSE(
      equivalent(shifts("0"), "define i32 @f(i32 %a, i32 %n) {\n  %x = shl i32 %a, 32\n  ret i32 0\n}\n"))
      << "always";
  // Where the original has it, the mutant may do anything.
  EXPECT_TRUE(equivalent(shifts("63"), shifts("63"))) << why_;
}

// What is assumed is named, if it is needed, and nothing else.
TEST_F(EquivalenceTest, WhatIsKnownOfParametersCountsAndIsNamed) {
  SsaFacts facts;
  facts.parameters = {{"", 0, 100, "small", "f", "a", false},
                      {"", 0, 100, "small", "f", "b", false},
                      {"", 0, 100, "beside-the-point", "f", "a", false},
                      {"", 0, 1, "of-another", "g", "a", false}};
  EXPECT_FALSE(equivalent(smaller("ult"), smaller("slt")));
  EXPECT_TRUE(equivalent(smaller("ult"), smaller("slt"), facts)) << why_;
  EXPECT_EQ(assumed_, std::set<std::string>{"small"}) << "b must be small, a need not";
  EXPECT_TRUE(equivalent(smaller("ult"), smaller("ule"), facts)) << why_;
  EXPECT_TRUE(assumed_.empty()) << "it is equivalent without";
  EXPECT_FALSE(equivalent(smaller("ult"), smaller("ugt"), facts));
}

TEST_F(EquivalenceTest, WhatAParameterPointsToCounts) {
  const auto compare = [](const std::string& predicate) {
    return "define i1 @f(ptr %p) {\n  %a = load i64, ptr %p\n  %c = icmp " + predicate +
           " i64 %a, 7\n  ret i1 %c\n}\n";
  };
  SsaFacts facts;
  facts.parameters = {{"", 0, 100, "small", "f", "p", true}};
  EXPECT_TRUE(equivalent(compare("ult"), compare("slt"), facts)) << why_;
  EXPECT_EQ(assumed_, std::set<std::string>{"small"});
  facts.parameters[0].pointee = false;  // an address is no number
  EXPECT_FALSE(equivalent(compare("ult"), compare("slt"), facts));
}

TEST_F(EquivalenceTest, WhatACalleeReturnsCounts) {
  const auto calls = [](const std::string& predicate) {
    return "define i32 @f(i32 %a, ptr %p) {\n  %b = sub i32 %a, 1\n  %r = call i32 @called(i32 %b)\n"
           "  %c = icmp " +
           predicate +
           " i32 %r, %b\n  br i1 %c, label %yes, label %no\n"
           "yes:\n  store i32 %r, ptr %p\n  ret i32 %r\nno:\n  ret i32 0\n}\n";
  };
  SsaFacts facts;
  facts.results = {{"called", SsaFacts::Result::Is::kNotArgument, "never-that", 0}};
  EXPECT_TRUE(equivalent(calls("ult"), calls("ule"), facts)) << why_;
  EXPECT_EQ(assumed_, std::set<std::string>{"never-that"});
  EXPECT_FALSE(equivalent(calls("ult"), calls("ugt"), facts));
}

// The table operation gets an address.
std::string gives(const std::string& mask) {
  return "%struct.table = type { i64, ptr }\n%struct.operations = type { ptr, ptr }\n"
         "define void @f(ptr %table, i64 %address) {\n"
         "  %at = getelementptr %struct.table, ptr %table, i32 0, i32 0\n  %shift = load i64, ptr %at\n"
         "  %one = shl i64 1, %shift\n  %mask = sub i64 %one, " +
         mask +
         "\n  %not = xor i64 %mask, -1\n  %given = and i64 %address, %not\n"
         "  %o = getelementptr %struct.table, ptr %table, i32 0, i32 1\n  %operations = load ptr, ptr %o\n"
         "  %s = getelementptr %struct.operations, ptr %operations, i32 0, i32 1\n  %set = load ptr, ptr %s\n"
         "  call void %set(ptr %table, i64 %given)\n  ret void\n}\n";
}

TEST_F(EquivalenceTest, WhatACalleeDoesNotLookAtDoesNotCount) {
  SsaFacts facts;
  facts.members = {{"struct.table", 0, 12, 34, "shifts"}};
  EXPECT_FALSE(equivalent(gives("1"), gives("2"), facts));
  facts.arguments = {{"struct.operations+8", 1, SsaFacts::Argument::Use::kPageNumber, "pages"}};
  EXPECT_TRUE(equivalent(gives("1"), gives("2"), facts)) << why_;
  EXPECT_TRUE(assumed_.contains("pages"));
  EXPECT_FALSE(equivalent(gives("1"), gives("4097"), facts)) << "that is another page";
  facts.arguments[0].use = SsaFacts::Argument::Use::kNone;
  EXPECT_TRUE(equivalent(gives("1"), gives("4097"), facts)) << why_;
  facts.arguments[0].callee = "struct.operations+0";
  EXPECT_FALSE(equivalent(gives("1"), gives("2"), facts)) << "another operation";
}

TEST_F(EquivalenceTest, WhatLoopsCarryIsFoundOut) {
  // Signed and unsigned numbers are the same as long as the counter is not negative.
  SsaFacts facts;
  facts.parameters = {{"", 0, 0x7fffffff, "not-negative", "f", "count", false}};
  EXPECT_TRUE(equivalent(loops("%i", "slt"), loops("%i", "ult"), facts)) << why_;
  EXPECT_FALSE(equivalent(loops("%i", "slt"), loops("%i", "sle"), facts));
  EXPECT_FALSE(equivalent(loops("%i", "slt"), loops("%i", "ult"))) << "the count may be negative";
  // A mutant that begins somewhere else is not taken for one that begins at 0.
  std::string late = loops("%i", "ult");
  late.replace(late.find("[ 0, %entry ], [ %next"), 2, "[ -");
  late.replace(late.find("[ -0"), 4, "[ -1");
  EXPECT_FALSE(equivalent(loops("%i", "slt"), late, facts));
}

// Calls with what the last iteration left, but in the first one.
std::string leaves(const std::string& first, const std::string& predicate) {
  return "define void @f(i64 %count) {\n"
         "entry:\n  br label %head\n"
         "head:\n"
         "  %at = phi i64 [ 0, %entry ], [ %next, %go ]\n"
         "  %begin = phi i64 [ 0, %entry ], [ %begin, %go ]\n"
         "  %left = phi i32 [ " +
         first +
         ", %entry ], [ %now, %go ]\n"
         "  %is_first = icmp " +
         predicate +
         " i64 %at, %begin\n"
         "  br i1 %is_first, label %go, label %use\n"
         "use:\n  %r = call i32 @called(i32 %left)\n  br label %go\n"
         "go:\n  %now = trunc i64 %at to i32\n  %next = add i64 %at, 1\n"
         "  %more = icmp ult i64 %next, %count\n  br i1 %more, label %head, label %out\n"
         "out:\n  ret void\n}\n";
}

TEST_F(EquivalenceTest, WhatALoopCarriesAndDoesNotReadMayDiffer) {
  EXPECT_TRUE(equivalent(leaves("0", "eq"), leaves("1", "eq"))) << why_;
  EXPECT_FALSE(equivalent(leaves("0", "ne"), leaves("1", "ne"))) << "it is read in the first iteration";
  EXPECT_FALSE(equivalent(leaves("0", "eq"), leaves("1", "ne")));
  // What the next iteration gets is read there.
  std::string other = leaves("0", "eq");
  other.replace(other.find("trunc i64 %at to"), 13, "trunc i64 %count");
  EXPECT_FALSE(equivalent(leaves("0", "eq"), other));
}

TEST_F(EquivalenceTest, AnAddressOfAPageIsNoSmallNumber) {
  const auto fails = [](const std::string& error) {
    return "declare i64 @allocate()\ndefine i64 @f() {\n  %r = call i64 @allocate()\n  %c = icmp eq i64 %r, " +
           error + "\n  br i1 %c, label %no, label %yes\nno:\n  ret i64 -1\nyes:\n  ret i64 %r\n}\n";
  };
  SsaFacts facts;
  EXPECT_FALSE(equivalent(fails("-1"), fails("0"), facts));
  facts.results = {{"allocate", SsaFacts::Result::Is::kPageAddressOrOnes, "address"}};
  EXPECT_TRUE(equivalent(fails("-1"), fails("0"), facts)) << why_;
  EXPECT_TRUE(equivalent(fails("-1"), fails("-2"), facts)) << why_;
  EXPECT_EQ(assumed_, std::set<std::string>{"address"});
  EXPECT_FALSE(equivalent(fails("-1"), fails("4096"), facts));
}

TEST_F(EquivalenceTest, WhichErrorItIsDoesNotCount) {
  const auto fails = [](const std::string& error) {
    return "define i32 @f() {\n  %r = call i32 @called(i32 1)\n  %c = icmp slt i32 %r, 0\n"
           "  br i1 %c, label %no, label %yes\nno:\n  ret i32 " +
           error + "\nyes:\n  ret i32 %r\n}\n";
  };
  SsaFacts facts;
  EXPECT_FALSE(equivalent(fails("-12"), fails("-11"), facts));
  facts.errors = {{"f", "errors"}};
  EXPECT_TRUE(equivalent(fails("-12"), fails("-11"), facts)) << why_;
  EXPECT_EQ(assumed_, std::set<std::string>{"errors"});
  EXPECT_FALSE(equivalent(fails("-12"), fails("0"), facts));
  EXPECT_FALSE(equivalent(fails("-12"), fails("-4096"), facts)) << "no error number";
}

TEST_F(EquivalenceTest, WhatACalleeNeverReturnsDoesNotCount) {
  const auto looks = [](const std::string& comparison) {
    return "define i32 @f() {\n  %r = call i32 @called(i32 1)\n  %c = icmp " + comparison +
           "\n  br i1 %c, label %no, label %yes\nno:\n  ret i32 7\nyes:\n  ret i32 8\n}\n";
  };
  SsaFacts facts;
  EXPECT_FALSE(equivalent(looks("slt i32 %r, 0"), looks("ne i32 %r, 0"), facts));
  facts.results = {{"called", SsaFacts::Result::Is::kZeroOrError, "errors"}};
  EXPECT_TRUE(equivalent(looks("slt i32 %r, 0"), looks("ne i32 %r, 0"), facts)) << why_;
  facts.results[0].caller = "g";
  EXPECT_FALSE(equivalent(looks("slt i32 %r, 0"), looks("ne i32 %r, 0"), facts)) << "of another caller";
  facts.results = {{"called", SsaFacts::Result::Is::kTrue, "true"}};
  EXPECT_TRUE(equivalent(looks("eq i32 %r, 0"), looks("ult i32 %r, 1"), facts)) << why_;
  EXPECT_FALSE(equivalent(looks("eq i32 %r, 0"), looks("eq i32 %r, 1"), facts));
}

TEST_F(EquivalenceTest, AFunctionThatOnlyReadsLeavesMemoryAsItIs) {
  const std::string reads = "define i32 @reads(ptr %p) {\n  %x = load i32, ptr %p\n  ret i32 %x\n}\n";
  const std::string writes = "define i32 @reads(ptr %p) {\n  store i32 1, ptr %p\n  ret i32 1\n}\n";
  const std::string between = "  %z = call i32 @reads(ptr %q)\n";
  EXPECT_TRUE(equivalent(reads + loads_twice(between, "%d"), reads + loads_twice(between, "0"))) << why_;
  EXPECT_FALSE(equivalent(writes + loads_twice(between, "%d"), writes + loads_twice(between, "0")));
}

// Asks for a range, [begin, end), and returns it with its end cut.
std::string ranges(const std::string& predicate, const std::string& member) {
  return "declare { i64, i64 } @range(i64)\n"
         "define { i64, i64 } @f(i64 %most) {\n  %r = call { i64, i64 } @range(i64 1)\n"
         "  %begin = extractvalue { i64, i64 } %r, 0\n  %end = extractvalue { i64, i64 } %r, 1\n"
         "  %c = icmp " +
         predicate +
         " i64 %end, %most\n  %cut = select i1 %c, i64 %end, i64 %most\n"
         "  %one = insertvalue { i64, i64 } poison, i64 " +
         member + ", 0\n  %both = insertvalue { i64, i64 } %one, i64 %cut, 1\n  ret { i64, i64 } %both\n}\n";
}

TEST_F(EquivalenceTest, StructsOfNumbersAreFollowedMemberByMember) {
  EXPECT_TRUE(equivalent(ranges("ult", "%begin"), ranges("ule", "%begin"))) << why_;
  EXPECT_FALSE(equivalent(ranges("ult", "%begin"), ranges("ugt", "%begin")));
  EXPECT_FALSE(equivalent(ranges("ult", "%begin"), ranges("ult", "%end")));
}

TEST_F(EquivalenceTest, WhatIsNotUnderstoodIsNotEquivalent) {
  const std::string vectors = "define <2 x i32> @f(<2 x i32> %a) {\n  ret <2 x i32> %a\n}\n";
  EXPECT_FALSE(equivalent(vectors, vectors));
  EXPECT_FALSE(why_.empty());
}

}  // namespace
}  // namespace nospan::solver
