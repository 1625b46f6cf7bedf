// SPDX-License-Identifier: BSD-2-Clause
// The LLVM module under execution, and what its debug information says about types and places.
#ifndef NOSPAN_SOLVER_PROGRAM_H
#define NOSPAN_SOLVER_PROGRAM_H

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"

namespace llvm {
class BasicBlock;
class Function;
class Instruction;
class Module;
}  // namespace llvm

namespace nospan::solver {

// One loaded module. Not thread-safe; outlives every state that executes it.
class Program {
 public:
  // Reads bitcode as build_bitcode() makes it. An Error names the file.
  static reports::Expected<Program> load(const std::filesystem::path& bitcode);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  llvm::Module& module() const { return *module_; }

  // The function of that name, as C or as C++ spells it with its scope but without its parameters
  // ("nospan::builtin::Mapper::map_page"). An Error if there is none, or more than one.
  reports::Expected<llvm::Function*> function(std::string_view name) const;

  // Offset in bytes of a member of a struct or class, by the source's names: ("iommu_table", "it_page_shift"),
  // also along a path ("iommu_table", "large_pool.start"). Sizes in bytes. An Error if debug information has no
  // such type or member: the tree has changed, or the IR was built without -g.
  reports::Expected<uint64_t> offset_of(std::string_view type, std::string_view member) const;
  reports::Expected<uint64_t> size_of(std::string_view type) const;
  // Size in bytes of a member, for an array the size of all its elements.
  reports::Expected<uint64_t> member_size(std::string_view type, std::string_view member) const;

  // "arch/powerpc/kernel/iommu.c:312", or "" if the instruction has no place.
  static std::string place(const llvm::Instruction& instruction);

  // Headers of the function's loops in the order of the blocks: a loop contract names a loop by its index.
  const std::vector<const llvm::BasicBlock*>& loop_headers(const llvm::Function& function) const;
  // Whether `block` belongs to the loop with that header (the header does).
  bool in_loop(const llvm::BasicBlock& header, const llvm::BasicBlock& block) const;

  // The name under which a contract can be given besides the linker's: C++ with scope, without parameters; ""
  // in C.
  static std::string scoped_name(const llvm::Function& function);

 private:
  struct Details;
  Program();
  std::unique_ptr<Details> details_;
  llvm::Module* module_ = nullptr;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_PROGRAM_H
