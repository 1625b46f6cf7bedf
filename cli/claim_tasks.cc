// SPDX-License-Identifier: BSD-2-Clause
#include "cli/claim_tasks.h"

#include <fmt/format.h>

#include "targets/builtin/bitcode.h"
#include "targets/linux/bitcode.h"

namespace nospan::cli {

using reports::Expected;

Expected<std::vector<SelectedTarget>> select_claim_targets(TargetSelection selection, ProgressLine& progress) {
  for (const std::string& target : selection.targets) {
    if (target != "builtin" && target != "linux") {
      return reports::failure("--target " + target,
                              "only builtin and linux can be proved: their sources are known",
                              "use nospan check for a library");
    }
  }
  selection.sanitize = false;
  auto targets =
      select_targets(selection, [&](const std::string& text) { progress.show("nospan: " + text + " ..."); });
  progress.clear();
  return targets;
}

Expected<std::vector<solver::GroupTask>> claim_tasks(const std::vector<SelectedTarget>& targets,
                                                     ProgressLine& progress) {
  std::vector<solver::GroupTask> tasks;
  for (const SelectedTarget& selected : targets) {
    const auto add = [&](solver::Subject subject, const std::filesystem::path& bitcode) {
      for (const solver::ClaimGroup& group : solver::claim_groups()) {
        if (group.subject != subject) continue;
        tasks.push_back({group.name, subject, bitcode, selected.system_page.value, selected.label()});
      }
    };
    progress.show(fmt::format("nospan: making bitcode of {} ...", selected.label()));
    if (!selected.tree) {
      auto bitcode = builtin::build_bitcode();
      if (!bitcode) return tl::make_unexpected(bitcode.error());
      add(solver::Subject::kBuiltin, *bitcode);
      continue;
    }
    const linux_target::BitcodeOptions options{static_cast<int>(selected.system_page.value)};
    auto kernel = linux_target::build_bitcode(*selected.tree, options);
    if (!kernel) return tl::make_unexpected(kernel.error());
    add(solver::Subject::kKernel, *kernel);
    auto platform = linux_target::build_platform_bitcode(*selected.tree, options);
    if (!platform) return tl::make_unexpected(platform.error());
    add(solver::Subject::kPlatform, *platform);
  }
  progress.clear();
  return tasks;
}

}  // namespace nospan::cli
