// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/target_selection.h"
#include "targets/builtin/builtin.h"
#include "targets/linux/tree.h"

namespace nospan::cli {

Command add_targets(CLI::App& app) {
  app.footer(
      "More: --tree DIR for any kernel tree, --target ./libmine.so for an implementation of targets/target.h.");
  return [] {
    const nospan_target* builtin = nospan_builtin_target();
    fmt::print("{:<16} {:<12} {:<14} {}\n", "target", "version", "PAGE_SHIFT", "what it is");
    fmt::print("{:<16} {:<12} {:<14} {}\n", "builtin", builtin->version, "12, 16",
               "nospan's own optimized mapper");
    const auto versions = linux_target::packaged_versions();
    for (const std::string& version : versions) {
      fmt::print("{:<16} {:<12} {:<14} {}\n", "linux", version, "12, 16",
                 "arch/powerpc/kernel/iommu.c of Debian's linux-source-" + version);
    }
    if (versions.empty())
      fmt::print("(no packaged kernel source: install linux-source-6.12, or use --tree DIR)\n");
    return 0;
  };
}

}  // namespace nospan::cli
