// SPDX-License-Identifier: BSD-2-Clause
// Which implementations a command runs on: from --target, --tree, --patch and --page-shift to loaded targets.
#ifndef NOSPAN_CLI_TARGET_SELECTION_H
#define NOSPAN_CLI_TARGET_SELECTION_H

#include <CLI/App.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/page.h"
#include "reports/error.h"
#include "reports/result.h"
#include "targets/linux/tree.h"
#include "targets/target.h"

namespace nospan::cli {

// The options as given.
struct TargetSelection {
  std::vector<std::string> targets;  // "builtin", "linux", or the path of a library
  std::string tree;
  std::vector<std::string> patches;
  std::string page_shift = "both";
  bool sanitize = false;

  void add_options(CLI::App& app);
};

// A loaded target with one system page size.
struct SelectedTarget {
  const nospan_target* target = nullptr;
  model::SystemPageShift system_page{16};
  std::string name;      // "builtin", "linux 6.12.90", "./libmine.so"
  std::string selector;  // the options that select it again: "--target builtin", "--tree /src/linux"
  bool linux_kernel = false;
  bool sanitized = false;
  std::shared_ptr<const linux_target::Tree> tree =
      {};  // of a kernel, with the patches: what the prover compiles
  reports::TreeIdentity identity = {};
  std::vector<reports::PatchIdentity> patches = {};
  std::filesystem::path library = {};  // the file that its code was loaded from; empty: it is part of nospan

  // "linux 6.12.90 64K"
  std::string label() const;
};

// Nullptr if there is none.
const SelectedTarget* target_with_label(const std::vector<SelectedTarget>& targets, const std::string& label);

// The page sizes that --page-shift names.
std::vector<unsigned> page_shifts_of(const TargetSelection& selection);

// A path as an argument of the shell.
std::string shell_word(const std::string& text);

// The targets that a kernel tree gives, one for each page size and, if `sanitize`, a second one that reports
// undefined behaviour. Compiles what is not in the cache; `tell` gets a line for each. Identity and patches are
// for the caller to fill in.
reports::Expected<std::vector<SelectedTarget>> kernel_targets(
    const linux_target::Tree& tree, const std::string& name, const std::string& selector,
    const std::vector<unsigned>& page_shifts, bool sanitize, const std::function<void(std::string)>& tell);

// Without a target: builtin and every packaged kernel; with a tree or a patch: linux. Compiles what is not in
// the cache; `tell` gets a line for what takes time, and for patches of files that are not used.
reports::Expected<std::vector<SelectedTarget>> select_targets(const TargetSelection& selection,
                                                              const std::function<void(std::string)>& tell);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_TARGET_SELECTION_H
