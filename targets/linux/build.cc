// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <sstream>
#include <string_view>
#include <vector>

#include "targets/linux/cache.h"
#include "targets/linux/digest.h"
#include "targets/linux/process.h"
#include "targets/linux/recipe.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using reports::Error;
using reports::Expected;
using reports::Verdict;

constexpr const char* kLibrary = "target.so";
constexpr const char* kLibraryHash = "target.so.sha256";

tl::unexpected<Error> skip(std::string where, std::string what, std::string mend = {}) {
  return tl::make_unexpected(Error{std::move(where), std::move(what), std::move(mend), Verdict::kSkip});
}

// ---- The key ----

// Everything of ours that a build reads.
Expected<std::string> share_hash(const fs::path& share) {
  std::vector<fs::path> files = {share / "targets/target.h", share / "targets/linux/runtime.h"};
  for (const Source& source : sources(true)) {
    if (source.world != Source::World::kTree) files.push_back(share / source.path);
  }
  std::error_code error;
  const fs::path folder = share / "targets/linux/shims";
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path());
  }
  if (error) {
    return reports::failure(folder.string(), fmt::format("shims cannot be read: {}", error.message()),
                            "set NOSPAN_SHARE to the folder that contains targets/linux/shims");
  }
  std::sort(files.begin(), files.end());
  Digest digest;
  for (const fs::path& file : files) {
    auto content = read_file(file);
    if (!content) {
      content.error().mend = "set NOSPAN_SHARE to the folder that contains targets/linux/shims";
      return tl::unexpected(content.error());
    }
    digest.add(file.lexically_relative(share).string()).add(*content);
  }
  return digest.hex();
}

Expected<std::string> compiler_version(const std::string& compiler) {
  auto outcome = run({.arguments = {compiler, "--version"}, .folder = {}, .output = {}});
  if (!outcome) {
    outcome.error().mend = "install gcc, or name another compiler";
    return tl::unexpected(outcome.error());
  }
  if (outcome->status != 0) {
    return reports::failure(compiler, "does not tell its version", "give gcc or clang");
  }
  return outcome->text;
}

std::vector<std::string> flags_for(Source::World world, const fs::path& share, const Tree& tree,
                                   const BuildOptions& options) {
  std::vector<std::string> flags = library_flags();
  const auto append = [&](const std::vector<std::string>& more) {
    flags.insert(flags.end(), more.begin(), more.end());
  };
  if (world == Source::World::kHost) {
    append(host_flags(share));
  } else {
    append(kernel_flags(share, options.system_page_shift, tree.version()));
    // The handlers of reports are not themselves instrumented.
    if (options.sanitized) append(sanitizer_flags());
  }
  return flags;
}

Expected<std::string> library_key(const fs::path& share, const Tree& tree, const BuildOptions& options) {
  auto ours = share_hash(share);
  if (!ours) return ours;
  auto version = compiler_version(options.compiler);
  if (!version) return version;
  Digest digest;
  digest.add("library 1").add(*ours).add(tree.content_hash()).add(options.compiler).add(*version);
  for (const Source& source : sources(options.sanitized)) {
    digest.add(source.path);
    for (const std::string& flag : flags_for(source.world, share, tree, options)) digest.add(flag);
  }
  for (const std::string& flag : link_flags()) digest.add(flag);
  return digest.hex().substr(0, 32);
}

// ---- Compiling ----

// A message of gcc, clang or ld, "file:line:column: error: what".
struct Message {
  std::string where;
  std::string what;
};

// The first line that says what is wrong; without one, the first line.
Message first_error(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::string first;
  while (std::getline(lines, line)) {
    if (first.empty()) first = line;
    for (const std::string_view mark : {": fatal error: ", ": error: ", ": undefined reference to "}) {
      const std::size_t at = line.find(mark);
      if (at == std::string::npos) continue;
      std::string what = line.substr(at + (mark.find("reference") == mark.npos ? mark.size() : 2));
      // Names found through -I. begin with "./".
      return {line.starts_with("./") ? line.substr(2, at - 2) : line.substr(0, at), what};
    }
  }
  return {"", first};
}

// What went wrong with a compiler run: the tree's fault, or the machine's.
tl::unexpected<Error> compilation_failed(const std::string& program, const Tree& tree, const Outcome& outcome,
                                         std::string mend) {
  if (outcome.status > 128 || outcome.text.find("No space left on device") != std::string::npos ||
      outcome.text.find("Killed signal") != std::string::npos ||
      outcome.text.find("virtual memory exhausted") != std::string::npos) {
    return reports::failure(program, fmt::format("broke off: {}", first_error(outcome.text).what),
                            "free some memory or disk space");
  }
  const Message message = first_error(outcome.text);
  return skip(message.where.empty() ? tree.root().string() : message.where,
              fmt::format("Linux {} does not compile: {}", tree.version(), message.what), std::move(mend));
}

// File names of a dependency file as -MD writes it: "target: name name \<newline> name". Spaces are escaped.
std::vector<std::string> dependencies(std::string_view text) {
  std::vector<std::string> names;
  std::string name;
  std::size_t at = std::min(text.find(": "), text.size());
  for (at = std::min(at + 2, text.size()); at < text.size(); at++) {
    const char character = text[at];
    if (character == '\\' && at + 1 < text.size() && (text[at + 1] == ' ' || text[at + 1] == '#')) {
      name += text[++at];
    } else if (character == '\\' && at + 1 < text.size() && text[at + 1] == '\n') {
      at++;
    } else if (character == ' ' || character == '\n') {
      if (!name.empty()) names.push_back(std::move(name));
      name.clear();
    } else {
      name += character;
    }
  }
  if (!name.empty()) names.push_back(std::move(name));
  return names;
}

// Only what is part of the key may have been read: else a cached library could be another one than the tree's.
Expected<void> check_dependencies(const fs::path& depfile, const Tree& tree, const fs::path& share) {
  auto text = read_file(depfile);
  if (!text) return tl::unexpected(text.error());
  for (const std::string& name : dependencies(*text)) {
    const fs::path path = fs::path(name).lexically_normal();
    const std::string ours = share.lexically_normal().string() + "/";
    if (path.is_absolute() ? path.string().starts_with(ours) : is_readable(path.generic_string())) continue;
    return reports::failure(tree.root().string(),
                            fmt::format("its sources include {}, which nospan does not read", name),
                            "add its folder to readable_paths() in targets/linux/recipe.cc");
  }
  return {};
}

Expected<fs::path> compile(const Source& source, const fs::path& folder, const fs::path& share,
                           const Tree& tree, const BuildOptions& options) {
  const bool kernel = source.world != Source::World::kHost;
  fs::path object = folder / (fs::path(source.path).filename().string() + ".o");
  const fs::path depfile = fs::path(object).replace_extension(".d");
  Command command;
  command.arguments = {options.compiler};
  for (const std::string& flag : flags_for(source.world, share, tree, options))
    command.arguments.push_back(flag);
  if (kernel) command.arguments.insert(command.arguments.end(), {"-MD", "-MF", depfile.string()});
  const std::string input =
      source.world == Source::World::kTree ? source.path : (share / source.path).lexically_normal().string();
  command.arguments.insert(command.arguments.end(), {"-c", input, "-o", object.string()});
  command.folder = tree.root();
  auto outcome = run(command);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) return compilation_failed(options.compiler, tree, *outcome, {});
  if (kernel) {
    if (auto checked = check_dependencies(depfile, tree, share); !checked)
      return tl::unexpected(checked.error());
  }
  return object;
}

Expected<void> link(const std::vector<fs::path>& objects, const fs::path& library, const Tree& tree,
                    const BuildOptions& options) {
  Command command;
  command.arguments = {options.compiler};
  for (const std::string& flag : link_flags()) command.arguments.push_back(flag);
  for (const fs::path& object : objects) command.arguments.push_back(object.string());
  command.arguments.insert(command.arguments.end(), {"-o", library.string()});
  command.folder = library.parent_path();
  auto outcome = run(command);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) {
    return compilation_failed(options.compiler, tree, *outcome,
                              "a function without a shim: see targets/linux/README.md");
  }
  return {};
}

// Compiles all sources, two at a time, and links them. The first error in the order of the sources is the one
// told.
Expected<void> make_library(const fs::path& folder, const fs::path& library, const fs::path& share,
                            const Tree& tree, const BuildOptions& options) {
  const std::vector<Source> list = sources(options.sanitized);
  std::vector<fs::path> objects;
  for (std::size_t i = 0; i < list.size(); i += 2) {
    std::future<Expected<fs::path>> other;
    if (i + 1 < list.size()) {
      other =
          std::async(std::launch::async, [&, i] { return compile(list[i + 1], folder, share, tree, options); });
    }
    auto object = compile(list[i], folder, share, tree, options);
    Expected<fs::path> second = fs::path();
    if (other.valid()) second = other.get();
    if (!object) return tl::unexpected(object.error());
    if (!second) return tl::unexpected(second.error());
    objects.push_back(*object);
    if (!second->empty()) objects.push_back(*second);
  }
  return link(objects, library, tree, options);
}

// Whether the entry holds a library whose content is what was published.
bool is_intact(const fs::path& entry) {
  auto hash = digest_of_file(entry / kLibrary);
  auto stored = read_file(entry / kLibraryHash);
  return hash && stored && *hash == *stored;
}

}  // namespace

Expected<fs::path> build_library(const Tree& tree, const BuildOptions& options) {
  if (options.system_page_shift != 12 && options.system_page_shift != 16) {
    return reports::failure("system page shift", fmt::format("{} is not supported", options.system_page_shift),
                            "give 12 or 16");
  }
  auto cache = cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  std::error_code error;
  const fs::path share = fs::absolute(share_folder(), error).lexically_normal();
  auto key = library_key(share, tree, options);
  if (!key) return tl::unexpected(key.error());
  const fs::path entry = *cache / "libraries" / *key;
  if (fs::exists(entry, error)) {
    if (is_intact(entry)) return entry / kLibrary;
    discard(*cache, entry);
  }

  auto temporary = TemporaryFolder::make(*cache);
  if (!temporary) return tl::unexpected(temporary.error());
  const fs::path fresh = temporary->path() / "entry";
  fs::create_directory(fresh, error);
  if (auto made = make_library(temporary->path(), fresh / kLibrary, share, tree, options); !made) {
    return tl::unexpected(made.error());
  }
  auto hash = digest_of_file(fresh / kLibrary);
  if (!hash) return tl::unexpected(hash.error());
  if (auto written = write_file(fresh / kLibraryHash, *hash); !written) return tl::unexpected(written.error());
  if (auto published = temporary->publish(fresh, entry); !published) return tl::unexpected(published.error());
  return entry / kLibrary;
}

}  // namespace nospan::linux_target
