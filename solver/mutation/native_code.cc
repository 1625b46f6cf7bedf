// SPDX-License-Identifier: BSD-2-Clause
#include "solver/mutation/native_code.h"

#include <fmt/format.h>
#include <llvm/Analysis/CGSCCPassManager.h>
#include <llvm/Analysis/LoopAnalysisManager.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>
#include <llvm/Transforms/Utils/Cloning.h>

namespace nospan::solver {
namespace {

using reports::Expected;
using reports::failure;

// A mutant is run for a second or two: compiling it must not take longer than that.
const llvm::OptimizationLevel& code_level() { return llvm::OptimizationLevel::O1; }

void optimize(llvm::Module& module, llvm::TargetMachine* machine, const llvm::OptimizationLevel& level) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(level).run(module, modules);
}

void remove_unused(llvm::Module& module) {
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder;
  builder.registerModuleAnalyses(modules);
  llvm::ModulePassManager passes;
  passes.addPass(llvm::GlobalDCEPass());
  passes.run(module, modules);
}

}  // namespace

struct NativeCode::Details {
  std::unique_ptr<llvm::Module> prepared;
  std::unique_ptr<llvm::TargetMachine> machine;
};

NativeCode::NativeCode() : details_(std::make_unique<Details>()) {}
NativeCode::~NativeCode() = default;
NativeCode::NativeCode(NativeCode&&) noexcept = default;

Expected<NativeCode> NativeCode::prepare(const Program& program, const std::string& entry) {
  if (auto found = program.function(entry); !found) return tl::unexpected(found.error());
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  NativeCode result;
  Details& details = *result.details_;
  details.prepared = llvm::CloneModule(program.module());
  llvm::Module& module = *details.prepared;

  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(module.getTargetTriple(), error);
  if (target == nullptr) {
    return failure(module.getTargetTriple(), "no code can be generated: " + error,
                   "use LLVM 19 of this machine");
  }
  details.machine.reset(target->createTargetMachine(module.getTargetTriple(), "", "", llvm::TargetOptions(),
                                                    llvm::Reloc::PIC_, std::nullopt,
                                                    llvm::CodeGenOptLevel::Less));

  llvm::StripDebugInfo(module);
  module.setPICLevel(llvm::PICLevel::BigPIC);
  module.setModuleFlag(llvm::Module::Max, "PIE Level", static_cast<uint32_t>(llvm::PIELevel::Default));
  module.setUwtable(llvm::UWTableKind::Async);
  for (llvm::GlobalValue& value : module.global_values()) {
    if (value.getName().starts_with("llvm.")) continue;
    // What only this module knows can be inlined, and is left out where nobody needs it.
    if (value.getName() == entry) {
      value.setDSOLocal(false);
    } else if (value.isDeclaration()) {
      value.setVisibility(llvm::GlobalValue::DefaultVisibility);
      value.setDSOLocal(false);
    } else {
      value.setVisibility(llvm::GlobalValue::DefaultVisibility);
      value.setLinkage(llvm::GlobalValue::InternalLinkage);
      if (auto* object = llvm::dyn_cast<llvm::GlobalObject>(&value)) object->setComdat(nullptr);
    }
    // A library that is loaded late has no other way that costs one instruction; see library_flags().
    if (value.isThreadLocal()) value.setThreadLocalMode(llvm::GlobalValue::InitialExecTLSModel);
  }
  for (llvm::Function& function : module) {
    if (function.isIntrinsic()) continue;
    // The environment may leave a call by an exception.
    function.removeFnAttr(llvm::Attribute::NoUnwind);
    if (!function.isDeclaration()) function.setUWTableKind(llvm::UWTableKind::Async);
  }
  remove_unused(module);
  return result;
}

std::unique_ptr<llvm::Module> NativeCode::copy() const { return llvm::CloneModule(*details_->prepared); }

Expected<std::string> NativeCode::object_code(llvm::Module& copy) const {
  optimize(copy, details_->machine.get(), code_level());
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (details_->machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile)) {
    return failure(copy.getTargetTriple(), "LLVM has no object files for this machine");
  }
  passes.run(copy);
  return std::string(bytes.begin(), bytes.end());
}

std::string NativeCode::optimized_text(llvm::Module& copy, const std::string& name) const {
  // Bodies of other functions would be inlined, and cost time.
  for (llvm::Function& function : copy) {
    if (function.isDeclaration() || function.getName() == name || function.isIntrinsic()) continue;
    if (function.hasFnAttribute(llvm::Attribute::AlwaysInline)) continue;
    function.deleteBody();
    function.setComdat(nullptr);
  }
  llvm::Function* function = copy.getFunction(name);
  if (function == nullptr) return "";
  // Nobody calls it any more: it must not be taken away.
  function->setLinkage(llvm::GlobalValue::ExternalLinkage);
  optimize(copy, details_->machine.get(), llvm::OptimizationLevel::O2);
  std::string text;
  llvm::raw_string_ostream stream(text);
  function->print(stream);
  return text;
}

}  // namespace nospan::solver
