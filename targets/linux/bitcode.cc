// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/bitcode.h"

#include <string>
#include <utility>
#include <vector>

#include "targets/linux/compilation.h"
#include "targets/linux/recipe.h"
#include "targets/toolchain/bitcode.h"
#include "targets/toolchain/share.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using reports::Expected;

// The sources as one module. `first` are flags that come before kernel_flags().
Expected<fs::path> build_module(const Tree& tree, const std::vector<Source>& sources,
                                const BitcodeOptions& options, const std::vector<std::string>& first) {
  if (auto checked = check_system_page_shift(options.system_page_shift); !checked)
    return tl::unexpected(checked.error());
  const toolchain::Compilation compilation =
      compilation_of(tree, toolchain::kBitcodeCompiler, sources, [&](Source::World) {
        std::vector<std::string> flags = first;
        for (const auto& more :
             {kernel_flags(toolchain::share_folder(), options.system_page_shift, tree.version()),
              toolchain::bitcode_flags()}) {
          flags.insert(flags.end(), more.begin(), more.end());
        }
        return flags;
      });
  return toolchain::bitcode_identity(compilation.compiler)
      .and_then([&](const std::string& identity) { return key_of(compilation, tree, identity); })
      .and_then([&](const std::string& key) {
        return toolchain::cached("bitcode", key, "target.bc",
                                 [&](const fs::path& scratch, const fs::path& file) {
                                   return make_bitcode(compilation, scratch, file);
                                 });
      });
}

}  // namespace

Expected<fs::path> build_bitcode(const Tree& tree, const BitcodeOptions& options) {
  std::vector<Source> kernel_code = sources(false);
  std::erase_if(kernel_code, [](const Source& source) { return source.world == Source::World::kHost; });
  return build_module(tree, kernel_code, options, {});
}

Expected<toolchain::LibraryFrame> build_library_frame(const Tree& tree, const fs::path& folder) {
  std::vector<Source> host_code = sources(false);
  std::erase_if(host_code, [](const Source& source) { return source.world != Source::World::kHost; });
  const toolchain::Compilation compilation =
      compilation_of(tree, toolchain::kBitcodeCompiler, host_code, [](Source::World) {
        std::vector<std::string> flags = library_flags();
        for (std::string& flag : host_flags(toolchain::share_folder())) flags.push_back(std::move(flag));
        return flags;
      });
  return compile(compilation, folder).map([&](std::vector<fs::path> objects) {
    return frame_of(compilation, std::move(objects));
  });
}

Expected<fs::path> build_platform_bitcode(const Tree& tree, const BitcodeOptions& options) {
  return build_module(tree, platform_sources(), options, platform_flags(toolchain::share_folder()));
}

}  // namespace nospan::linux_target
