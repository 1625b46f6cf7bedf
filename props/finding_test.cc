// SPDX-License-Identifier: BSD-2-Clause
// The known findings on the packaged kernels, and the guards that keep them from hiding anything else.
#include "props/finding.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "props/executor.h"
#include "targets/builtin/builtin.h"
#include "targets/library.h"
#include "targets/linux/build.h"
#include "targets/linux/tree.h"

namespace nospan::props {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(NOSPAN_SOURCE_DIR) / "props" / "findings";

std::vector<Finding> findings() {
  auto read = read_findings(kFolder);
  EXPECT_TRUE(read) << read.error().line();
  return read ? *read : std::vector<Finding>{};
}

const nospan_target* kernel(const std::string& version, unsigned shift, bool sanitized) {
  auto tree = linux_target::packaged_tree(version);
  if (!tree) return nullptr;
  linux_target::BuildOptions options;
  options.system_page_shift = static_cast<int>(shift);
  options.sanitized = sanitized;
  auto file = linux_target::build_library(*tree, options);
  if (!file) return nullptr;
  auto library = targets::Library::open(file->string());
  return library ? library->get() : nullptr;
}

TEST(Findings, EachReproducesOnEveryKernelThatItNames) {
  for (const Finding& finding : findings()) {
    for (const std::string& version : finding.trees) {
      for (const unsigned shift : {12u, 16u}) {
        const nospan_target* target = kernel(version, shift, finding.sanitized);
        ASSERT_NE(target, nullptr) << version;
        EXPECT_TRUE(reproduces(*target, finding, {shift})) << finding.id << " on " << version << ", " << shift;
      }
    }
  }
}

TEST(Findings, NoneReproducesOnBuiltin) {
  for (const Finding& finding : findings()) {
    EXPECT_FALSE(reproduces(*nospan_builtin_target(), finding, {16})) << finding.id;
  }
}

TEST(Findings, EachHasAGuardAndEachGuardAFinding) {
  const std::vector<Finding> all = findings();
  for (const Finding& finding : all) {
    EXPECT_NE(guard_with_id(finding.id), nullptr) << finding.id;
    EXPECT_FALSE(finding.title.empty() || finding.promise.empty() || finding.behaviour.empty() ||
                 finding.guard.empty() || finding.trees.empty())
        << finding.id;
  }
  for (const Guard& guard : all_guards()) {
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Finding& f) { return f.id == guard.id; }))
        << guard.id;
  }
}

TEST(Findings, AGuardKnowsItsOwnFindingAndNoOtherInvariant) {
  for (const Finding& finding : findings()) {
    if (finding.sanitized) continue;
    const nospan_target* target = kernel(finding.trees.back(), 16, false);
    ASSERT_NE(target, nullptr);
    // Guards that keep a command from being run are what a worker needs not to die of it.
    const GuardSet guards = guards_of({&finding}, false);
    Executor executor(*target, [](std::uint32_t, const char* text) { FAIL() << text; });
    Progress progress;
    EXPECT_FALSE(executor.run(scenario_for(finding, {16}), guards, progress).violated()) << finding.id;
  }
}

TEST(Findings, AFileWithAnUnknownKeyIsRefused) {
  const auto folder = std::filesystem::temp_directory_path() / "nospan-finding-test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "x.json") << R"({"schema": "nospan.finding/1", "id": "x", "colour": 1})";
  const auto read = read_findings(folder);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().line().find("$.colour"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace nospan::props
