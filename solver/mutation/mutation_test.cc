// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/mutation.h"

#include <gmock/gmock.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "solver/mutation/native_code.h"

namespace nospan::solver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// What the tests are about: `tested` with one instruction of each kind, below it a function that it calls, one
// that nobody calls, and one of another file.
constexpr const char* kModule = R"(
target triple = "x86_64-pc-linux-gnu"
declare void @note(i32)
declare void @report_problem(i32)
define i32 @helper(i32 %x) !dbg !20 {
  %zero = add i32 %x, 0, !dbg !21
  ret i32 %zero, !dbg !21
}
define i32 @unused(i32 %x) !dbg !30 {
  %y = add i32 %x, 1, !dbg !31
  ret i32 %y, !dbg !31
}
define i32 @of_another_file(i32 %x) !dbg !40 {
  %y = add i32 %x, 1, !dbg !41
  ret i32 %y, !dbg !41
}
define i32 @tested(i32 %value, i32 %limit, ptr %count) !dbg !10 {
entry:
  %below = icmp ult i32 %value, %limit, !dbg !11
  br i1 %below, label %yes, label %no, !dbg !12
yes:
  %rest = sub i32 %limit, %value, !dbg !13
  %pages = lshr i32 %rest, 12, !dbg !14
  store i32 %pages, ptr %count, !dbg !15
  call void @note(i32 %pages), !dbg !16
  call void @report_problem(i32 17), !dbg !16
  %helped = call i32 @helper(i32 %pages), !dbg !17
  %other = call i32 @of_another_file(i32 %helped), !dbg !17
  ret i32 %other, !dbg !17
no:
  ret i32 -1, !dbg !18
}
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !1, emissionKind: FullDebug)
!1 = !DIFile(filename: "code/tested.c", directory: ".")
!2 = !{i32 2, !"Debug Info Version", i32 3}
!3 = !DISubroutineType(types: !4)
!4 = !{null}
!5 = !DIFile(filename: "other/file.c", directory: ".")
!10 = distinct !DISubprogram(name: "tested", file: !1, line: 10, type: !3, unit: !0, spFlags: DISPFlagDefinition)
!11 = !DILocation(line: 11, scope: !10)
!12 = !DILocation(line: 12, scope: !10)
!13 = !DILocation(line: 13, scope: !10)
!14 = !DILocation(line: 14, scope: !10)
!15 = !DILocation(line: 15, scope: !10)
!16 = !DILocation(line: 16, scope: !10)
!17 = !DILocation(line: 17, scope: !10)
!18 = !DILocation(line: 18, scope: !10)
!20 = distinct !DISubprogram(name: "helper", file: !1, line: 20, type: !3, unit: !0, spFlags: DISPFlagDefinition)
!21 = !DILocation(line: 21, scope: !20)
!30 = distinct !DISubprogram(name: "unused", file: !1, line: 30, type: !3, unit: !0, spFlags: DISPFlagDefinition)
!31 = !DILocation(line: 31, scope: !30)
!40 = distinct !DISubprogram(name: "of_another_file", file: !5, line: 40, type: !3, unit: !0, spFlags: DISPFlagDefinition)
!41 = !DILocation(line: 41, scope: !40)
)";

class MutationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::temp_directory_path() / ("nospan-mutation-" + std::to_string(getpid()) + ".ll");
    std::ofstream(file_) << kModule;
    auto program = Program::load(file_);
    ASSERT_TRUE(program) << program.error().line();
    program_.emplace(std::move(*program));
    scope_.entries = {"tested"};
    scope_.files = {"code/"};
    scope_.untouched_calls = {"report_"};
    scope_.system_page_shift = 16;
  }
  void TearDown() override { std::filesystem::remove(file_); }

  std::vector<Mutation> found() {
    auto mutations = find_mutations(*program_, scope_);
    EXPECT_TRUE(mutations) << mutations.error().line();
    return mutations ? *mutations : std::vector<Mutation>();
  }
  // The words of what is found at a line.
  std::vector<std::string> at(int line) {
    std::vector<std::string> words;
    for (const Mutation& mutation : found()) {
      if (mutation.place == "code/tested.c:" + std::to_string(line)) words.push_back(mutation.words);
    }
    return words;
  }
  static std::string text(const llvm::Module& module) {
    std::string result;
    llvm::raw_string_ostream stream(result);
    module.print(stream, nullptr);
    return result;
  }
  // Whether the optimizer makes the same code of the mutant.
  bool is_identical(const Mutation& mutation) {
    auto native = NativeCode::prepare(*program_, "tested");
    EXPECT_TRUE(native);
    auto mutant = native->copy();
    EXPECT_TRUE(apply(mutation, *mutant));
    return native->optimized_text(*mutant, mutation.function) ==
           native->optimized_text(*native->copy(), mutation.function);
  }

  std::filesystem::path file_;
  std::optional<Program> program_;
  MutationScope scope_;
};

TEST_F(MutationTest, ComparisonsBecomeOthers) {
  EXPECT_THAT(at(11),
              UnorderedElementsAre("`<` becomes `<=`", "`<` becomes `signed <`", "operands of `<` swapped"));
}

TEST_F(MutationTest, BranchesAreNegated) { EXPECT_THAT(at(12), ElementsAre("condition negated")); }

TEST_F(MutationTest, OperatorsAndTheirOperandsAreExchanged) {
  EXPECT_THAT(at(13), UnorderedElementsAre("`-` becomes `+`", "operands of `-` swapped"));
}

TEST_F(MutationTest, ShiftsAreByAnotherConstantAndInAnotherDirection) {
  EXPECT_THAT(at(14), UnorderedElementsAre("12 becomes 13 of `>>` with rest", "12 becomes 11 of `>>` with rest",
                                           "`>>` becomes `<<`", "`>>` becomes `signed >>`",
                                           "`>>` by 12 becomes by 16", "operands of `>>` swapped"));
}

TEST_F(MutationTest, StoresAndCallsAreDropped) {
  EXPECT_THAT(at(15), ElementsAre("store in count dropped"));
  // Not the report: nobody relies on what it says.
  EXPECT_THAT(at(16), ElementsAre("call of note() dropped"));
  EXPECT_THAT(at(17), UnorderedElementsAre("call of helper() dropped, its result is 0",
                                           "call of of_another_file() dropped, its result is 0"));
}

TEST_F(MutationTest, ConstantsAreOffByOne) {
  EXPECT_THAT(at(18), UnorderedElementsAre("-1 becomes 0 returned", "-1 becomes -2 returned"));
}

TEST_F(MutationTest, OnlyWhatIsReachedInTheFilesIsMutated) {
  EXPECT_THAT(at(21), Not(IsEmpty())) << "called by what is tested";
  EXPECT_THAT(at(31), IsEmpty()) << "called by nobody";
  for (const Mutation& mutation : found()) EXPECT_THAT(mutation.place, HasSubstr("code/tested.c"));
}

TEST_F(MutationTest, FunctionsCanBeChosen) {
  scope_.functions = {"helper"};
  for (const Mutation& mutation : found()) EXPECT_EQ(mutation.inside, "helper");
  EXPECT_THAT(found(), Not(IsEmpty()));
  scope_.functions = {"no_such_function"};
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(MutationTest, AnEntryThatIsNotThereIsAnError) {
  scope_.entries = {"renamed"};
  const auto mutations = find_mutations(*program_, scope_);
  ASSERT_FALSE(mutations);
  EXPECT_THAT(mutations.error().line(), HasSubstr("renamed"));
}

TEST_F(MutationTest, EachMutationIsAnotherProgram) {
  auto native = NativeCode::prepare(*program_, "tested");
  ASSERT_TRUE(native) << native.error().line();
  std::set<std::string> texts = {text(*native->copy())};
  for (const Mutation& mutation : found()) {
    auto mutant = native->copy();
    const auto applied = apply(mutation, *mutant);
    ASSERT_TRUE(applied) << applied.error().line();
    EXPECT_TRUE(texts.insert(text(*mutant)).second) << mutation.place << ": " << mutation.words;
  }
}

TEST_F(MutationTest, AMutationOfAnotherModuleIsAnError) {
  Mutation mutation = found().front();
  mutation.instruction = 1000;
  auto native = NativeCode::prepare(*program_, "tested");
  ASSERT_TRUE(native);
  EXPECT_FALSE(apply(mutation, *native->copy()));
}

TEST_F(MutationTest, TheSameModuleGivesTheSameObjectFile) {
  auto native = NativeCode::prepare(*program_, "tested");
  ASSERT_TRUE(native);
  const auto first = native->object_code(*native->copy());
  const auto second = native->object_code(*native->copy());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(first->substr(1, 3), "ELF");
}

TEST_F(MutationTest, SubtractingZeroInsteadOfAddingItIsIdenticalWhenOptimized) {
  bool seen = false;
  for (const Mutation& mutation : found()) {
    if (mutation.inside != "helper") continue;
    if (mutation.words == "`+` becomes `-`") {
      seen = true;
      EXPECT_TRUE(is_identical(mutation));
    } else {
      EXPECT_FALSE(is_identical(mutation)) << mutation.words;
    }
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace nospan::solver
