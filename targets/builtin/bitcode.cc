// SPDX-License-Identifier: BSD-2-Clause
#include "targets/builtin/bitcode.h"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "targets/toolchain/bitcode.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/share.h"

namespace nospan::builtin {
namespace {

namespace fs = std::filesystem;
using reports::Expected;

// EntrySpace::take() must be inlined for its speed; what calls it is proved with a contract in its place.
constexpr toolchain::Inlining kInlining = toolchain::Inlining::kNothing;

std::vector<std::string> words(const char* text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

// Without units.
toolchain::Compilation empty_compilation() {
  toolchain::Compilation compilation;
  compilation.compiler = toolchain::kBitcodeCxxCompiler;
  // Names in debug information are relative to it.
  compilation.folder = toolchain::share_folder();
  compilation.subject = {.name = "builtin", .place = compilation.folder.string()};
  return compilation;
}

toolchain::Compilation core_compilation() {
  toolchain::Compilation compilation = empty_compilation();
  std::vector<std::string> flags = words(NOSPAN_BUILTIN_LANGUAGE);
  flags.emplace_back("-I.");
  for (std::string& flag : toolchain::bitcode_flags()) flags.push_back(std::move(flag));
  for (const std::string& source : words(NOSPAN_BUILTIN_SOURCES)) {
    // Not restricted: it includes headers of the host. The key covers what they say.
    compilation.units.push_back({.input = "targets/builtin/" + source, .flags = flags, .restricted = false});
  }
  return compilation;
}

Expected<std::string> core_key(const toolchain::Compilation& compilation) {
  std::error_code error;
  for (const toolchain::Unit& unit : compilation.units) {
    if (fs::exists(compilation.folder / unit.input, error)) continue;
    return reports::failure((compilation.folder / unit.input).string(), "no such file", toolchain::kShareMend);
  }
  auto identity = toolchain::bitcode_identity(compilation.compiler, kInlining);
  if (!identity) return identity;
  auto cache = toolchain::cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  auto scratch = toolchain::TemporaryFolder::make(*cache);
  if (!scratch) return tl::unexpected(scratch.error());
  return preprocessed_key(compilation, *identity, scratch->path());
}

}  // namespace

Expected<fs::path> build_bitcode() {
  const toolchain::Compilation compilation = core_compilation();
  return core_key(compilation).and_then([&](const std::string& key) {
    return toolchain::cached("bitcode", key, "builtin.bc", [&](const fs::path& scratch, const fs::path& file) {
      return make_bitcode(compilation, scratch, file, kInlining);
    });
  });
}

Expected<toolchain::LibraryFrame> build_library_frame(const fs::path& folder) {
  toolchain::Compilation compilation = empty_compilation();
  std::vector<std::string> flags = words(NOSPAN_BUILTIN_LANGUAGE);
  for (const char* flag : {"-I.", "-O1", "-fPIC", "-fvisibility=hidden"}) flags.emplace_back(flag);
  compilation.units.push_back(
      {.input = "targets/builtin/target_entry.cc", .flags = std::move(flags), .restricted = false});
  return compile(compilation, folder).map([&](std::vector<fs::path> objects) {
    toolchain::LibraryFrame frame;
    frame.objects = std::move(objects);
    frame.link = {compilation.compiler, "-shared", "-Wl,-z,defs", "-Wl,-z,now"};
    frame.mend = toolchain::kShareMend;
    frame.subject = compilation.subject;
    return frame;
  });
}

}  // namespace nospan::builtin
