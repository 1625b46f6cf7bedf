// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/build.h"

#include <string_view>
#include <vector>

#include "targets/linux/compilation.h"
#include "targets/linux/recipe.h"
#include "targets/toolchain/compilation.h"
#include "targets/toolchain/digest.h"
#include "targets/toolchain/library_frame.h"
#include "targets/toolchain/share.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using reports::Expected;

// Kernel code with the flags that make it mean what it means, host code with the host's.
toolchain::Compilation library_compilation(const Tree& tree, const BuildOptions& options) {
  const fs::path share = toolchain::share_folder();
  return compilation_of(tree, options.compiler, sources(options.sanitized), [&](Source::World world) {
    std::vector<std::string> flags = library_flags();
    const auto append = [&](const std::vector<std::string>& more) {
      flags.insert(flags.end(), more.begin(), more.end());
    };
    if (world == Source::World::kHost) {
      append(host_flags(share));
    } else {
      append(kernel_flags(share, options.system_page_shift, tree.version()));
      if (!options.line_numbers) append({"-DNOSPAN_LINE=0"});
      // The handlers of reports are not themselves instrumented.
      if (options.sanitized) append(sanitizer_flags());
    }
    return flags;
  });
}

Expected<std::string> library_identity(const BuildOptions& options) {
  auto version = toolchain::version_of(options.compiler, "install gcc, or name another compiler");
  if (!version) return version;
  toolchain::Digest digest;
  digest.add("library 1").add(*version);
  for (const std::string& flag : link_flags()) digest.add(flag);
  return digest.hex();
}

}  // namespace

Expected<fs::path> build_library(const Tree& tree, const BuildOptions& options) {
  if (auto checked = check_system_page_shift(options.system_page_shift); !checked)
    return tl::unexpected(checked.error());
  const toolchain::Compilation compilation = library_compilation(tree, options);
  return library_identity(options)
      .and_then([&](const std::string& identity) { return key_of(compilation, tree, identity); })
      .and_then([&](const std::string& key) {
        return toolchain::cached(
            "libraries", key, "target.so", [&](const fs::path& scratch, const fs::path& file) {
              return compile(compilation, scratch).and_then([&](const std::vector<fs::path>& objects) {
                return link_library(frame_of(compilation, objects), {}, file);
              });
            });
      });
}

}  // namespace nospan::linux_target
