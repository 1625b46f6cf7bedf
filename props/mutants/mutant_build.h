// SPDX-License-Identifier: BSD-2-Clause
// Makes a mutant: edits a private copy of the sources and compiles it into a target library.
#ifndef NOSPAN_PROPS_MUTANTS_MUTANT_BUILD_H
#define NOSPAN_PROPS_MUTANTS_MUTANT_BUILD_H

#include <filesystem>

#include "props/mutants/mutant.h"
#include "reports/error.h"
#include "targets/target.h"

namespace nospan::props {

// The library of a mutant, from the cache if it has it. An Error if an edit does not fit the sources any more,
// or the edited sources do not compile.
reports::Expected<std::filesystem::path> build_mutant(const Mutant& mutant);

// Writes the kernel tree of a mutant into a folder that does not exist yet: what nospan's commands take as
// --tree. Files without edits are links to those of the packaged tree.
reports::Expected<void> write_mutant_tree(const Mutant& mutant, const std::filesystem::path& folder);

// The library of the same sources without edits.
reports::Expected<std::filesystem::path> build_unedited(MutantBase base, int system_page_shift);

// A target library that is unloaded with this object. For libraries of ours: nothing is checked.
// (targets/library.h never unloads; a process that went through all mutants that way would run out of static
// thread-local storage.)
class LoadedTarget {
 public:
  static reports::Expected<LoadedTarget> open(const std::filesystem::path& library);
  LoadedTarget(LoadedTarget&& other) noexcept;
  LoadedTarget& operator=(LoadedTarget&&) = delete;
  ~LoadedTarget();

  const nospan_target& get() const { return *target_; }

 private:
  LoadedTarget(void* handle, const nospan_target* target) : handle_(handle), target_(target) {}
  void* handle_;
  const nospan_target* target_;
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_MUTANTS_MUTANT_BUILD_H
