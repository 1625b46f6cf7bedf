// SPDX-License-Identifier: BSD-2-Clause
#include "cli/target_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "targets/builtin/builtin.h"
#include "targets/library.h"
#include "targets/linux/build.h"
#include "targets/linux/patch.h"
#include "targets/linux/place.h"
#include "targets/linux/tree.h"

namespace nospan::cli {
namespace {

using reports::Expected;
using reports::failure;

Expected<void> add_kernel(const linux_target::Tree& given, const TargetSelection& selection,
                          const std::string& selector, const std::vector<unsigned>& shifts,
                          const std::function<void(std::string)>& tell, std::vector<SelectedTarget>& selected) {
  linux_target::Tree tree = given;
  std::string name = "linux " + tree.version();
  std::string options = selector;
  reports::TreeIdentity identity{given.version(), linux_target::commit_of(given), {}, selection.tree};
  std::vector<reports::PatchIdentity> applied;
  if (!selection.patches.empty()) {
    const std::vector<std::filesystem::path> patches(selection.patches.begin(), selection.patches.end());
    auto patched = linux_target::apply_patches(tree, patches);
    if (!patched) return tl::make_unexpected(patched.error());
    if (!patched->ignored.empty()) {
      tell(fmt::format("{} patched files are not part of the target, {} among them", patched->ignored.size(),
                       patched->ignored.front()));
    }
    if (patched->changed.empty()) tell("no patched file is part of the target: it is as without the patch");
    tree = patched->tree;
    for (const linux_target::AppliedPatch& patch : patched->applied) {
      applied.push_back({patch.file.string(), patch.subject, patch.hash});
    }
    name += "+patch";
    for (const std::string& patch : selection.patches) options += " --patch " + shell_word(patch);
  }
  auto built = kernel_targets(tree, name, options, shifts, selection.sanitize, tell);
  if (!built) return tl::make_unexpected(built.error());
  identity.content = tree.content_hash();
  for (SelectedTarget& target : *built) {
    target.identity = identity;
    target.patches = applied;
  }
  selected.insert(selected.end(), built->begin(), built->end());
  return {};
}

void add_library(const nospan_target* target, const std::string& name, const std::filesystem::path& file,
                 const std::vector<unsigned>& shifts, std::vector<SelectedTarget>& selected) {
  for (const unsigned shift : shifts) {
    if ((target->system_page_shifts >> shift & 1) == 0) continue;
    const std::string shown = name == "builtin" ? fmt::format("builtin {}", target->version) : name;
    selected.push_back(
        {target, model::SystemPageShift{shift}, shown, "--target " + shell_word(name), false, false});
    selected.back().library = file;
  }
}

}  // namespace

std::vector<unsigned> page_shifts_of(const TargetSelection& selection) {
  std::vector<unsigned> shifts;
  if (selection.page_shift != "16") shifts.push_back(12);
  if (selection.page_shift != "12") shifts.push_back(16);
  return shifts;
}

std::string shell_word(const std::string& text) {
  if (!text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-=:,@") ==
          std::string::npos) {
    return text;
  }
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

Expected<std::vector<SelectedTarget>> kernel_targets(const linux_target::Tree& tree, const std::string& name,
                                                     const std::string& selector,
                                                     const std::vector<unsigned>& page_shifts, bool sanitize,
                                                     const std::function<void(std::string)>& tell) {
  std::vector<SelectedTarget> selected;
  for (const unsigned shift : page_shifts) {
    for (const bool sanitized : {false, true}) {
      if (sanitized && !sanitize) continue;
      tell(fmt::format("compiling {} with {}K pages{}", name, (1u << shift) / 1024,
                       sanitized ? ", sanitized" : ""));
      linux_target::BuildOptions build;
      build.system_page_shift = static_cast<int>(shift);
      build.sanitized = sanitized;
      auto file = linux_target::build_library(tree, build);
      if (!file) return tl::make_unexpected(file.error());
      auto library = targets::Library::open(file->string());
      if (!library) return tl::make_unexpected(library.error());
      selected.push_back({library->get(), model::SystemPageShift{shift}, name, selector, true, sanitized,
                          std::make_shared<const linux_target::Tree>(tree)});
      selected.back().library = *file;
    }
  }
  return selected;
}

void TargetSelection::add_options(CLI::App& app) {
  app.add_option("--target", targets,
                 "builtin, linux, or the path of a library that implements targets/target.h")
      ->type_name("builtin|linux|PATH.so");
  app.add_option("--tree", tree, "a kernel source tree; without it, Debian's packaged sources")
      ->type_name("DIR");
  app.add_option("--patch", patches,
                 "a patch, format-patch file or mbox to apply to a private copy of the tree")
      ->type_name("FILE");
  app.add_option("--page-shift", page_shift, "the kernel's PAGE_SHIFT: 12, 16 or both")
      ->check(CLI::IsMember({"12", "16", "both"}))
      ->capture_default_str();
  app.add_flag("--sanitize", sanitize, "also check a build of the kernel that reports undefined behaviour");
}

std::string SelectedTarget::label() const {
  return fmt::format("{} {}K{}", name, system_page.bytes() / 1024, sanitized ? " sanitized" : "");
}

const SelectedTarget* target_with_label(const std::vector<SelectedTarget>& targets, const std::string& label) {
  const auto found = std::find_if(targets.begin(), targets.end(),
                                  [&](const SelectedTarget& target) { return target.label() == label; });
  return found == targets.end() ? nullptr : &*found;
}

Expected<std::vector<SelectedTarget>> select_targets(const TargetSelection& selection,
                                                     const std::function<void(std::string)>& tell) {
  const std::vector<unsigned> shifts = page_shifts_of(selection);
  std::vector<std::string> names = selection.targets;
  const bool kernel_options = !selection.tree.empty() || !selection.patches.empty();
  if (names.empty())
    names = kernel_options ? std::vector<std::string>{"linux"} : std::vector<std::string>{"builtin", "linux"};
  if (kernel_options && std::find(names.begin(), names.end(), "linux") == names.end()) {
    return failure("--tree, --patch", "concern the target linux only", "add --target linux or leave them out");
  }
  std::vector<SelectedTarget> selected;
  for (const std::string& name : names) {
    if (name == "builtin") {
      add_library(nospan_builtin_target(), name, {}, shifts, selected);
    } else if (name == "linux") {
      if (!selection.tree.empty()) {
        auto tree = linux_target::open_tree(selection.tree);
        if (!tree) return tl::make_unexpected(tree.error());
        auto added =
            add_kernel(*tree, selection, "--tree " + shell_word(selection.tree), shifts, tell, selected);
        if (!added) return tl::make_unexpected(added.error());
        continue;
      }
      std::vector<std::string> versions = linux_target::packaged_versions();
      if (versions.empty()) {
        return failure("--target linux", "no packaged kernel source is installed",
                       "install linux-source-6.12, or name a tree with --tree");
      }
      // A patch is written against one tree: the newest, unless --tree names another.
      if (!selection.patches.empty()) versions.erase(versions.begin(), versions.end() - 1);
      for (const std::string& version : versions) {
        tell("unpacking the packaged source of Linux " + version);
        auto tree = linux_target::packaged_tree(version);
        if (!tree) return tl::make_unexpected(tree.error());
        auto added = add_kernel(*tree, selection, "--target linux", shifts, tell, selected);
        if (!added) return tl::make_unexpected(added.error());
      }
    } else {
      auto library = targets::Library::open(name);
      if (!library) return tl::make_unexpected(library.error());
      add_library(library->get(), name, library->path(), shifts, selected);
    }
  }
  if (selected.empty()) {
    return failure("--page-shift", "no selected target supports PAGE_SHIFT " + selection.page_shift,
                   "choose another");
  }
  return selected;
}

}  // namespace nospan::cli
