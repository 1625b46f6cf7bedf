// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>
#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Function.h>

#include <optional>

#include "solver/claims/linux_table.h"
#include "solver/mutation/equivalence.h"

namespace nospan::solver {
namespace {

using reports::Expected;

constexpr uint64_t kFreeBytes = 4096;

const llvm::DIType* plain(const llvm::DIType* type) {
  while (const auto* derived = llvm::dyn_cast_or_null<llvm::DIDerivedType>(type)) {
    if (derived->getTag() == llvm::dwarf::DW_TAG_pointer_type ||
        derived->getTag() == llvm::dwarf::DW_TAG_member)
      break;
    type = derived->getBaseType();
  }
  return type;
}

// The source's name of a parameter's type, and of what it points to: "iommu_table", "dma_data_direction".
std::string type_name(const llvm::Function& function, unsigned parameter) {
  const llvm::DISubprogram* subprogram = function.getSubprogram();
  if (subprogram == nullptr || subprogram->getType() == nullptr) return "";
  const auto types = subprogram->getType()->getTypeArray();
  // The first is the result.
  if (types.size() != function.arg_size() + 1) return "";
  const llvm::DIType* type = plain(types[parameter + 1]);
  if (const auto* pointer = llvm::dyn_cast_or_null<llvm::DIDerivedType>(type))
    type = plain(pointer->getBaseType());
  return type == nullptr ? "" : type->getName().str();
}

Expected<Value> free_argument(CommonStart& start, const llvm::Argument& argument) {
  const std::string name = fmt::format("argument {}", argument.getArgNo());
  const llvm::Type& type = *argument.getType();
  if (type.isPointerTy()) {
    const ObjectId object =
        start.state.memory.add(Object("*" + name, word(kFreeBytes), Object::Initial::kFree));
    Value pointer = Value::pointer(object);
    pointer.null_if = Term::free_boolean(name + " is null");
    return pointer;
  }
  if (!type.isIntegerTy() || type.getIntegerBitWidth() > 64) {
    return reports::failure(argument.getParent()->getName().str(), name + " is neither a number nor a pointer");
  }
  if (type.isIntegerTy(1)) return Value::number(Term::free_boolean(name));
  return Value::number(Term::free_bits(type.getIntegerBitWidth(), name));
}

}  // namespace

Expected<CommonStart> free_start(Executor& executor, const std::string& name) {
  auto function = executor.program().function(name);
  if (!function) return tl::unexpected(function.error());
  CommonStart start;
  for (const llvm::Argument& argument : (*function)->args()) {
    auto value = free_argument(start, argument);
    if (!value) return tl::unexpected(value.error());
    start.arguments.push_back(std::move(*value));
  }
  return start;
}

StartMaker kernel_start(unsigned system_page_shift) {
  return [system_page_shift](Executor& executor, const std::string& name) -> Expected<CommonStart> {
    auto function = executor.program().function(name);
    if (!function) return tl::unexpected(function.error());
    auto table = LinuxTable::make(executor, system_page_shift);
    if (!table) return tl::unexpected(table.error());
    CommonStart start;
    start.state = table->state;
    start.domain = table->domain;
    start.changeable.push_back({table->bitmap, 0, 0});
    const ObjectId tbl = table->table.object;
    for (std::size_t i = 1; i <= start.state.memory.count(); ++i)
      start.lasting.insert(static_cast<ObjectId>(i));

    // What an allocation changes in the table.
    auto large = executor.program().offset_of("iommu_table", "large_pool");
    auto first = executor.program().offset_of("iommu_table", "pools");
    auto hint = executor.program().offset_of("iommu_pool", "hint");
    auto bytes = executor.program().size_of("iommu_pool");
    for (const auto* known : {&large, &first, &hint, &bytes}) {
      if (!*known) return tl::unexpected(known->error());
    }
    start.changeable.push_back({tbl, *large + *hint, 8});
    for (uint64_t i = 0; i < 4; ++i) start.changeable.push_back({tbl, *first + i * *bytes + *hint, 8});

    for (const llvm::Argument& argument : (*function)->args()) {
      const std::string type = type_name(**function, argument.getArgNo());
      if (argument.getType()->isPointerTy() && type == "iommu_table") {
        Value value = table->table;
        value.null_if = Term::free_boolean("no table");
        start.arguments.push_back(value);
        continue;
      }
      if (argument.getType()->isPointerTy() && type == "device") {
        start.arguments.push_back(table->device);
        continue;
      }
      if (argument.getType()->isPointerTy() && type == "page") {
        // The shims compute with it, and nobody looks at it.
        start.arguments.push_back(Value::number(free_word(fmt::format("argument {}", argument.getArgNo()))));
        continue;
      }
      auto value = free_argument(start, argument);
      if (!value) return tl::unexpected(value.error());
      if (type == "dma_data_direction") start.domain.push_back(less(value->bits, Term::bits(32, 3)));
      start.arguments.push_back(std::move(*value));
    }
    return start;
  };
}

}  // namespace nospan::solver
