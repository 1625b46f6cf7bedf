// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "targets/linux/patch.h"
#include "targets/linux/recipe.h"
#include "targets/linux/test_environment.h"
#include "targets/linux/test_folder.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A real tree from the user's cache; what is built goes to a cache of the test's own.
class BuildTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::vector<std::string> versions = packaged_versions();
    ASSERT_FALSE(versions.empty()) << "apt install linux-source-6.12";
    auto tree = packaged_tree(versions.back());
    ASSERT_TRUE(tree) << tree.error().line();
    tree_ = *tree;
    cache_variable_.emplace("XDG_CACHE_HOME", cache().string());
  }

  fs::path cache() const { return folder_.path() / "cache"; }

  // The tree with a line (or several) added at the top of one of its files, by a patch made for it.
  reports::Expected<PatchedTree> with_line(const std::string& file, const std::string& line) {
    std::istringstream content(read_text(tree_->root() / file));
    const auto added = 1 + std::count(line.begin(), line.end(), '\n');
    std::string diff = fmt::format("--- a/{}\n+++ b/{}\n@@ -1,3 +1,{} @@\n", file, file, 3 + added);
    std::istringstream lines(line);
    for (std::string each; std::getline(lines, each);) diff += "+" + each + "\n";
    std::string context;
    for (int i = 0; i < 3 && std::getline(content, context); i++) diff += " " + context + "\n";
    write_text(folder_.path() / "line.patch", diff);
    return apply_patches(*tree_, {folder_.path() / "line.patch"});
  }

  // A compiler that counts how often it is called.
  std::string counting_compiler() const {
    const fs::path script = folder_.path() / "counting-cc";
    write_text(script,
               fmt::format("#!/bin/sh\ncase $1 in --version) ;; *) echo >>{} ;; esac\nexec gcc \"$@\"\n",
                           (folder_.path() / "calls").string()));
    fs::permissions(script, fs::perms::owner_all);
    return script.string();
  }
  std::size_t calls() const { return read_text(folder_.path() / "calls").size(); }

  TestFolder folder_;
  std::optional<ScopedVariable> cache_variable_;
  std::optional<Tree> tree_;
};

TEST_F(BuildTest, TheCacheSavesTheCompiler) {
  const BuildOptions options{.compiler = counting_compiler()};
  const auto first = build_library(*tree_, options);
  ASSERT_TRUE(first) << first.error().line();
  const std::size_t needed = calls();
  EXPECT_GT(needed, 4u);
  const auto second = build_library(*tree_, options);
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, *first);
  EXPECT_EQ(calls(), needed);
  EXPECT_STREQ(LoadedTarget(*second)->name, "linux");
}

TEST_F(BuildTest, EachOptionIsAnotherLibrary) {
  std::set<fs::path> libraries;
  for (const int shift : {12, 16}) {
    for (const bool sanitized : {false, true}) {
      const auto library = build_library(*tree_, {.system_page_shift = shift, .sanitized = sanitized});
      ASSERT_TRUE(library) << library.error().line();
      libraries.insert(*library);
    }
  }
  EXPECT_EQ(libraries.size(), 4u);
  EXPECT_THAT(build_library(*tree_, {.system_page_shift = 14}).error().mend, HasSubstr("12 or 16"));
}

TEST_F(BuildTest, ADamagedLibraryIsMadeAnew) {
  const auto library = build_library(*tree_, {});
  ASSERT_TRUE(library) << library.error().line();
  const std::string good = read_text(*library);
  for (const std::string& bad : {good.substr(0, 1000), std::string(), good + "x"}) {
    write_text(*library, bad);
    const auto again = build_library(*tree_, {});
    ASSERT_TRUE(again) << again.error().line();
    EXPECT_EQ(read_text(*again), good) << "not reproducible, or not rebuilt";
  }
  fs::remove(library->parent_path() / "target.so.sha256");
  ASSERT_TRUE(build_library(*tree_, {}));
  EXPECT_TRUE(fs::exists(library->parent_path() / "target.so.sha256"));
}

TEST_F(BuildTest, ATreeThatDoesNotCompileIsSkippedWithItsFirstError) {
  const auto patched = with_line("lib/bitmap.c", "int broken = ;");
  ASSERT_TRUE(patched) << patched.error().line();
  const auto library = build_library(patched->tree, {});
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().verdict, reports::Verdict::kSkip);
  EXPECT_THAT(library.error().where, testing::StartsWith("lib/bitmap.c:1:"));
  EXPECT_THAT(library.error().what, HasSubstr(tree_->version() + " does not compile: expected expression"));
}

TEST_F(BuildTest, ABrokenHeaderIsNamedByItsPlaceInTheTree) {
  const auto patched = with_line("arch/powerpc/include/asm/tce.h", "#error broken");
  const auto library = build_library(patched->tree, {});
  ASSERT_FALSE(library);
  EXPECT_THAT(library.error().where, testing::StartsWith("arch/powerpc/include/asm/tce.h:1:"));
}

TEST_F(BuildTest, AFunctionWithoutAShimIsNamed) {
  // The library's entry point includes iommu.c; a constructor makes sure that the call is reached.
  const auto patched =
      with_line("lib/iommu-helper.c",
                "int no_such_function(void); __attribute__((constructor, used)) static void reach(void) "
                "{ no_such_function(); }");
  ASSERT_TRUE(patched) << patched.error().line();
  const auto library = build_library(patched->tree, {});
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().verdict, reports::Verdict::kSkip);
  EXPECT_THAT(library.error().line(), HasSubstr("undefined reference to `no_such_function'"));
  EXPECT_THAT(library.error().line(), HasSubstr("a function without a shim"));

  const auto implicit =
      with_line("lib/iommu-helper.c", "static inline int f(void) { return no_such_function(); }");
  EXPECT_THAT(build_library(implicit->tree, {}).error().what, HasSubstr("implicit declaration of function"));
}

TEST_F(BuildTest, ReadingOutsideTheKnownFilesIsRefused) {
  write_text(folder_.path() / "outside.h", "");
  const auto patched =
      with_line("lib/bitmap.c", fmt::format("#include \"{}\"", (folder_.path() / "outside.h").string()));
  const auto library = build_library(patched->tree, {});
  ASSERT_FALSE(library);
  EXPECT_THAT(library.error().what, HasSubstr("outside.h, which nospan does not read"));
}

// The balance of locks, interrupts and preemption, on kernel code that forgets to give them back.
TEST_F(BuildTest, WhatACallLeavesHeldIsReported) {
  const std::string spinlock = "#include <linux/spinlock.h>\n#undef spin_unlock_irqrestore\n";
  const std::string define = "#define spin_unlock_irqrestore(lock, flags) ";
  for (const auto& [forgetful, report] : std::vector<std::pair<std::string, std::string>>{
           {spinlock + define + "local_irq_restore(flags)",
            "after map_page: 1 locks held, interrupts on, preemption count 0"},
           {spinlock + define + "spin_unlock(lock)",
            "after map_page: 0 locks held, interrupts off, preemption count 0"},
           {spinlock + define +
                "do { spin_unlock(lock); local_irq_restore(flags); preempt_disable(); } while (0)",
            "after map_page: 0 locks held, interrupts on, preemption count 1"}}) {
    const auto patched = with_line("arch/powerpc/kernel/iommu.c", forgetful);
    ASSERT_TRUE(patched) << patched.error().line();
    const auto library = build_library(patched->tree, {});
    ASSERT_TRUE(library) << library.error().line();
    const LoadedTarget target(*library);
    TestEnvironment environment(12);
    const nospan_configuration configuration = plain_configuration(12);
    void* const table = target->create(environment.get(), &configuration);
    const nospan_map_request request{0x100000, 0, 1, 0, NOSPAN_BIDIRECTIONAL, 0};
    try {
      target->map_page(table, &request);
      ADD_FAILURE() << report;
    } catch (const TargetFailed& failed) {
      EXPECT_EQ(failed.failure, NOSPAN_FAILURE_LOCK_HELD);
      EXPECT_EQ(failed.what(), report);
    }
  }
}

TEST_F(BuildTest, APatchedTreeIsAnotherLibrary) {
  const auto plain = build_library(*tree_, {});
  const auto patched = with_line("lib/bitmap.c", "/* nothing */");
  ASSERT_TRUE(patched) << patched.error().line();
  const auto library = build_library(patched->tree, {});
  ASSERT_TRUE(library) << library.error().line();
  EXPECT_NE(*library, *plain);
}

TEST_F(BuildTest, LibrariesDoNotDependOnWhereTheTreeLies) {
  const fs::path other = folder_.path() / "elsewhere";
  for (const std::string& file : tree_->files()) write_text(other / file, read_text(tree_->root() / file));
  const auto copy = open_tree(other);
  ASSERT_TRUE(copy) << copy.error().line();
  EXPECT_EQ(copy->content_hash(), tree_->content_hash());
  const auto library = build_library(*tree_, {.sanitized = true});
  ASSERT_TRUE(library);
  const std::string first = read_text(*library);
  fs::remove_all(cache());
  EXPECT_EQ(read_text(*build_library(*copy, {.sanitized = true})), first);
}

TEST_F(BuildTest, OurOwnErrorsAreNotSkipped) {
  const auto no_compiler = build_library(*tree_, {.compiler = "no-such-compiler"});
  ASSERT_FALSE(no_compiler);
  EXPECT_EQ(no_compiler.error().verdict, reports::Verdict::kError);
  EXPECT_THAT(no_compiler.error().line(), HasSubstr("no-such-compiler: cannot be run"));

  const ScopedVariable share("NOSPAN_SHARE", "/nowhere");
  const auto no_shims = build_library(*tree_, {});
  ASSERT_FALSE(no_shims);
  EXPECT_EQ(no_shims.error().verdict, reports::Verdict::kError);
  EXPECT_THAT(no_shims.error().mend, HasSubstr("NOSPAN_SHARE"));
}

TEST_F(BuildTest, AnUnwritableCacheIsSaid) {
  // Not by permissions: tests may run as root.
  const ScopedVariable variable("XDG_CACHE_HOME", "/proc/nowhere");
  const auto library = build_library(*tree_, {});
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().verdict, reports::Verdict::kError);
  EXPECT_THAT(library.error().line(), HasSubstr("/proc/nowhere/nospan: the cache folder cannot be made"));
  EXPECT_THAT(library.error().mend, HasSubstr("XDG_CACHE_HOME"));
}

TEST_F(BuildTest, AFullDiskIsNotTheTreesFault) {
  const fs::path script = folder_.path() / "full-cc";
  write_text(script,
             "#!/bin/sh\ncase $1 in --version) exec gcc --version;; esac\n"
             "echo 'fatal error: error writing to x.s: No space left on device' >&2\nexit 1\n");
  fs::permissions(script, fs::perms::owner_all);
  const auto library = build_library(*tree_, {.compiler = script.string()});
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().verdict, reports::Verdict::kError);
  EXPECT_THAT(library.error().line(), HasSubstr("No space left on device"));
}

TEST_F(BuildTest, VariablesOfTheCallerDoNotLeakIn) {
  write_text(folder_.path() / "evil/linux/hash.h", "#error evil\n");
  const ScopedVariable path("CPATH", (folder_.path() / "evil").string());
  const ScopedVariable locale("LANG", "de_DE.UTF-8");
  const auto library = build_library(*tree_, {});
  EXPECT_TRUE(library) << library.error().line();
}

TEST_F(BuildTest, ClangBuildsIt) {
  const auto library = build_library(*tree_, {.sanitized = true, .compiler = "clang-19"});
  ASSERT_TRUE(library) << library.error().line();
  EXPECT_STREQ(LoadedTarget(*library)->name, "linux");
}

}  // namespace
}  // namespace nospan::linux_target
