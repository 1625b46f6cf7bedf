// SPDX-License-Identifier: BSD-2-Clause
// Paths that are followed as one: fewer of them, and the same values, obligations and memory.
#include <gtest/gtest.h>

#include <optional>

#include "solver/executor.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::solver {
namespace {

class JoiningTest : public testing::Test {
 protected:
  std::vector<Path> run(const std::string& text, std::vector<Value> arguments, State state = {}) {
    const auto file = folder_.path() / "program.ll";
    toolchain::write_text(file, text);
    auto program = Program::load(file);
    EXPECT_TRUE(program) << program.error().line();
    program_.emplace(std::move(*program));
    Executor executor(*program_, Limits{.join_paths = true});
    if (loop_) executor.add(*loop_);
    auto paths = executor.run("f", std::move(state), std::move(arguments));
    EXPECT_TRUE(paths) << paths.error().line();
    return paths ? std::move(*paths) : std::vector<Path>();
  }

  // No value of the free constants makes it false.
  static bool is_valid(const Term& term) { return !Feasibility({}).possible({}, !term); }

  toolchain::TestFolder folder_;
  std::optional<Program> program_;
  std::optional<LoopContract> loop_;
};

TEST_F(JoiningTest, ConditionsInARowAreOnePath) {
  const Term a = free_word("a");
  const Term b = free_word("b");
  const auto paths =
      run("define i64 @f(i64 %a, i64 %b) {\n"
          "entry: %x = icmp ult i64 %a, 5\n br i1 %x, label %more, label %no\n"
          "more: %y = icmp ult i64 %b, 7\n br i1 %y, label %yes, label %no\n"
          "yes: %sum = add i64 %a, %b\n br label %end\n"
          "no: br label %end\n"
          "end: %r = phi i64 [ %sum, %yes ], [ 1, %no ]\n ret i64 %r }",
          {Value::number(a), Value::number(b)});
  ASSERT_EQ(paths.size(), 1u);
  EXPECT_TRUE(paths[0].conditions.empty());
  const Term expected = choose(less(a, word(5)) & less(b, word(7)), a + b, word(1));
  EXPECT_TRUE(is_valid(paths[0].result->bits == expected));
}

TEST_F(JoiningTest, WhatOneSideOwesIsOwedThereOnly) {
  const Term count = free_word("count");
  const auto paths =
      run("define i64 @f(i64 %n) {\n"
          "entry: %small = icmp ult i64 %n, 64\n br i1 %small, label %shift, label %end\n"
          "shift: %s = shl i64 1, %n\n br label %end\n"
          "end: %r = phi i64 [ %s, %shift ], [ 0, %entry ]\n ret i64 %r }",
          {Value::number(count)});
  ASSERT_EQ(paths.size(), 1u);
  ASSERT_EQ(paths[0].obligations.size(), 1u);
  EXPECT_TRUE(is_valid(paths[0].obligations[0].holds));
}

TEST_F(JoiningTest, WhatOneSideWritesIsWrittenThereOnly) {
  State state;
  const ObjectId object = state.memory.add(Object("cell", word(8), Object::Initial::kZero));
  const Term flag = Term::free_boolean("flag");
  const auto paths =
      run("define void @f(ptr %p, i1 %flag) {\n"
          "entry: br i1 %flag, label %write, label %end\n"
          "write: store i64 9, ptr %p\n br label %end\n"
          "end: ret void }",
          {Value::pointer(object), Value::number(flag)}, state);
  ASSERT_EQ(paths.size(), 1u);
  const auto content = paths[0].memory.at(object).load(word(0), 8);
  ASSERT_TRUE(content);
  EXPECT_TRUE(is_valid(content->bits == choose(flag, word(9), word(0))));
}

// A pointer goes from 0 to 8 to 16. A contract that leaves out 16 is not preserved.
TEST_F(JoiningTest, OffsetsThatALoopContractLeavesOutAreFound) {
  const std::string text =
      "define void @f(ptr %p) {\n"
      "entry: br label %loop\n"
      "loop: %q = phi ptr [ %p, %entry ], [ %next, %body ]\n"
      " %i = phi i64 [ 0, %entry ], [ %j, %body ]\n"
      " %more = icmp ult i64 %i, 2\n br i1 %more, label %body, label %end\n"
      "body: store i64 1, ptr %q\n %next = getelementptr i8, ptr %q, i64 8\n %j = add i64 %i, 1\n"
      " br label %loop\n"
      "end: ret void }";
  for (const bool right : {true, false}) {
    State state;
    const ObjectId object = state.memory.add(Object("array", word(24), Object::Initial::kZero));
    loop_.emplace();
    loop_->function = "f";
    loop_->words = "the pointer goes with the index";
    loop_->offsets = {0, 8};
    if (right) loop_->offsets.push_back(16);
    loop_->havoc = [object](LoopView& view) -> reports::Expected<void> {
      for (const uint64_t at : {0, 8, 16}) {
        auto done = view.state.memory.change(object).store(word(at), 8, Value::number(free_word("content")));
        if (!done) return done;
      }
      return {};
    };
    loop_->invariant = [](LoopView& view) -> reports::Expected<Term> {
      const Term& index = view.carried[1].value.bits;
      return (view.carried[0].value.bits == index * word(8)) & less_equal(index, word(2));
    };
    bool holds = true;
    std::size_t closed = 0;
    for (const Path& path : run(text, {Value::pointer(object)}, state)) {
      closed += path.end == Path::End::kLoopClosed ? 1 : 0;
      for (const Obligation& obligation : path.obligations) {
        const std::vector<Term> given(path.conditions.begin(),
                                      path.conditions.begin() + static_cast<std::ptrdiff_t>(obligation.given));
        holds = holds && is_valid(implies(all_of(given), obligation.holds));
      }
    }
    EXPECT_EQ(closed, 2u);
    EXPECT_EQ(holds, right);
  }
}

}  // namespace
}  // namespace nospan::solver
