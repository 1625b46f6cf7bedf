// SPDX-License-Identifier: BSD-2-Clause
#include "props/mutants/mutant_build.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "nospan_builtin_recipe.h"  // generated: how targets/builtin/CMakeLists.txt compiles it
#include "targets/linux/build.h"
#include "targets/linux/tree.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"
#include "targets/toolchain/process.h"
#include "targets/toolchain/share.h"

namespace nospan::props {
namespace {

namespace fs = std::filesystem;
using reports::Expected;
using toolchain::TemporaryFolder;

constexpr std::string_view kKernelVersion = "6.12";

// Contents by name.
using Files = std::map<std::string, std::string, std::less<>>;

// What the edits make of the files that they touch. Several edits of one file follow one another.
Expected<Files> edited_files(const fs::path& root, const std::vector<SourceEdit>& edits) {
  Files files;
  for (const SourceEdit& edit : edits) {
    const std::string name(edit.file);
    auto file = files.find(name);
    if (file == files.end()) {
      auto text = toolchain::read_file(root / name);
      if (!text) return tl::unexpected(text.error());
      file = files.emplace(name, std::move(*text)).first;
    }
    auto edited = apply_edit(file->second, edit);
    if (!edited) return tl::unexpected(edited.error());
    file->second = std::move(*edited);
  }
  return files;
}

// ---- The kernel ----

const Expected<linux_target::Tree>& kernel_tree() {
  static const Expected<linux_target::Tree> tree = linux_target::packaged_tree(kKernelVersion);
  return tree;
}

// A tree whose unedited files are links to those of the given one: a build only reads them.
Expected<void> link_tree(const linux_target::Tree& tree, const Files& edited, const fs::path& copy) {
  std::error_code error;
  fs::path last;
  for (const std::string& file : tree.files()) {
    const fs::path place = copy / file;
    if (place.parent_path() != last) fs::create_directories(last = place.parent_path(), error);
    if (const auto edit = edited.find(file); edit != edited.end()) {
      if (auto written = toolchain::write_file(place, edit->second); !written) return written;
      continue;
    }
    fs::create_hard_link(fs::canonical(tree.root() / file, error), place, error);
    if (error) {
      error.clear();
      fs::copy_file(tree.root() / file, place, error);
    }
    if (error) {
      return reports::failure(place.string(), fmt::format("the tree cannot be copied: {}", error.message()),
                              "free some space in the cache folder, or set XDG_CACHE_HOME");
    }
  }
  return {};
}

Expected<void> write_edited_tree(const std::vector<SourceEdit>& edits, const fs::path& copy) {
  const auto& tree = kernel_tree();
  if (!tree) return tl::unexpected(tree.error());
  auto files = edited_files(tree->root(), edits);
  if (!files) return tl::unexpected(files.error());
  return link_tree(*tree, *files, copy);
}

Expected<fs::path> build_kernel(const std::vector<SourceEdit>& edits, int system_page_shift) {
  const auto& tree = kernel_tree();
  if (!tree) return tl::unexpected(tree.error());
  linux_target::BuildOptions options;
  options.system_page_shift = system_page_shift;
  if (edits.empty()) return linux_target::build_library(*tree, options);

  auto cache = toolchain::cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  auto folder = TemporaryFolder::make(*cache);
  if (!folder) return tl::unexpected(folder.error());
  const fs::path copy = folder->path() / "tree";
  if (auto written = write_edited_tree(edits, copy); !written) return tl::unexpected(written.error());
  auto edited = linux_target::open_tree(copy);
  if (!edited) return tl::unexpected(edited.error());
  return linux_target::build_library(*edited, options);
}

// ---- builtin ----

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  std::istringstream stream{std::string(text)};
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

// The command that makes the library in a folder that holds the sources.
std::vector<std::string> builtin_command(const fs::path& library) {
  std::vector<std::string> command = {NOSPAN_CXX_COMPILER, "-std=c++20", "-O2", "-fPIC", "-shared", "-I."};
  for (std::string& flag : words(NOSPAN_BUILTIN_FLAGS)) command.push_back(std::move(flag));
  command.emplace_back("-w");  // an edit may leave a variable without use
  for (const std::string& source : words(NOSPAN_BUILTIN_SOURCES))
    command.push_back("targets/builtin/" + source);
  command.emplace_back("targets/builtin/target_entry.cc");
  command.insert(command.end(), {"-o", library.string()});
  return command;
}

// The sources of builtin: what lies beside its mapper.
Expected<Files> builtin_files(const fs::path& share) {
  Files files;
  std::error_code error;
  std::vector<std::string> names = {"targets/target.h"};
  for (const auto& entry : fs::directory_iterator(share / "targets/builtin", error)) {
    const std::string name = entry.path().filename().string();
    const bool source = name.ends_with(".h") || name.ends_with(".cc");
    if (source && !name.ends_with("_test.cc") && !name.ends_with("_bench.cc")) {
      names.push_back("targets/builtin/" + name);
    }
  }
  if (error) return reports::failure(share.string(), fmt::format("no sources of builtin: {}", error.message()));
  for (const std::string& name : names) {
    auto text = toolchain::read_file(share / name);
    if (!text) return tl::unexpected(text.error());
    files.emplace(name, std::move(*text));
  }
  return files;
}

Expected<fs::path> build_builtin(const std::vector<SourceEdit>& edits) {
  const fs::path share = toolchain::share_folder();
  auto files = builtin_files(share);
  if (!files) return tl::unexpected(files.error());
  auto edited = edited_files(share, edits);
  if (!edited) return tl::unexpected(edited.error());
  for (auto& [name, text] : *edited) (*files)[name] = std::move(text);

  auto cache = toolchain::cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  auto version = toolchain::run({.arguments = {NOSPAN_CXX_COMPILER, "--version"}, .folder = {}, .output = {}});
  if (!version) return tl::unexpected(version.error());
  toolchain::Digest digest;
  digest.add("builtin mutant 1").add(version->text);
  for (const std::string& word : builtin_command("")) digest.add(word);
  for (const auto& [name, text] : *files) digest.add(name).add(text);
  const fs::path entry = *cache / "libraries" / digest.hex().substr(0, 32);
  std::error_code error;
  if (fs::exists(entry / "target.so", error)) return entry / "target.so";

  auto folder = TemporaryFolder::make(*cache);
  if (!folder) return tl::unexpected(folder.error());
  const fs::path copy = folder->path() / "sources";
  fs::create_directories(copy / "targets/builtin", error);
  for (const auto& [name, text] : *files) {
    if (auto written = toolchain::write_file(copy / name, text); !written)
      return tl::unexpected(written.error());
  }
  const fs::path fresh = folder->path() / "entry";
  fs::create_directory(fresh, error);
  auto outcome =
      toolchain::run({.arguments = builtin_command(fresh / "target.so"), .folder = copy, .output = {}});
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0)
    return reports::failure("builtin", "the edited sources do not compile: " + outcome->text);
  if (auto published = folder->publish(fresh, entry); !published) return tl::unexpected(published.error());
  return entry / "target.so";
}

}  // namespace

Expected<void> write_mutant_tree(const Mutant& mutant, const fs::path& folder) {
  if (mutant.base() != MutantBase::kKernel) {
    return reports::failure(std::string(mutant.name), "is no kernel", "name a mutant of the kernel");
  }
  return write_edited_tree(mutant.edits, folder);
}

Expected<fs::path> build_mutant(const Mutant& mutant) {
  auto library = mutant.base() == MutantBase::kKernel ? build_kernel(mutant.edits, mutant.system_page_shift)
                                                      : build_builtin(mutant.edits);
  if (!library) library.error().where = fmt::format("{}: {}", mutant.name, library.error().where);
  return library;
}

Expected<fs::path> build_unedited(MutantBase base, int system_page_shift) {
  return base == MutantBase::kKernel ? build_kernel({}, system_page_shift) : build_builtin({});
}

Expected<LoadedTarget> LoadedTarget::open(const fs::path& library) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return reports::failure(library.string(), dlerror());
  const auto entry = reinterpret_cast<nospan_target_entry_function>(dlsym(handle, "nospan_target_entry"));
  if (entry == nullptr) {
    dlclose(handle);
    return reports::failure(library.string(), "has no nospan_target_entry");
  }
  return LoadedTarget(handle, entry());
}

LoadedTarget::LoadedTarget(LoadedTarget&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), target_(other.target_) {}

LoadedTarget::~LoadedTarget() {
  if (handle_ != nullptr) dlclose(handle_);
}

}  // namespace nospan::props
