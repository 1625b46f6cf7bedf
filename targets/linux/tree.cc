// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "targets/linux/recipe.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"
#include "targets/toolchain/process.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using toolchain::cache_folder;
using toolchain::Command;
using toolchain::Digest;
using toolchain::read_file;
using toolchain::TemporaryFolder;
constexpr std::string_view kPrefix = "linux-source-";
constexpr std::string_view kSuffix = ".tar.xz";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Whether a link of the tree leads to a place inside the tree.
bool stays_inside(const fs::path& link, const fs::path& canonical_root) {
  std::error_code error;
  const fs::path target = fs::canonical(link, error);
  if (error) return false;
  const auto [end, unused] =
      std::mismatch(canonical_root.begin(), canonical_root.end(), target.begin(), target.end());
  return end == canonical_root.end();
}

// Adds one file of the tree, or says why it cannot be used.
reports::Expected<void> add_file(const fs::path& root, const fs::path& canonical_root,
                                 const fs::directory_entry& entry, std::vector<std::string>& files) {
  if (entry.is_symlink()) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) {
      return reports::failure(entry.path().string(), "is a link to a folder",
                              "give a tree whose folders are folders");
    }
    if (!stays_inside(entry.path(), canonical_root)) {
      return reports::failure(entry.path().string(), "is a link that leads out of the tree or nowhere",
                              "replace it by the file it stands for");
    }
  }
  files.push_back(entry.path().lexically_relative(root).generic_string());
  return {};
}

// All readable files of the tree, sorted.
reports::Expected<std::vector<std::string>> list_files(const fs::path& root) {
  std::error_code error;
  const fs::path canonical_root = fs::canonical(root, error);
  std::vector<std::string> files;
  for (const std::string& path : readable_paths()) {
    const fs::directory_entry start(root / path, error);
    if (error || !start.exists(error)) continue;  // what is required was looked for before
    if (!start.is_directory(error) || start.is_symlink(error)) {
      if (auto added = add_file(root, canonical_root, start, files); !added)
        return tl::unexpected(added.error());
      continue;
    }
    for (auto entry = fs::recursive_directory_iterator(start.path(), error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (entry->is_directory(error) && !entry->is_symlink(error)) continue;
      if (auto added = add_file(root, canonical_root, *entry, files); !added)
        return tl::unexpected(added.error());
    }
    if (error)
      return reports::failure(start.path().string(), fmt::format("cannot be read: {}", error.message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The tarball's identity and what is taken out of it: another package version is another cache entry.
reports::Expected<std::string> extraction_key(const fs::path& tarball) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(tarball, error);
  if (error) return reports::failure(tarball.string(), fmt::format("cannot be read: {}", error.message()));
  const auto changed = fs::last_write_time(tarball, error).time_since_epoch().count();
  Digest digest;
  digest.add(tarball.string()).add(fmt::format("{} {}", size, changed));
  for (const std::string& path : readable_paths()) digest.add(path);
  for (const std::string& path : extracted_paths()) digest.add(path);
  return digest.hex().substr(0, 16);
}

reports::Expected<void> extract(const fs::path& cache, const fs::path& tarball, std::string_view name,
                                const fs::path& place) {
  auto temporary = TemporaryFolder::make(cache);
  if (!temporary) return tl::unexpected(temporary.error());
  Command tar;
  tar.arguments = {"tar", "-xJf", tarball.string(), "--no-same-owner", "--no-same-permissions"};
  for (const auto* paths : {&readable_paths(), &extracted_paths()}) {
    for (const std::string& path : *paths) tar.arguments.push_back(fmt::format("{}/{}", name, path));
  }
  tar.folder = temporary->path();
  tar.limit = std::chrono::seconds(600);
  auto outcome = run(tar);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) {
    return reports::failure(
        tarball.string(),
        fmt::format("cannot be extracted: {}", outcome->text.substr(0, outcome->text.find('\n'))),
        "reinstall the package, and look for space in the cache folder");
  }
  return temporary->publish(temporary->path() / name, place);
}

}  // namespace

reports::Expected<std::string> parse_version(std::string_view makefile) {
  std::map<std::string, std::string, std::less<>> values;
  std::size_t at = 0;
  while (at < makefile.size()) {
    const std::size_t end = std::min(makefile.find('\n', at), makefile.size());
    const std::string_view line = makefile.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || line.starts_with('#') || line.starts_with('\t')) continue;
    // The first assignment is the version; the rest of the Makefile computes with it.
    values.emplace(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
  }
  std::string version;
  for (const std::string_view name : {"VERSION", "PATCHLEVEL", "SUBLEVEL"}) {
    const auto value = values.find(name);
    if (value == values.end() || value->second.empty() || value->second.size() > 6 ||
        value->second.find_first_not_of("0123456789") != std::string::npos) {
      return reports::failure("Makefile", fmt::format("{} is not a plain number", name),
                              "give the root of a Linux source tree");
    }
    version += (version.empty() ? "" : ".") + value->second;
  }
  if (const auto extra = values.find("EXTRAVERSION"); extra != values.end()) {
    static constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+_";
    if (extra->second.size() > 64 || extra->second.find_first_not_of(kPlain) != std::string::npos) {
      return reports::failure("Makefile", "EXTRAVERSION is not plain text", "write it out");
    }
    version += extra->second;
  }
  return version;
}

reports::Expected<Tree> open_tree(const fs::path& folder) {
  Tree tree;
  std::error_code error;
  tree.root_ = fs::absolute(folder, error).lexically_normal();
  if (!fs::is_directory(tree.root_, error)) {
    return reports::failure(folder.string(), "is not a folder", "give the root of a Linux source tree");
  }
  for (const std::string& file : required_files()) {
    if (!fs::exists(tree.root_ / file, error)) {
      return reports::failure((folder / file).string(), "no such file",
                              "give the root of a complete Linux source tree");
    }
  }
  auto files = list_files(tree.root_);
  if (!files) return tl::unexpected(files.error());
  tree.files_ = std::move(*files);

  Digest digest;
  for (const std::string& file : tree.files_) {
    auto content = read_file(tree.root_ / file);
    if (!content) return tl::unexpected(content.error());
    digest.add(file).add(*content);
    if (file == "Makefile") {
      auto version = parse_version(*content);
      if (!version) {
        version.error().where = (folder / file).string();
        return tl::unexpected(version.error());
      }
      tree.version_ = std::move(*version);
    }
  }
  tree.content_hash_ = digest.hex();
  return tree;
}

std::vector<std::string> packaged_versions(const fs::path& folder) {
  std::vector<std::string> versions;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.size() <= kPrefix.size() + kSuffix.size() || !name.starts_with(kPrefix) ||
        !name.ends_with(kSuffix)) {
      continue;
    }
    versions.push_back(name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size()));
  }
  // "6.1" before "6.12" before "7.0": by numbers, not by letters.
  const auto numbers = [](const std::string& version) {
    std::vector<int> parts;
    const char* at = version.data();
    const char* const end = at + version.size();
    while (at < end) {
      int part = -1;
      at = std::from_chars(at, end, part).ptr + 1;
      parts.push_back(part);
    }
    return parts;
  };
  std::sort(versions.begin(), versions.end(), [&](const std::string& a, const std::string& b) {
    return std::pair(numbers(a), a) < std::pair(numbers(b), b);
  });
  return versions;
}

reports::Expected<Tree> packaged_tree(std::string_view version, const fs::path& folder) {
  const std::vector<std::string> versions = packaged_versions(folder);
  if (std::find(versions.begin(), versions.end(), version) == versions.end()) {
    return reports::failure(fmt::format("{}{}", kPrefix, version), "is not installed",
                            fmt::format("apt install {}{}, or give a tree", kPrefix, version));
  }
  const std::string name = fmt::format("{}{}", kPrefix, version);
  const fs::path tarball = folder / (name + std::string(kSuffix));
  auto cache = cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  auto key = extraction_key(tarball);
  if (!key) return tl::unexpected(key.error());
  const fs::path place = *cache / "trees" / fmt::format("{}-{}", version, *key);
  std::error_code error;
  if (!fs::exists(place, error)) {
    if (auto extracted = extract(*cache, tarball, name, place); !extracted)
      return tl::unexpected(extracted.error());
  }
  auto tree = open_tree(place);
  // Somebody cleaned the cache in part. The error would not say what to do about it.
  if (!tree) tree.error().mend = fmt::format("remove {}, it is extracted again", place.string());
  return tree;
}

}  // namespace nospan::linux_target
