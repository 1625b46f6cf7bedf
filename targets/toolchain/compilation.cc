// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/compilation.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <sstream>
#include <utility>

#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"

namespace nospan::toolchain {
namespace {

namespace fs = std::filesystem;
using reports::Error;
using reports::Expected;

// A message of gcc, clang, ld or LLVM's tools, "file:line:column: error: what".
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

// Only what is part of the key may have been read: else what the cache has could be made from something else.
Expected<void> check_dependencies(const fs::path& depfile, const Compilation& compilation) {
  auto text = read_file(depfile);
  if (!text) return tl::unexpected(text.error());
  for (const std::string& name : dependencies(*text)) {
    if (compilation.may_read(fs::path(name).lexically_normal())) continue;
    return reports::failure(compilation.subject.place,
                            fmt::format("its sources include {}, which nospan does not read", name),
                            compilation.may_read_mend);
  }
  return {};
}

Expected<fs::path> compile_unit(const Compilation& compilation, const Unit& unit, const fs::path& object) {
  const fs::path depfile = fs::path(object).replace_extension(".d");
  Command command;
  command.arguments = {compilation.compiler};
  command.arguments.insert(command.arguments.end(), unit.flags.begin(), unit.flags.end());
  if (unit.restricted) {
    command.arguments.insert(command.arguments.end(), {"-MD", "-MF", depfile.string()});
  }
  command.arguments.insert(command.arguments.end(), {"-c", unit.input, "-o", object.string()});
  command.folder = compilation.folder;
  auto outcome = run(command);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) return compilation_failed(compilation.compiler, compilation.subject, *outcome, {});
  if (unit.restricted) {
    if (auto checked = check_dependencies(depfile, compilation); !checked)
      return tl::unexpected(checked.error());
  }
  return object;
}

// Whether the entry holds a file whose content is what was published.
bool is_intact(const fs::path& file, const fs::path& hash_file) {
  auto hash = digest_of_file(file);
  auto stored = read_file(hash_file);
  return hash && stored && *hash == *stored;
}

}  // namespace

Expected<std::string> version_of(const std::string& program, const std::string& mend) {
  auto outcome = run({.arguments = {program, "--version"}, .folder = {}, .output = {}});
  if (!outcome) {
    outcome.error().mend = mend;
    return tl::unexpected(outcome.error());
  }
  if (outcome->status != 0) return reports::failure(program, "does not tell its version", mend);
  return outcome->text;
}

Expected<std::vector<fs::path>> compile(const Compilation& compilation, const fs::path& folder) {
  const std::vector<Unit>& units = compilation.units;
  // Numbered, as two folders may have files of the same name.
  const auto compile_at = [&](std::size_t i) {
    const std::string name = fmt::format("{}-{}.o", i, fs::path(units[i].input).stem().string());
    return compile_unit(compilation, units[i], folder / name);
  };
  std::vector<fs::path> objects;
  for (std::size_t i = 0; i < units.size(); i += 2) {
    std::future<Expected<fs::path>> other;
    if (i + 1 < units.size()) other = std::async(std::launch::async, compile_at, i + 1);
    auto object = compile_at(i);
    Expected<fs::path> second = fs::path();
    if (other.valid()) second = other.get();
    if (!object) return tl::unexpected(object.error());
    if (!second) return tl::unexpected(second.error());
    objects.push_back(*object);
    if (!second->empty()) objects.push_back(*second);
  }
  return objects;
}

Expected<std::string> preprocessed_key(const Compilation& compilation, const std::string& identity,
                                       const fs::path& scratch) {
  Digest digest;
  digest.add(identity).add(compilation.compiler);
  for (const Unit& unit : compilation.units) {
    const fs::path text = scratch / "preprocessed";
    Command command;
    command.arguments = {compilation.compiler};
    command.arguments.insert(command.arguments.end(), unit.flags.begin(), unit.flags.end());
    command.arguments.insert(command.arguments.end(), {"-E", unit.input, "-o", text.string()});
    command.folder = compilation.folder;
    auto outcome = run(command);
    if (!outcome) return tl::unexpected(outcome.error());
    if (outcome->status != 0)
      return compilation_failed(compilation.compiler, compilation.subject, *outcome, {});
    auto content = read_file(text);
    if (!content) return content;
    digest.add(unit.input).add(*content);
    for (const std::string& flag : unit.flags) digest.add(flag);
  }
  return digest.hex().substr(0, 32);
}

tl::unexpected<Error> compilation_failed(const std::string& program, const Subject& subject,
                                         const Outcome& outcome, std::string mend) {
  if (outcome.status > 128 || outcome.text.find("No space left on device") != std::string::npos ||
      outcome.text.find("Killed signal") != std::string::npos ||
      outcome.text.find("virtual memory exhausted") != std::string::npos) {
    return reports::failure(program, fmt::format("broke off: {}", first_error(outcome.text).what),
                            "free some memory or disk space");
  }
  const Message message = first_error(outcome.text);
  return tl::make_unexpected(Error{message.where.empty() ? subject.place : message.where,
                                   fmt::format("{} does not compile: {}", subject.name, message.what),
                                   std::move(mend), subject.if_broken});
}

Expected<fs::path> cached(const std::string& kind, const std::string& key, const std::string& name,
                          const std::function<Expected<void>(const fs::path&, const fs::path&)>& make) {
  auto cache = cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  std::error_code error;
  const fs::path entry = *cache / kind / key;
  const std::string hash_name = name + ".sha256";
  if (fs::exists(entry, error)) {
    if (is_intact(entry / name, entry / hash_name)) return entry / name;
    discard(*cache, entry);
  }
  auto temporary = TemporaryFolder::make(*cache);
  if (!temporary) return tl::unexpected(temporary.error());
  const fs::path fresh = temporary->path() / "entry";
  fs::create_directory(fresh, error);
  if (auto made = make(temporary->path(), fresh / name); !made) return tl::unexpected(made.error());
  auto hash = digest_of_file(fresh / name);
  if (!hash) return tl::unexpected(hash.error());
  if (auto written = write_file(fresh / hash_name, *hash); !written) return tl::unexpected(written.error());
  if (auto published = temporary->publish(fresh, entry); !published) return tl::unexpected(published.error());
  return entry / name;
}

}  // namespace nospan::toolchain
