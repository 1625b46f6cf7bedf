// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/bitcode.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <regex>

#include "targets/linux/patch.h"
#include "targets/linux/test_folder.h"
#include "targets/toolchain/process.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A real tree from the user's cache; what is built goes to a cache of the test's own.
class LinuxBitcodeTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::vector<std::string> versions = packaged_versions();
    ASSERT_FALSE(versions.empty()) << "apt install linux-source-6.12";
    for (const std::string& version : versions) {
      auto tree = packaged_tree(version);
      ASSERT_TRUE(tree) << tree.error().line();
      trees_.push_back(*tree);
    }
    cache_variable_.emplace("XDG_CACHE_HOME", (folder_.path() / "cache").string());
  }

  const Tree& tree() const { return trees_.back(); }

  // The newest tree with a line added at the top of one of its files.
  reports::Expected<PatchedTree> with_line(const std::string& file, const std::string& line) {
    std::istringstream content(read_text(tree().root() / file));
    std::string diff = fmt::format("--- a/{}\n+++ b/{}\n@@ -1,3 +1,4 @@\n+{}\n", file, file, line);
    std::string context;
    for (int i = 0; i < 3 && std::getline(content, context); i++) diff += " " + context + "\n";
    write_text(folder_.path() / "line.patch", diff);
    return apply_patches(tree(), {folder_.path() / "line.patch"});
  }

  // The module as text.
  std::string listing(const fs::path& module) const {
    const fs::path text = folder_.path() / "module.ll";
    const auto outcome = toolchain::run(
        {.arguments = {"llvm-dis-19", module.string(), "-o", text.string()}, .folder = {}, .output = {}});
    EXPECT_TRUE(outcome && outcome->status == 0) << (outcome ? outcome->text : outcome.error().line());
    return read_text(text);
  }

  TestFolder folder_;
  std::optional<ScopedVariable> cache_variable_;
  std::vector<Tree> trees_;
};

std::string defines(const std::string& function) { return fmt::format("\ndefine [^\n]*@{}\\(", function); }

TEST_F(LinuxBitcodeTest, HoldsWhatTheLibraryDoesForEachTreeAndPageSize) {
  for (const Tree& tree : trees_) {
    for (const int shift : {12, 16}) {
      const auto module = build_bitcode(tree, {.system_page_shift = shift});
      ASSERT_TRUE(module) << module.error().line();
      const std::string text = listing(*module);
      for (const char* function :
           {"iommu_map_page", "iommu_range_alloc", "ppc_iommu_map_sg", "iommu_area_alloc", "__bitmap_set",
            "_find_next_zero_bit", "nospan_target_entry"}) {
        EXPECT_THAT(text, testing::ContainsRegex(defines(function)));
      }
      EXPECT_THAT(text, testing::ContainsRegex("\ndeclare [^\n]*@nospan_allocate\\(")) << "runtime.c is in it";
      // The sources' own promises of undefined behaviour, __builtin_unreachable() apart, are none.
      EXPECT_THAT(text, testing::Not(testing::ContainsRegex(" (nsw|nuw) ")));
      EXPECT_THAT(text, HasSubstr(tree.version()));
      EXPECT_THAT(text, testing::ContainsRegex("name: \"it_page_shift\".* offset: ")) << "layouts";
    }
  }
}

TEST_F(LinuxBitcodeTest, TheCacheSavesTheCompiler) {
  const auto first = build_bitcode(tree(), {});
  ASSERT_TRUE(first) << first.error().line();
  const std::string good = read_text(*first);
  const auto written = fs::last_write_time(*first);
  const auto second = build_bitcode(tree(), {});
  ASSERT_TRUE(second) << second.error().line();
  EXPECT_EQ(*second, *first);
  EXPECT_EQ(fs::last_write_time(*second), written) << "made again";
  write_text(*first, good.substr(0, 1000));
  const auto third = build_bitcode(tree(), {});
  ASSERT_TRUE(third) << third.error().line();
  EXPECT_EQ(read_text(*third), good) << "not reproducible, or not made again";
}

TEST_F(LinuxBitcodeTest, ModulesDoNotDependOnWhereTheTreeLies) {
  const fs::path other = folder_.path() / "elsewhere";
  for (const std::string& file : tree().files()) write_text(other / file, read_text(tree().root() / file));
  const auto copy = open_tree(other);
  ASSERT_TRUE(copy) << copy.error().line();
  const auto module = build_bitcode(tree(), {});
  ASSERT_TRUE(module) << module.error().line();
  const std::string first = read_text(*module);
  fs::remove_all(folder_.path() / "cache");
  EXPECT_EQ(read_text(*build_bitcode(*copy, {})), first);
}

TEST_F(LinuxBitcodeTest, APatchAndAPageSizeAreOtherModules) {
  const auto patched = with_line("lib/bitmap.c", "int nospan_new_variable;");
  ASSERT_TRUE(patched) << patched.error().line();
  const auto plain = build_bitcode(tree(), {});
  const auto large_pages = build_bitcode(tree(), {.system_page_shift = 16});
  const auto module = build_bitcode(patched->tree, {});
  ASSERT_TRUE(module) << module.error().line();
  EXPECT_NE(*module, *plain);
  EXPECT_NE(*large_pages, *plain);
  EXPECT_THAT(listing(*module), HasSubstr("@nospan_new_variable = "));
  EXPECT_THAT(build_bitcode(tree(), {.system_page_shift = 14}).error().mend, HasSubstr("12 or 16"));
}

// The composite type of this name in the debug information, with its size, and its members with their offsets.
std::vector<std::string> layout(const std::string& text, const std::string& structure) {
  std::smatch match;
  const std::regex composite("\n(![0-9]+) = distinct !DICompositeType\\(tag: DW_TAG_structure_type, name: \"" +
                             structure + "\".*size: ([0-9]+).*elements: ");
  if (!std::regex_search(text, match, composite)) return {};
  std::vector<std::string> result = {match[2]};
  const std::regex member("DW_TAG_member, name: \"([a-z_]+)\", scope: " + match[1].str() +
                          ",.*(offset: [0-9]+)");
  for (std::sregex_iterator at(text.begin(), text.end(), member); at != std::sregex_iterator(); ++at) {
    result.push_back((*at)[1].str() + " " + (*at)[2].str());
  }
  std::sort(result.begin() + 1, result.end());
  return result;
}

TEST_F(LinuxBitcodeTest, PlatformsHoldTheirTableOperationsForEachTreeAndPageSize) {
  for (const Tree& tree : trees_) {
    for (const int shift : {12, 16}) {
      const auto module = build_platform_bitcode(tree, {.system_page_shift = shift});
      ASSERT_TRUE(module) << tree.version() << ": " << module.error().line();
      const std::string text = listing(*module);
      for (const char* function :
           {"tce_build_pSeries", "tce_free_pSeries", "tce_build_pSeriesLP", "tce_buildmulti_pSeriesLP",
            "tce_freemulti_pSeriesLP", "tce_get_pSeriesLP", "tce_setrange_multi_pSeriesLP",
            "iommu_get_page_shift", "pnv_tce_build", "pnv_tce_free"}) {
        EXPECT_THAT(text, testing::ContainsRegex(defines(function))) << tree.version();
      }
      EXPECT_THAT(text, testing::ContainsRegex("\ndeclare [^\n]*@plpar_hcall_norets\\("));
      EXPECT_THAT(text, testing::Not(testing::ContainsRegex(" (nsw|nuw) ")));
      // What the mapping code passes to the table operations is what these take.
      const std::string mapping = listing(*build_bitcode(tree, {.system_page_shift = shift}));
      for (const char* structure : {"iommu_table", "iommu_table_ops", "device"}) {
        EXPECT_GT(layout(text, structure).size(), 3u) << structure;
        EXPECT_EQ(layout(text, structure), layout(mapping, structure)) << structure;
      }
    }
  }
}

TEST_F(LinuxBitcodeTest, APatchOfThePlatformIsAnotherModule) {
  const auto patched = with_line("arch/powerpc/platforms/pseries/iommu.c", "int nospan_new_variable;");
  ASSERT_TRUE(patched) << patched.error().line();
  const auto plain = build_platform_bitcode(tree(), {});
  const auto module = build_platform_bitcode(patched->tree, {});
  ASSERT_TRUE(module) << module.error().line();
  EXPECT_NE(*module, *plain);
  EXPECT_THAT(listing(*module), HasSubstr("@nospan_new_variable = "));
}

TEST_F(LinuxBitcodeTest, ATreeWithoutThePlatformIsSkipped) {
  const fs::path other = folder_.path() / "elsewhere";
  for (const std::string& file : tree().files()) {
    if (!file.ends_with("pseries/iommu.c")) write_text(other / file, read_text(tree().root() / file));
  }
  const auto smaller = open_tree(other);
  ASSERT_TRUE(smaller) << smaller.error().line();
  EXPECT_TRUE(build_bitcode(*smaller, {}));
  const auto module = build_platform_bitcode(*smaller, {});
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().verdict, reports::Verdict::kSkip);
  EXPECT_THAT(module.error().what,
              HasSubstr("no such file or directory: 'arch/powerpc/platforms/pseries/iommu.c'"));
}

TEST_F(LinuxBitcodeTest, ATreeThatDoesNotCompileIsSkippedWithItsFirstError) {
  const auto patched = with_line("lib/bitmap.c", "int broken = ;");
  ASSERT_TRUE(patched) << patched.error().line();
  const auto module = build_bitcode(patched->tree, {});
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().verdict, reports::Verdict::kSkip);
  EXPECT_THAT(module.error().where, testing::StartsWith("lib/bitmap.c:1:"));
  EXPECT_THAT(module.error().what, HasSubstr(tree().version() + " does not compile: expected expression"));
}

TEST_F(LinuxBitcodeTest, ReadingOutsideTheKnownFilesIsRefused) {
  write_text(folder_.path() / "outside.h", "");
  const auto patched =
      with_line("lib/bitmap.c", fmt::format("#include \"{}\"", (folder_.path() / "outside.h").string()));
  const auto module = build_bitcode(patched->tree, {});
  ASSERT_FALSE(module);
  EXPECT_THAT(module.error().what, HasSubstr("outside.h, which nospan does not read"));
}

TEST_F(LinuxBitcodeTest, WithoutClangTheErrorNamesThePackage) {
  const ScopedVariable path("PATH", "/nowhere");
  const auto module = build_bitcode(tree(), {});
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().verdict, reports::Verdict::kError);
  EXPECT_THAT(module.error().line(), HasSubstr("apt install clang-19"));
}

}  // namespace
}  // namespace nospan::linux_target
