// SPDX-License-Identifier: BSD-2-Clause
// Small functions in LLVM's language: what each path returns, what it owes, and what the executor refuses.
#include "solver/executor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "solver/claims/claim.h"
#include "solver/prove.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::solver {
namespace {

using testing::HasSubstr;
using Kind = Obligation::Kind;

// A program of one text. The layout is that of the targets.
class ExecutorTest : public testing::Test {
 protected:
  void load(const std::string& text, Limits limits = {}) {
    const auto file = folder_.path() / "program.ll";
    toolchain::write_text(
        file,
        "target datalayout = "
        "\"e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128\"\n" +
            text);
    auto program = Program::load(file);
    ASSERT_TRUE(program) << program.error().line();
    executor_.reset();
    program_.emplace(std::move(*program));
    executor_.emplace(*program_, limits);
  }

  std::vector<Path> run(std::vector<Value> arguments = {}, State state = {},
                        const std::vector<Term>& domain = {}) {
    auto paths = executor_->run("f", std::move(state), std::move(arguments), domain);
    EXPECT_TRUE(paths) << paths.error().line();
    return paths ? std::move(*paths) : std::vector<Path>();
  }

  // Of a function with one path that returns a number.
  uint64_t number(std::vector<Value> arguments = {}) {
    const auto paths = run(std::move(arguments));
    EXPECT_EQ(paths.size(), 1u);
    if (paths.size() != 1 || !paths[0].result) return ~uint64_t{0};
    EXPECT_TRUE(paths[0].result->bits.constant()) << paths[0].result->bits.text();
    return paths[0].result->bits.constant().value_or(~uint64_t{0});
  }

  // Why the only path cannot be followed.
  std::string refusal(std::vector<Value> arguments = {}) {
    const auto paths = run(std::move(arguments));
    EXPECT_EQ(paths.size(), 1u);
    if (paths.size() != 1) return "";
    EXPECT_EQ(paths[0].end, Path::End::kUnsupported);
    return paths[0].reason;
  }

  // Kinds of what the paths owe, in their order.
  static std::vector<Kind> owed(const std::vector<Path>& paths) {
    std::vector<Kind> kinds;
    for (const Path& path : paths) {
      for (const Obligation& obligation : path.obligations) kinds.push_back(obligation.kind);
    }
    return kinds;
  }

  static Value number32(uint64_t value) { return Value::number(Term::bits(32, value)); }

  toolchain::TestFolder folder_;
  std::optional<Program> program_;
  std::optional<Executor> executor_;
};

// ---- What is not known is an error that names it ----

TEST_F(ExecutorTest, AnUnknownOpcodeIsNamed) {
  load("define double @f(double %x) { %y = fadd double %x, %x\n ret double %y }");
  EXPECT_THAT(refusal({Value::number(word(0))}), HasSubstr("fadd"));
}

TEST_F(ExecutorTest, InvokeIsNamed) {
  load(
      "declare void @g()\ndeclare i32 @p(...)\ndefine void @f() personality ptr @p { invoke void @g() to label "
      "%a unwind "
      "label %b\na: ret void\nb: %x = landingpad { ptr, i32 } cleanup\n ret void }");
  EXPECT_THAT(refusal(), HasSubstr("invoke"));
}

TEST_F(ExecutorTest, ACallWithoutContractIsNamed) {
  load("declare void @stranger()\ndefine void @f() { call void @stranger()\n ret void }");
  EXPECT_THAT(refusal(), HasSubstr("stranger"));
}

TEST_F(ExecutorTest, AnIndirectCallWithoutContractIsNamed) {
  load("declare void @stranger()\ndefine void @f(ptr %g) { call void %g()\n ret void }");
  State state;
  const Value pointer = executor_->function_pointer(state, "another_stranger");
  const auto paths = run({pointer}, state);
  ASSERT_EQ(paths.size(), 1u);
  EXPECT_THAT(paths[0].reason, HasSubstr("another_stranger"));
}

TEST_F(ExecutorTest, AnUnknownIntrinsicAndAssemblyAreNamed) {
  load(
      "declare i32 @llvm.fshl.i32(i32, i32, i32)\ndefine i32 @f() { %x = call i32 @llvm.fshl.i32(i32 1, i32 2, "
      "i32 3)\n ret "
      "i32 %x }");
  EXPECT_THAT(refusal(), HasSubstr("fshl"));
  load("define void @f() { call void asm sideeffect \"hlt\", \"\"()\n ret void }");
  EXPECT_THAT(refusal(), HasSubstr("hlt"));
  load("define void @f() { call void asm sideeffect \"\", \"\"()\n ret void }");
  EXPECT_EQ(run().at(0).end, Path::End::kReturned);
}

TEST_F(ExecutorTest, ArithmeticThatMustNotWrapIsRefused) {
  load("define i32 @f(i32 %x) { %y = add nsw i32 %x, 1\n ret i32 %y }");
  EXPECT_THAT(refusal({number32(1)}), HasSubstr("-fwrapv"));
}

// A load of 3 bytes, as of a bit field, lost one of them.
TEST_F(ExecutorTest, OddSizesAreRefused) {
  load("define i24 @f(ptr %p) { %x = load i24, ptr %p\n ret i24 %x }");
  State state;
  const ObjectId object = state.memory.add(Object("object", word(8), Object::Initial::kZero));
  EXPECT_THAT(run({Value::pointer(object)}, state).at(0).reason, HasSubstr("a load of 3 bytes"));
}

TEST_F(ExecutorTest, AContractOfAnotherWidthIsRefused) {
  load("declare i32 @g()\ndefine i32 @f() { %x = call i32 @g()\n ret i32 %x }");
  executor_->add(
      "g", simple([](State&, const Call&) -> reports::Expected<Value> { return Value::number(word(1)); }));
  EXPECT_THAT(refusal(), HasSubstr("64 bits instead of 32"));
}

TEST_F(ExecutorTest, TooManyStepsOrPathsAreRefused) {
  load("define void @f() { br label %a\na: br label %a }", Limits{.steps = 100, .iterations = 1000});
  EXPECT_THAT(refusal(), HasSubstr("more paths or instructions"));
  load("define void @f() { call void @f()\n ret void }");
  EXPECT_THAT(refusal(), HasSubstr("recursively"));
}

TEST_F(ExecutorTest, AnEndlessLoopIsCutOffAndSaysSo) {
  load("define void @f() { br label %a\na: br label %a }");
  const auto paths = run();
  ASSERT_EQ(paths.size(), 1u);
  EXPECT_EQ(paths[0].end, Path::End::kLoopBound);
  EXPECT_EQ(incompleteness(paths)->verdict, reports::Verdict::kUnknown);
}

// ---- Undefined behaviour is owed ----

TEST_F(ExecutorTest, UndefinedArithmeticIsOwed) {
  load(
      "define i32 @f(i32 %a, i32 %b) { %x = shl i32 %a, %b\n %y = udiv i32 %x, %b\n %z = sdiv i32 %y, %b\n ret "
      "i32 %z }");
  const Value a = Value::number(Term::free_bits(32, "a"));
  const Value b = Value::number(Term::free_bits(32, "b"));
  EXPECT_EQ(owed(run({a, b})),
            (std::vector<Kind>{Kind::kShift, Kind::kDivision, Kind::kDivision, Kind::kDivision}));
  EXPECT_EQ(owed(run({number32(8), number32(2)})), std::vector<Kind>{});
  const auto stopped = run({number32(8), number32(32)});
  EXPECT_EQ(stopped.at(0).end, Path::End::kStopped);
  EXPECT_EQ(owed(stopped), std::vector<Kind>{Kind::kShift});
}

TEST_F(ExecutorTest, AccessesAreOwed) {
  load("define i64 @f(ptr %p) { %x = load i64, ptr %p\n ret i64 %x }");
  const auto kinds = [&](Value pointer) {
    State state;
    const ObjectId object = state.memory.add(Object("object", word(16), Object::Initial::kZero));
    if (pointer.is_pointer()) pointer.object = object;
    return owed(run({pointer}, state));
  };
  const ObjectId any{1};
  EXPECT_EQ(kinds(Value::pointer(any, word(8))), std::vector<Kind>{});
  EXPECT_EQ(kinds(Value::pointer(any, word(9))), std::vector<Kind>{Kind::kBounds});
  EXPECT_EQ(kinds(Value::pointer(any, word(~uint64_t{0}))), std::vector<Kind>{Kind::kBounds});
  EXPECT_EQ(kinds(Value::number(word(0))), std::vector<Kind>{Kind::kNull});
  EXPECT_EQ(kinds(Value::number(free_word("number"))), std::vector<Kind>{Kind::kNull});
  Value maybe = Value::pointer(any);
  maybe.null_if = Term::free_boolean("null");
  EXPECT_EQ(kinds(maybe), std::vector<Kind>{Kind::kNull});
}

TEST_F(ExecutorTest, ALocalIsNoMoreAfterItsFunction) {
  load(
      "define ptr @g() { %x = alloca i32\n store i32 1, ptr %x\n ret ptr %x }\n"
      "define i32 @f() { %p = call ptr @g()\n %x = load i32, ptr %p\n ret i32 %x }");
  const auto paths = run();
  EXPECT_EQ(owed(paths), std::vector<Kind>{Kind::kBounds});
  EXPECT_THAT(paths.at(0).obligations.at(0).what, HasSubstr("after its end"));
}

TEST_F(ExecutorTest, UnreachableCodeIsOwed) {
  load("define void @f() { unreachable }");
  EXPECT_EQ(owed(run()), std::vector<Kind>{Kind::kUnreachable});
}

// Null and the offset of a member is a number that is not null.
TEST_F(ExecutorTest, AMemberOfWhatMayBeNullIsNotNull) {
  load(
      "define i1 @f(ptr %p) { %q = getelementptr i8, ptr %p, i64 16\n %x = icmp eq ptr %q, null\n ret i1 %x }");
  State state;
  Value maybe = Value::pointer(state.memory.add(Object("object", word(32), Object::Initial::kZero)));
  maybe.null_if = Term::free_boolean("null");
  const auto paths = run({maybe}, state);
  ASSERT_EQ(paths.size(), 2u);
  for (const Path& path : paths) EXPECT_TRUE(path.result->bits.is_false());
}

// ---- What is undefined ----

TEST_F(ExecutorTest, AnUndefinedValueMayBeAnything) {
  load("define i1 @f() { %x = icmp eq i32 undef, 5\n ret i1 %x }");
  const auto paths = run();
  ASSERT_EQ(paths.size(), 1u);
  EXPECT_FALSE(paths[0].result->bits.truth());
}

TEST_F(ExecutorTest, AStructIsPutTogetherWithoutFormulas) {
  load(
      "define { i64, i64 } @g(i64 %a) { %x = insertvalue { i64, i64 } poison, i64 %a, 0\n %y = insertvalue { "
      "i64, i64 } %x, "
      "i64 2, 1\n ret { i64, i64 } %y }\n"
      "define i64 @f(i64 %a) { %x = call { i64, i64 } @g(i64 %a)\n %y = extractvalue { i64, i64 } %x, 0\n ret "
      "i64 %y }");
  const uint64_t before = formulas_made();
  EXPECT_EQ(number({Value::number(word(7))}), 7u);
  EXPECT_EQ(formulas_made(), before);
}

// The copy kept what the destination held before, and a claim was made about that.
TEST_F(ExecutorTest, CopiedPaddingIsUndefined) {
  const auto program = [](int place) {
    return fmt::format(
        "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)\n"
        "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)\n"
        "define i32 @f() {{ %a = alloca {{ i32, i64 }}\n %b = alloca {{ i32, i64 }}\n"
        " call void @llvm.memset.p0.i64(ptr %b, i8 1, i64 16, i1 false)\n store i32 5, ptr %a\n"
        " call void @llvm.memcpy.p0.p0.i64(ptr %b, ptr %a, i64 8, i1 false)\n"
        " %p = getelementptr i8, ptr %b, i64 {}\n %x = load i32, ptr %p\n ret i32 %x }}",
        place);
  };
  load(program(0));
  EXPECT_EQ(number(), 5u);
  load(program(4));
  EXPECT_THAT(refusal(), HasSubstr("before they are written"));
  load(program(8));
  EXPECT_EQ(number(), 0x01010101u);
}

TEST_F(ExecutorTest, ALoopDoesNotSeeTheLocalsOfTheIterationBefore) {
  load(
      "declare void @llvm.lifetime.start.p0(i64, ptr)\ndeclare void @llvm.lifetime.end.p0(i64, ptr)\n"
      "define i32 @f() {\nentry: %p = alloca i32\n br label %loop\n"
      "loop: %i = phi i32 [0, %entry], [1, %next]\n call void @llvm.lifetime.start.p0(i64 4, ptr %p)\n"
      " %first = icmp eq i32 %i, 0\n br i1 %first, label %next, label %read\n"
      "next: store i32 5, ptr %p\n call void @llvm.lifetime.end.p0(i64 4, ptr %p)\n br label %loop\n"
      "read: %x = load i32, ptr %p\n ret i32 %x }");
  EXPECT_THAT(refusal(), HasSubstr("before they are written"));
}

TEST_F(ExecutorTest, TruthValuesGoThroughMemory) {
  load("define i1 @f(i1 %a) { %p = alloca i1\n store i1 %a, ptr %p\n %x = load i1, ptr %p\n ret i1 %x }");
  EXPECT_TRUE(run({Value::number(Term::boolean(true))}).at(0).result->bits.is_true());
  EXPECT_TRUE(run({Value::number(Term::boolean(false))}).at(0).result->bits.is_false());
}

// ---- Control flow ----

TEST_F(ExecutorTest, ASwitchTakesEachCaseAndTheDefault) {
  load(
      "define i32 @f(i32 %x) { switch i32 %x, label %d [ i32 1, label %a i32 2, label %a i32 3, label %b ]\n"
      "a: ret i32 10\nb: ret i32 20\nd: ret i32 30 }");
  const Term x = Term::free_bits(32, "x");
  EXPECT_EQ(run({Value::number(x)}).size(), 3u);
  EXPECT_EQ(number({number32(2)}), 10u);
  EXPECT_EQ(number({number32(3)}), 20u);
  EXPECT_EQ(number({number32(4)}), 30u);
  // The domain leaves no default.
  const auto paths = run({Value::number(x)}, {}, {less(Term::bits(32, 0), x), less(x, Term::bits(32, 4))});
  EXPECT_EQ(paths.size(), 2u);
}

TEST_F(ExecutorTest, PhiNodesAreReadAtOnce) {
  // A swap: each takes what the other was.
  load(
      "define i32 @f() {\nentry: br label %loop\nloop: %a = phi i32 [1, %entry], [%b, %loop]\n"
      " %b = phi i32 [2, %entry], [%a, %loop]\n %i = phi i32 [0, %entry], [%n, %loop]\n %n = add i32 %i, 1\n"
      " %go = icmp ult i32 %n, 4\n br i1 %go, label %loop, label %out\nout: ret i32 %a }");
  EXPECT_EQ(number(), 2u);
}

TEST_F(ExecutorTest, AChoiceBetweenObjectsSplitsThePath) {
  load(
      "@a = constant i32 1\n@b = constant i32 2\ndefine i32 @f(i1 %c) { %p = select i1 %c, ptr @a, ptr @b\n"
      " %x = load i32, ptr %p\n ret i32 %x }");
  EXPECT_EQ(run({Value::number(Term::free_boolean("c"))}).size(), 2u);
  EXPECT_EQ(number({Value::number(Term::boolean(false))}), 2u);
}

TEST_F(ExecutorTest, VariablesThatCanChangeHoldAnythingUnlessTheProgramJustStarted) {
  const std::string text = "@v = global i32 5\ndefine i32 @f() { %x = load i32, ptr @v\n ret i32 %x }";
  load(text);
  EXPECT_FALSE(run().at(0).result->bits.constant());
  load(text, Limits{.initial_values = true});
  EXPECT_EQ(number(), 5u);
}

// ---- Contracts ----

// Returns 2 n.
std::string counting_loop() {
  return "define i64 @f(i64 %n) {\nentry: br label %loop\n"
         "loop: %i = phi i64 [0, %entry], [%i2, %body]\n %twice = phi i64 [0, %entry], [%t2, %body]\n"
         " %go = icmp ult i64 %i, %n\n br i1 %go, label %body, label %out\n"
         "body: %i2 = add i64 %i, 1\n %t2 = add i64 %twice, 2\n br label %loop\nout: ret i64 %twice }";
}

ClaimResult decide_loop(const std::vector<Path>& paths, const Term& n) {
  Instance instance;
  instance.claim = "twice";
  instance.domain = {less(n, word(1000))};
  for (const Path& path : paths) {
    if (path.end != Path::End::kReturned) continue;
    instance.cases.push_back({"result", path.conditions, path.result->bits == n + n, {}});
    instance.witnesses.push_back(path.conditions);
  }
  for (Case& one : contract_cases(paths)) instance.cases.push_back(std::move(one));
  instance.incomplete = incompleteness(paths);
  ProveOptions options;
  options.limits.time = std::chrono::seconds(20);
  return prove(instance, options);
}

LoopContract loop_contract(uint64_t factor) {
  LoopContract contract;
  contract.function = "f";
  contract.words = "twice is the double of i";
  contract.invariant = [factor](LoopView& view) -> reports::Expected<Term> {
    const Term n = free_word("n");
    const Term& i = view.carried[0].value.bits;
    return (view.carried[1].value.bits == i * word(factor)) & less_equal(i, n);
  };
  return contract;
}

TEST_F(ExecutorTest, ALoopContractProvesWhatFollowsFromIt) {
  load(counting_loop());
  executor_->add(loop_contract(2));
  const Term n = free_word("n");
  const ClaimResult result = decide_loop(run({Value::number(n)}, {}, {less(n, word(1000))}), n);
  EXPECT_EQ(result.verdict, reports::Verdict::kProved) << result.reason;
}

TEST_F(ExecutorTest, AWrongInvariantIsCaught) {
  load(counting_loop());
  LoopContract wrong = loop_contract(2);
  // On entry it holds, and the claim follows from it; it is not preserved.
  wrong.invariant = [](LoopView& view) -> reports::Expected<Term> {
    const Term& i = view.carried[0].value.bits;
    const Term n = free_word("n");
    return (view.carried[1].value.bits == i + i) & ((i == word(0)) | (i == n));
  };
  executor_->add(wrong);
  const Term n = free_word("n");
  const ClaimResult result = decide_loop(run({Value::number(n)}, {}, {less(n, word(1000))}), n);
  EXPECT_NE(result.verdict, reports::Verdict::kProved);
  ASSERT_TRUE(result.counterexample);
  EXPECT_THAT(result.counterexample->in, HasSubstr("preserved"));
}

TEST_F(ExecutorTest, AnInvariantThatDoesNotHoldOnEntryIsCaught) {
  load(counting_loop());
  LoopContract wrong = loop_contract(2);
  wrong.invariant = [](LoopView& view) -> reports::Expected<Term> {
    return view.carried[1].value.bits == view.carried[0].value.bits + word(1);
  };
  executor_->add(wrong);
  const Term n = free_word("n");
  const auto paths = run({Value::number(n)});
  EXPECT_EQ(owed(paths), std::vector<Kind>{Kind::kInvariant});
  EXPECT_EQ(paths.at(0).end, Path::End::kStopped);
  EXPECT_NE(decide_loop(paths, n).verdict, reports::Verdict::kProved);
}

// The loop counts in memory, too: behind it, memory was as before it.
std::string counting_loop_in_memory() {
  return "define i64 @f(i64 %n, ptr %p) {\nentry: br label %loop\n"
         "loop: %i = phi i64 [0, %entry], [%i2, %body]\n"
         " %go = icmp ult i64 %i, %n\n br i1 %go, label %body, label %out\n"
         "body: %i2 = add i64 %i, 1\n store i64 STORED, ptr %p\n br label %loop\n"
         "out: %x = load i64, ptr %p\n ret i64 %x }";
}

TEST_F(ExecutorTest, MemoryThatALoopsContractDoesNotLetGoOfMustStay) {
  const auto kinds = [&](const char* stored, bool let_go) {
    std::string text = counting_loop_in_memory();
    load(text.replace(text.find("STORED"), 6, stored));
    State state;
    const ObjectId counter = state.memory.add(Object("counter", word(8), Object::Initial::kZero));
    LoopContract contract;
    contract.function = "f";
    contract.words = "anything";
    if (let_go) {
      contract.havoc = [counter](LoopView& view) -> reports::Expected<void> {
        return view.state.memory.change(counter).store(word(0), 8, Value::number(free_word("let go")));
      };
    }
    executor_->add(contract);
    return owed(run({Value::number(free_word("n")), Value::pointer(counter)}, state));
  };
  EXPECT_EQ(kinds("%i2", false), std::vector<Kind>{Kind::kInvariant});
  EXPECT_EQ(kinds("%i2", true), std::vector<Kind>{});
  EXPECT_EQ(kinds("0", false), std::vector<Kind>{});
}

TEST_F(ExecutorTest, AContractUsedOutsideItsTermsIsCaught) {
  load("declare i64 @half(i64)\ndefine i64 @f(i64 %n) { %x = call i64 @half(i64 %n)\n ret i64 %x }");
  executor_->add("half", simple([](State& state, const Call& call) -> reports::Expected<Value> {
                   const Term& n = call.arguments[0].bits;
                   state.require(Kind::kContract, (n & word(1)) == word(0), "half of an even number",
                                 call.place);
                   return Value::number(shift_right(n, word(1)));
                 }));
  const Term n = free_word("n");
  const auto paths = run({Value::number(n)});
  EXPECT_EQ(owed(paths), std::vector<Kind>{Kind::kContract});
  EXPECT_TRUE(safety_cases(paths).empty());
  ASSERT_EQ(contract_cases(paths).size(), 1u);
  EXPECT_NE(decide_loop(paths, n).verdict, reports::Verdict::kProved);
}

TEST_F(ExecutorTest, WhatIsLearnedHoldsOnEachPathButDecidesNoBranch) {
  load(
      "define i64 @f(i64 %n) {\nentry: %c = icmp ult i64 %n, 5\n br i1 %c, label %a, label %b\n"
      "a: ret i64 1\nb: ret i64 2 }");
  const Term n = free_word("n");
  const Term fact = less(n, word(5));
  State assumed;
  assumed.assume(fact);
  EXPECT_EQ(run({Value::number(n)}, assumed).size(), 1u);

  State learned;
  learned.learn(fact);
  const auto paths = run({Value::number(n)}, learned);
  ASSERT_EQ(paths.size(), 2u);
  Instance instance;
  instance.claim = "one";
  for (const Path& path : paths) {
    // Claims know that the other path is none.
    instance.cases.push_back({"result", path.conditions, path.result->bits == word(1), {}});
    instance.witnesses.push_back(path.conditions);
  }
  EXPECT_EQ(prove(instance, {}).verdict, reports::Verdict::kProved);
}

TEST_F(ExecutorTest, BranchesAreDecidedByWhatIsAssumedAroundWhatIsLearned) {
  load(
      "define i64 @f(i64 %n) {\nentry: %c = icmp ult i64 %n, 5\n br i1 %c, label %a, label %b\n"
      "a: ret i64 1\nb: ret i64 2 }");
  const Term n = free_word("n");
  State state;
  state.learn(word(1) == free_word("other"));
  state.assume(less(n, word(3)));
  state.learn(less(word(1), n));
  const auto paths = run({Value::number(n)}, state);
  ASSERT_EQ(paths.size(), 1u);
  EXPECT_EQ(paths[0].result->bits.constant(), 1u);
}

TEST_F(ExecutorTest, LearningWhatIsFalseMakesAStateImpossible) {
  State state;
  state.learn(Term::boolean(true));
  EXPECT_TRUE(state.conditions.empty());
  EXPECT_FALSE(state.impossible());
  state.learn(Term::boolean(false));
  EXPECT_TRUE(state.impossible());
}

}  // namespace
}  // namespace nospan::solver
