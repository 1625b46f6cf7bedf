// SPDX-License-Identifier: BSD-2-Clause
#include "targets/builtin/bitcode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "targets/toolchain/process.h"
#include "targets/toolchain/share.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::builtin {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using toolchain::read_text;
using toolchain::ScopedVariable;
using toolchain::write_text;

class BuiltinBitcodeTest : public testing::Test {
 protected:
  // The module as text.
  static std::string listing(const fs::path& module) {
    const auto outcome =
        toolchain::run({.arguments = {"llvm-dis-19", module.string(), "-o", module.string() + ".ll"},
                        .folder = {},
                        .output = {}});
    EXPECT_TRUE(outcome && outcome->status == 0) << (outcome ? outcome->text : outcome.error().line());
    return read_text(module.string() + ".ll");
  }

  // A copy of what the core is made of, to change it.
  fs::path copy_of_sources() const {
    const fs::path copy = folder_.path() / "share";
    fs::create_directories(copy / "targets");
    fs::copy(toolchain::share_folder() / "targets/builtin", copy / "targets/builtin");
    fs::copy(toolchain::share_folder() / "targets/target.h", copy / "targets/target.h");
    return copy;
  }

  toolchain::TestFolder folder_;
  ScopedVariable cache_{"XDG_CACHE_HOME", folder_.path().string()};
};

TEST_F(BuiltinBitcodeTest, HoldsTheCoreAndNeedsNothingOfALibrary) {
  const auto module = build_bitcode();
  ASSERT_TRUE(module) << module.error().line();
  const std::string text = listing(*module);
  EXPECT_THAT(text, ContainsRegex("\ndefine [^\n]*map_page"));
  EXPECT_THAT(text, ContainsRegex("\ndefine [^\n]*EntrySpace"));
  EXPECT_THAT(text, HasSubstr("name: \"map_page\"")) << "layout of struct nospan_target";
  EXPECT_THAT(text, Not(ContainsRegex(" nsw | nuw |!tbaa !| landingpad | invoke ")));
  // What stays external is what a freestanding compiler may call, and intrinsics.
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("declare ")) continue;
    EXPECT_THAT(line, ContainsRegex("@(llvm\\.|mem(set|cpy|move|cmp)\\()"));
  }
}

TEST_F(BuiltinBitcodeTest, TheCacheSavesTheCompiler) {
  const auto first = build_bitcode();
  ASSERT_TRUE(first) << first.error().line();
  const std::string good = read_text(*first);
  const auto written = fs::last_write_time(*first);
  ASSERT_EQ(*build_bitcode(), *first);
  EXPECT_EQ(fs::last_write_time(*first), written) << "made again";
  write_text(*first, good.substr(0, 1000));
  ASSERT_EQ(*build_bitcode(), *first);
  EXPECT_EQ(read_text(*first), good) << "not reproducible, or not made again";
}

TEST_F(BuiltinBitcodeTest, AChangedHeaderIsAnotherModuleAndAnotherPlaceIsNot) {
  const auto plain = build_bitcode();
  const fs::path copy = copy_of_sources();
  const ScopedVariable share("NOSPAN_SHARE", copy.string());
  const auto copied = build_bitcode();
  ASSERT_TRUE(copied) << copied.error().line();
  EXPECT_EQ(*copied, *plain);
  const fs::path header = copy / "targets/builtin/types.h";
  write_text(header, read_text(header) + "static_assert(true);\n");
  const auto changed = build_bitcode();
  ASSERT_TRUE(changed) << changed.error().line();
  EXPECT_NE(*changed, *plain);
}

TEST_F(BuiltinBitcodeTest, WhatIsWrongWithOurSourcesIsAnErrorNotASkip) {
  const fs::path copy = copy_of_sources();
  const ScopedVariable share("NOSPAN_SHARE", copy.string());
  const fs::path source = copy / "targets/builtin/checks.cc";
  write_text(source, "int broken = ;\n");
  const auto broken = build_bitcode();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().verdict, reports::Verdict::kError);
  EXPECT_THAT(
      broken.error().line(),
      testing::StartsWith("targets/builtin/checks.cc:1:14: builtin does not compile: expected expression"));
  fs::remove(source);
  const auto missing = build_bitcode();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().where, source.string());
  EXPECT_THAT(missing.error().mend, HasSubstr("NOSPAN_SHARE"));
}

TEST_F(BuiltinBitcodeTest, WithoutClangTheErrorNamesThePackage) {
  const ScopedVariable path("PATH", "/nowhere");
  const auto module = build_bitcode();
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().line(),
            "clang++-19: cannot be run: No such file or directory; apt install clang-19");
}

}  // namespace
}  // namespace nospan::builtin
