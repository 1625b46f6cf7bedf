// SPDX-License-Identifier: BSD-2-Clause
// What makes a difference to the prover, and what does not: C compiled the way trees are.
#include "solver/module_identity.h"

#include <gtest/gtest.h>

#include "targets/toolchain/bitcode.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::solver {
namespace {

constexpr std::string_view kSource =
    "void nospan_bug(const char* file, int line, const char* condition);\n"
    "struct table { unsigned long first; unsigned long size; };\n"
    "unsigned long last(const struct table* t, unsigned long by) {\n"
    "  unsigned long sum = t->first + by;\n"
    "  if (sum < by) nospan_bug(\"f\", __LINE__, \"sum < by\");\n"
    "  return sum;\n"
    "}\n";

class ModuleIdentityTest : public testing::Test {
 protected:
  // Of kSource with one piece of text replaced.
  std::string identity(std::string_view old = "", std::string_view fresh = "") {
    std::string text(kSource);
    if (!old.empty()) {
      EXPECT_NE(text.find(old), std::string::npos) << old;
      for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += fresh.size()) {
        text.replace(at, old.size(), fresh);
      }
    }
    const auto folder = folder_.path() / std::to_string(++count_);
    toolchain::write_text(folder / "source.c", text);
    std::filesystem::create_directories(folder / "scratch");
    toolchain::Compilation compilation;
    compilation.compiler = toolchain::kBitcodeCompiler;
    compilation.folder = folder;
    compilation.units = {{"source.c", toolchain::bitcode_flags(), false}};
    const auto made = toolchain::make_bitcode(compilation, folder / "scratch", folder / "target.bc");
    EXPECT_TRUE(made) << made.error().line();
    const auto identity = module_identity(folder / "target.bc");
    EXPECT_TRUE(identity) << identity.error().line();
    return identity ? *identity : "";
  }

 private:
  toolchain::TestFolder folder_;
  int count_ = 0;
};

TEST_F(ModuleIdentityTest, CommentsAndLocalNamesMakeNoDifference) {
  const std::string same = identity();
  EXPECT_EQ(identity(), same);
  EXPECT_EQ(identity("  return", "  /* The sum.\n   * On two lines. */\n  return"), same);
  EXPECT_EQ(identity("struct table", "\n\n\nstruct table"), same);
}

TEST_F(ModuleIdentityTest, RenamedLocalsMakeNoDifference) {
  // "sum < by" also stands in a string: rename only where it is a variable.
  std::string text = identity();
  EXPECT_EQ(identity("const struct table* t, unsigned long by) {\n  unsigned long sum = t->first",
                     "const struct table* tbl, unsigned long by) {\n  unsigned long sum = tbl->first"),
            text);
}

TEST_F(ModuleIdentityTest, CodeMakesADifference) {
  const std::string same = identity();
  EXPECT_NE(identity("t->first + by", "t->first - by"), same);
  EXPECT_NE(identity("sum < by)", "sum <= by)"), same);
  EXPECT_NE(identity("nospan_bug(\"f\", __LINE__, \"sum < by\")", "(void)0"), same);
  EXPECT_NE(identity("return sum", "return sum + __LINE__"), same);
}

TEST_F(ModuleIdentityTest, LayoutsMakeADifference) {
  const std::string same = identity();
  EXPECT_NE(identity("unsigned long size;", "unsigned long size; int more;"), same);
  EXPECT_NE(identity("unsigned long size;", "unsigned long length;"), same);
}

TEST_F(ModuleIdentityTest, WhatIsNoBitcodeIsAnError) { EXPECT_FALSE(module_identity("/dev/null/none.bc")); }

}  // namespace
}  // namespace nospan::solver
