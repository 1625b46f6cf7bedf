// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/place.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;

TEST(LineOfFunction, IsThatOfTheDefinition) {
  const std::string text =
      "static int f(int a);\n"   // a declaration
      "static int g(void)\n{\n"  // 2
      "\treturn f(1);\n}\n"      // a call
      "int\nf(int a,\n"          // 7: the type on a line of its own
      "      int b)\n{\n}\n"
      "int ff(void)\n{\n}\n";
  EXPECT_EQ(line_of_function(text, "g"), 2u);
  EXPECT_EQ(line_of_function(text, "f"), 7u);
  EXPECT_EQ(line_of_function(text, "ff"), 11u);
  EXPECT_FALSE(line_of_function(text, "h"));
  EXPECT_FALSE(line_of_function("", "f"));
}

TEST(LineOfFunction, EveryEntryPointOfThePackagedKernel) {
  const auto tree = packaged_tree("6.12");
  ASSERT_TRUE(tree) << tree.error().line();
  for (const char* function :
       {"iommu_map_page", "ppc_iommu_map_sg", "iommu_alloc_coherent", "iommu_unmap_page", "ppc_iommu_unmap_sg",
        "iommu_free_coherent", "iommu_table_in_use", "iommu_tce_check_ioba", "iommu_tce_check_gpa",
        "iommu_tce_direction", "iommu_direction_to_tce_perm"}) {
    EXPECT_TRUE(line_of_function(*tree, "arch/powerpc/kernel/iommu.c", function)) << function;
  }
}

TEST(CommitOf, ACheckoutWithoutChangesAndNothingElse) {
  const auto packaged = packaged_tree("6.12");
  ASSERT_TRUE(packaged) << packaged.error().line();
  EXPECT_EQ(commit_of(*packaged), "");
  std::string pattern = (fs::temp_directory_path() / "nospan-place-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const fs::path folder = pattern;
  for (const std::string& file : packaged->files()) {
    fs::create_directories((folder / file).parent_path());
    fs::copy_file(packaged->root() / file, folder / file);
    fs::permissions(folder / file, fs::perms::owner_write, fs::perm_options::add);
  }
  const std::string in = "cd '" + folder.string() + "' && ";
  ASSERT_EQ(
      std::system(
          (in + "git init -q . && git add -A && git -c user.name=n -c user.email=n@n commit -qm m").c_str()),
      0);
  auto tree = open_tree(folder);
  ASSERT_TRUE(tree) << tree.error().line();
  EXPECT_EQ(commit_of(*tree).size(), 40u);
  // A program that the checkout's own configuration names is not run.
  ASSERT_EQ(std::system((in + "printf '#!/bin/sh\\ntouch ran\\n' >m && chmod +x m && "
                              "git config core.fsmonitor ./m && git config filter.x.clean ./m && "
                              "echo '* filter=x' >.gitattributes")
                            .c_str()),
            0);
  EXPECT_EQ(commit_of(*tree).size(), 40u);
  EXPECT_FALSE(fs::exists(folder / "ran"));
  std::ofstream(folder / packaged->files().front(), std::ios::app) << "\n";
  tree = open_tree(folder);
  ASSERT_TRUE(tree);
  EXPECT_EQ(commit_of(*tree), "");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace nospan::linux_target
