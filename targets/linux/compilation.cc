// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/compilation.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "targets/toolchain/digest.h"
#include "targets/toolchain/share.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using reports::Expected;

// Everything of ours that the compilation can read.
Expected<std::string> share_hash(const fs::path& share, const toolchain::Compilation& compilation) {
  std::vector<fs::path> files = {share / "targets/target.h", share / "targets/linux/runtime.h"};
  for (const toolchain::Unit& unit : compilation.units) {
    if (fs::path(unit.input).is_absolute()) files.emplace_back(unit.input);
  }
  std::error_code error;
  const fs::path folder = share / "targets/linux/shims";
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path());
  }
  if (error) {
    return reports::failure(folder.string(), fmt::format("shims cannot be read: {}", error.message()),
                            toolchain::kShareMend);
  }
  std::sort(files.begin(), files.end());
  toolchain::Digest digest;
  for (const fs::path& file : files) {
    auto content = toolchain::read_file(file);
    if (!content) {
      content.error().mend = toolchain::kShareMend;
      return tl::unexpected(content.error());
    }
    digest.add(file.lexically_relative(share).string()).add(*content);
  }
  return digest.hex();
}

}  // namespace

Expected<void> check_system_page_shift(int system_page_shift) {
  if (system_page_shift == 12 || system_page_shift == 16) return {};
  return reports::failure("system page shift", fmt::format("{} is not supported", system_page_shift),
                          "give 12 or 16");
}

toolchain::Compilation compilation_of(const Tree& tree, const std::string& compiler,
                                      const std::vector<Source>& sources,
                                      const std::function<std::vector<std::string>(Source::World)>& flags_of) {
  using World = Source::World;
  const fs::path share = toolchain::share_folder();
  toolchain::Compilation compilation;
  compilation.compiler = compiler;
  compilation.folder = tree.root();
  for (const Source& source : sources) {
    toolchain::Unit unit;
    unit.input = source.world == World::kTree ? source.path : (share / source.path).string();
    unit.flags = flags_of(source.world);
    unit.restricted = source.world != World::kHost;
    compilation.units.push_back(std::move(unit));
  }
  compilation.subject = {.name = fmt::format("Linux {}", tree.version()),
                         .place = tree.root().string(),
                         .if_broken = reports::Verdict::kSkip};
  compilation.may_read = [ours = share.string() + "/"](const fs::path& file) {
    return file.is_absolute() ? file.string().starts_with(ours) : is_readable(file.generic_string());
  };
  compilation.may_read_mend = "add its folder to readable_paths() in targets/linux/recipe.cc";
  return compilation;
}

toolchain::LibraryFrame frame_of(const toolchain::Compilation& compilation, std::vector<fs::path> objects) {
  toolchain::LibraryFrame frame;
  frame.objects = std::move(objects);
  frame.link = {compilation.compiler};
  for (const std::string& flag : link_flags()) frame.link.push_back(flag);
  frame.mend = "a function without a shim: see targets/linux/README.md";
  frame.subject = compilation.subject;
  return frame;
}

Expected<std::string> key_of(const toolchain::Compilation& compilation, const Tree& tree,
                             const std::string& identity) {
  auto ours = share_hash(toolchain::share_folder(), compilation);
  if (!ours) return ours;
  toolchain::Digest digest;
  digest.add(identity).add(*ours).add(tree.content_hash()).add(compilation.compiler);
  for (const toolchain::Unit& unit : compilation.units) {
    digest.add(unit.input);
    for (const std::string& flag : unit.flags) digest.add(flag);
  }
  return digest.hex().substr(0, 32);
}

}  // namespace nospan::linux_target
