// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "targets/toolchain/bitcode.h"
#include "targets/toolchain/compilation.h"
#include "targets/toolchain/process.h"
#include "targets/toolchain/share.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::toolchain {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(Process, TellsStatusAndOutput) {
  const auto outcome =
      run({.arguments = {"sh", "-c", "echo out; echo err >&2; exit 3"}, .folder = {}, .output = {}});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->status, 3);
  EXPECT_EQ(outcome->text, "out\nerr\n");
  EXPECT_EQ(run({.arguments = {"sh", "-c", "kill -9 $$"}, .folder = {}, .output = {}})->status, 137);
}

TEST(Process, IsEndedWhenTimeIsUp) {
  const auto outcome = run({.arguments = {"sh", "-c", "sleep 60 & sleep 60"},
                            .folder = {},
                            .output = {},
                            .limit = std::chrono::seconds(1)});
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().what, HasSubstr("within 1 s"));
}

TEST(Share, LiesBesideAnInstalledProgram) {
  const TestFolder prefix;
  EXPECT_EQ(installed_share_folder(prefix.path() / "bin/nospan"), std::nullopt);
  fs::create_directories(prefix.path() / "share/nospan/targets");
  std::ofstream(prefix.path() / "share/nospan/targets/target.h") << "";
  EXPECT_EQ(installed_share_folder(prefix.path() / "bin/nospan"), prefix.path() / "share/nospan");
}

TEST(Share, IsNamedByTheEnvironmentOrIsTheSourceFolder) {
  EXPECT_TRUE(fs::exists(share_folder() / "targets/toolchain/share.h"));
  const ScopedVariable given("NOSPAN_SHARE", "/nowhere/./share");
  EXPECT_EQ(share_folder(), "/nowhere/share");
}

class CachedTest : public testing::Test {
 protected:
  reports::Expected<fs::path> file() {
    return cached("things", "key", "thing", [this](const fs::path& scratch, const fs::path& place) {
      scratch_ = scratch;
      made_++;
      write_text(place, "good");
      return reports::Expected<void>();
    });
  }

  TestFolder folder_;
  ScopedVariable cache_{"XDG_CACHE_HOME", folder_.path().string()};
  fs::path scratch_;
  int made_ = 0;
};

TEST_F(CachedTest, MakesAThingOnce) {
  const auto first = file();
  ASSERT_TRUE(first) << first.error().line();
  EXPECT_EQ(*first, folder_.path() / "nospan/things/key/thing");
  EXPECT_EQ(read_text(*first), "good");
  EXPECT_TRUE(file());
  EXPECT_EQ(made_, 1);
  EXPECT_FALSE(fs::exists(scratch_));
}

TEST_F(CachedTest, MakesADamagedThingAnew) {
  const auto first = file();
  ASSERT_TRUE(first) << first.error().line();
  for (const char* bad : {"", "goo", "goods"}) {
    write_text(*first, bad);
    ASSERT_TRUE(file());
    EXPECT_EQ(read_text(*first), "good");
  }
  EXPECT_EQ(made_, 4);
}

TEST_F(CachedTest, KeepsNothingOfAFailure) {
  const auto failed = cached("things", "key", "thing", [](const fs::path&, const fs::path& place) {
    write_text(place, "half");
    return reports::Expected<void>(reports::failure("here", "failed"));
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, "failed");
  EXPECT_TRUE(fs::is_empty(folder_.path() / "nospan"));
}

class BitcodeTest : public testing::Test {
 protected:
  // A module of sources with these texts.
  reports::Expected<void> make(const std::vector<std::string>& texts) {
    Compilation compilation;
    compilation.compiler = kBitcodeCompiler;
    compilation.folder = folder_.path();
    compilation.subject = {.name = "it", .place = "there", .if_broken = reports::Verdict::kSkip};
    for (std::size_t i = 0; i < texts.size(); i++) {
      const std::string name = fmt::format("source{}.c", i);
      write_text(folder_.path() / name, texts[i]);
      compilation.units.push_back({.input = name, .flags = bitcode_flags(), .restricted = false});
    }
    return make_bitcode(compilation, folder_.path(), module());
  }
  fs::path module() const { return folder_.path() / "module.bc"; }

  // The module as text.
  std::string listing() const {
    const auto outcome =
        run({.arguments = {"llvm-dis-19", module().string(), "-o", "-"}, .folder = {}, .output = {}});
    return outcome ? outcome->text : outcome.error().line();
  }

  TestFolder folder_;
};

TEST_F(BitcodeTest, NothingThatExploitsUndefinedBehaviourHasRun) {
  const auto made =
      make({"int shift(int x, int by) { return x << by; }\n"
            "int add(int x) { return x + 1 > x; }\n"
            "int read(int* p) { int value = *p; return p ? value : 7; }\n"});
  ASSERT_TRUE(made) << made.error().line();
  const std::string text = listing();
  EXPECT_THAT(text, testing::ContainsRegex("add i32 %x, 1"));
  EXPECT_THAT(text, testing::Not(HasSubstr("nsw"))) << "-fwrapv";
  EXPECT_THAT(text, testing::Not(HasSubstr("!tbaa"))) << "-fno-strict-aliasing";
  EXPECT_THAT(text, HasSubstr("null_pointer_is_valid")) << "-fno-delete-null-pointer-checks";
  EXPECT_THAT(text, testing::ContainsRegex("icmp (ne|eq) ptr %p, null")) << "the check after the access stays";
}

TEST_F(BitcodeTest, VariablesAreInRegistersAndNamesAndLayoutsStay) {
  const auto made =
      make({"struct pair { int first; long second; };\n"
            "static inline __attribute__((always_inline)) long sum(struct pair* p) { return p->first + "
            "p->second; }\n"
            "long twice(struct pair* argument) { long result = sum(argument); return result * 2; }\n"});
  ASSERT_TRUE(made) << made.error().line();
  const std::string text = listing();
  EXPECT_THAT(text, testing::Not(HasSubstr("alloca"))) << "sroa";
  EXPECT_THAT(text, testing::Not(HasSubstr("call i64 @sum"))) << "always-inline";
  EXPECT_THAT(text, HasSubstr("ptr noundef %argument")) << "names";
  EXPECT_THAT(text,
              testing::ContainsRegex("DIDerivedType\\(tag: DW_TAG_member, name: \"second\".* offset: 64"));
}

TEST_F(BitcodeTest, ModulesAreLinkedAndWhatNobodyDefinesStaysExternal) {
  const auto made = make({"int other(void); int outside(void); int one(void) { return other() + outside(); }\n",
                          "int other(void) { return 2; }\n"});
  ASSERT_TRUE(made) << made.error().line();
  const std::string text = listing();
  EXPECT_THAT(text, testing::ContainsRegex("define [^\n]*@other\\("));
  EXPECT_THAT(text, testing::ContainsRegex("declare [^\n]*@outside\\("));
}

TEST_F(BitcodeTest, TwoDefinitionsAreTheSubjectsFault) {
  const auto made = make({"int same(void) { return 1; }\n", "int same(void) { return 2; }\n"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().verdict, reports::Verdict::kSkip);
  EXPECT_THAT(made.error().line(), HasSubstr("it does not compile: "));
  EXPECT_THAT(made.error().line(), HasSubstr("'same': symbol multiply defined"));
}

TEST_F(BitcodeTest, AMissingToolIsNamedWithItsPackage) {
  for (const auto& [missing, package] :
       {std::pair{"clang-19", "clang-19"}, {"llvm-link-19", "llvm-19"}, {"opt-19", "llvm-19"}}) {
    const fs::path tools = folder_.path() / "without" / missing;
    fs::create_directories(tools);
    for (const std::string tool : {"clang-19", "llvm-link-19", "opt-19"}) {
      if (tool != missing) fs::create_symlink("/usr/bin/" + tool, tools / tool);
    }
    const ScopedVariable path("PATH", tools.string());
    const auto identity = bitcode_identity(kBitcodeCompiler);
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().verdict, reports::Verdict::kError);
    EXPECT_EQ(identity.error().line(),
              fmt::format("{}: cannot be run: No such file or directory; apt install {}", missing, package));
  }
}

}  // namespace
}  // namespace nospan::toolchain
