// SPDX-License-Identifier: BSD-2-Clause
#include "solver/module_identity.h"

#include <fmt/format.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include <memory>
#include <set>

#include "targets/toolchain/digest.h"

namespace nospan::solver {
namespace {

// "struct iommu_table 4096: it_page_shift 320 64 unsigned long; ...": what Program::offset_of() reads.
std::string layout_of(const llvm::DICompositeType& type) {
  std::string text = fmt::format("{} {} {}:", type.getTag(), type.getName().str(), type.getSizeInBits());
  for (const llvm::DINode* element : type.getElements()) {
    if (const auto* member = llvm::dyn_cast<llvm::DIDerivedType>(element)) {
      const llvm::DIType* base = member->getBaseType();
      text += fmt::format(" {} {} {} {}{};", member->getName().str(), member->getOffsetInBits(),
                          member->getSizeInBits(), base == nullptr ? "void" : base->getName().str(),
                          base == nullptr ? 0 : base->getSizeInBits());
    } else if (const auto* range = llvm::dyn_cast<llvm::DISubrange>(element)) {
      if (const auto* count = llvm::dyn_cast_if_present<llvm::ConstantInt*>(range->getCount())) {
        text += fmt::format(" [{}]", count->getSExtValue());
      }
    } else if (const auto* value = llvm::dyn_cast<llvm::DIEnumerator>(element)) {
      text += fmt::format(" {}={};", value->getName().str(), value->getValue().getSExtValue());
    }
  }
  return text;
}

// Types in an order that does not depend on where they are declared.
std::set<std::string> layouts_of(const llvm::Module& module) {
  llvm::DebugInfoFinder finder;
  finder.processModule(module);
  std::set<std::string> layouts;
  for (const llvm::DIType* type : finder.types()) {
    if (const auto* composite = llvm::dyn_cast<llvm::DICompositeType>(type))
      layouts.insert(layout_of(*composite));
  }
  return layouts;
}

// nospan_bug(file, line, condition) and nospan_warn(file, line, format, ...), targets/linux/runtime.h.
void forget_lines_of_reports(llvm::Module& module) {
  constexpr unsigned kLineArgument = 1;
  for (const char* name : {"nospan_bug", "nospan_warn"}) {
    llvm::Function* report = module.getFunction(name);
    if (report == nullptr) continue;
    for (llvm::User* user : report->users()) {
      auto* call = llvm::dyn_cast<llvm::CallInst>(user);
      if (call == nullptr || call->getCalledFunction() != report || call->arg_size() <= kLineArgument) continue;
      llvm::Value* line = call->getArgOperand(kLineArgument);
      if (llvm::isa<llvm::ConstantInt>(line)) {
        call->setArgOperand(kLineArgument, llvm::ConstantInt::get(line->getType(), 0));
      }
    }
  }
}

void forget_local_names(llvm::Module& module) {
  for (llvm::Function& function : module) {
    for (llvm::Argument& argument : function.args()) argument.setName("");
    for (llvm::BasicBlock& block : function) {
      block.setName("");
      for (llvm::Instruction& instruction : block) instruction.setName("");
    }
  }
}

}  // namespace

reports::Expected<std::string> module_identity(const std::filesystem::path& bitcode) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic diagnostic;
  const std::unique_ptr<llvm::Module> module = llvm::parseIRFile(bitcode.string(), diagnostic, context);
  if (!module) {
    return reports::failure(bitcode.string(), "is no bitcode: " + diagnostic.getMessage().str(),
                            "remove it from the cache, it is made again");
  }
  toolchain::Digest digest;
  digest.add("module 1");
  for (const std::string& layout : layouts_of(*module)) digest.add(layout);
  forget_lines_of_reports(*module);
  llvm::StripDebugInfo(*module);
  forget_local_names(*module);
  module->setModuleIdentifier("");
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, nullptr);
  return digest.add(stream.str()).hex();
}

}  // namespace nospan::solver
