// SPDX-License-Identifier: BSD-2-Clause
#include "solver/program.h"

#include <fmt/format.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/Support/SourceMgr.h>

#include <map>
#include <unordered_map>

namespace nospan::solver {
namespace {

using reports::Expected;
using reports::failure;

// A C++ function's name with its scope, without parameters; "" for a name of C.
std::string scoped_name_of(const std::string& mangled) {
  llvm::ItaniumPartialDemangler demangler;
  if (demangler.partialDemangle(mangled.c_str())) return "";
  std::string scope;
  std::size_t size = 0;
  if (char* text = demangler.getFunctionDeclContextName(nullptr, &size)) {
    scope = text;
    std::free(text);
  }
  std::string name;
  size = 0;
  if (char* text = demangler.getFunctionBaseName(nullptr, &size)) {
    name = text;
    std::free(text);
  }
  return scope.empty() ? name : scope + "::" + name;
}

const llvm::DIType* without_qualifiers(const llvm::DIType* type) {
  while (const auto* derived = llvm::dyn_cast_or_null<llvm::DIDerivedType>(type)) {
    switch (derived->getTag()) {
      case llvm::dwarf::DW_TAG_typedef:
      case llvm::dwarf::DW_TAG_const_type:
      case llvm::dwarf::DW_TAG_volatile_type: type = derived->getBaseType(); break;
      default: return type;
    }
  }
  return type;
}

struct Place {
  uint64_t offset;  // bytes
  const llvm::DIType* type;
};

// The member of that name, also inside anonymous members.
const llvm::DIDerivedType* find_member(const llvm::DICompositeType* type, llvm::StringRef name,
                                       uint64_t* offset) {
  for (const llvm::DINode* element : type->getElements()) {
    const auto* member = llvm::dyn_cast<llvm::DIDerivedType>(element);
    if (member == nullptr || member->getTag() == llvm::dwarf::DW_TAG_typedef) continue;
    const uint64_t start = *offset + member->getOffsetInBits() / 8;
    if (member->getName() == name) {
      *offset = start;
      return member;
    }
    if (!member->getName().empty()) continue;
    const auto* inner =
        llvm::dyn_cast_or_null<llvm::DICompositeType>(without_qualifiers(member->getBaseType()));
    uint64_t inside = start;
    if (inner == nullptr) continue;
    if (const auto* found = find_member(inner, name, &inside)) {
      *offset = inside;
      return found;
    }
  }
  return nullptr;
}

}  // namespace

struct Program::Details {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module;
  std::unordered_map<std::string, std::vector<llvm::Function*>> scoped;
  std::map<std::string, const llvm::DICompositeType*, std::less<>> types;
  struct Loops {
    std::unique_ptr<llvm::DominatorTree> dominators;
    std::unique_ptr<llvm::LoopInfo> info;
    std::vector<const llvm::BasicBlock*> headers;
  };
  std::unordered_map<const llvm::Function*, Loops> loops;

  Expected<Place> find(std::string_view type, std::string_view member) const {
    const auto found = types.find(type);
    if (found == types.end()) {
      return failure(std::string(type), "is no struct or class of the program",
                     "the tree may have renamed it: see solver/");
    }
    uint64_t offset = 0;
    const llvm::DIType* current = found->second;
    while (!member.empty()) {
      const std::size_t dot = member.find('.');
      const std::string_view name = member.substr(0, dot);
      const auto* composite = llvm::dyn_cast_or_null<llvm::DICompositeType>(without_qualifiers(current));
      const llvm::DIDerivedType* part =
          composite == nullptr ? nullptr
                               : find_member(composite, llvm::StringRef(name.data(), name.size()), &offset);
      if (part == nullptr) {
        return failure(fmt::format("{}.{}", type, name), "is no member in the program",
                       "the tree may have renamed it: see solver/");
      }
      current = part->getBaseType();
      member = dot == std::string_view::npos ? std::string_view() : member.substr(dot + 1);
    }
    return Place{offset, current};
  }
};

Program::Program() = default;
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

Expected<Program> Program::load(const std::filesystem::path& bitcode) {
  Program program;
  program.details_ = std::make_unique<Details>();
  Details& details = *program.details_;
  llvm::SMDiagnostic diagnostic;
  details.module = llvm::parseIRFile(bitcode.string(), diagnostic, details.context);
  if (!details.module) {
    return failure(bitcode.string(), fmt::format("is no LLVM bitcode: {}", diagnostic.getMessage().str()),
                   "remove it from the cache, it is made anew");
  }
  program.module_ = details.module.get();
  for (llvm::Function& function : *details.module) {
    const std::string name = scoped_name_of(function.getName().str());
    if (!name.empty()) details.scoped[name].push_back(&function);
  }
  llvm::DebugInfoFinder finder;
  finder.processModule(*details.module);
  for (const llvm::DIType* type : finder.types()) {
    const auto* composite = llvm::dyn_cast<llvm::DICompositeType>(type);
    if (composite == nullptr || composite->isForwardDecl() || composite->getName().empty()) continue;
    details.types.emplace(composite->getName().str(), composite);
  }
  for (const llvm::Function& function : *details.module) {
    if (function.isDeclaration()) continue;
    Details::Loops& loops = details.loops[&function];
    loops.dominators = std::make_unique<llvm::DominatorTree>(const_cast<llvm::Function&>(function));
    loops.info = std::make_unique<llvm::LoopInfo>(*loops.dominators);
    for (const llvm::BasicBlock& block : function) {
      if (loops.info->isLoopHeader(&block)) loops.headers.push_back(&block);
    }
  }
  return program;
}

Expected<llvm::Function*> Program::function(std::string_view name) const {
  if (llvm::Function* function = module_->getFunction(llvm::StringRef(name.data(), name.size())))
    return function;
  const auto found = details_->scoped.find(std::string(name));
  if (found == details_->scoped.end()) {
    return failure(std::string(name), "is no function of the program",
                   "the tree may have renamed it: see solver/");
  }
  if (found->second.size() > 1) {
    return failure(std::string(name), "is the name of several functions", "name it as the linker does");
  }
  return found->second.front();
}

Expected<uint64_t> Program::offset_of(std::string_view type, std::string_view member) const {
  return details_->find(type, member).map([](const Place& place) { return place.offset; });
}

Expected<uint64_t> Program::size_of(std::string_view type) const { return member_size(type, ""); }

Expected<uint64_t> Program::member_size(std::string_view type, std::string_view member) const {
  auto place = details_->find(type, member);
  if (!place) return tl::unexpected(place.error());
  const llvm::DIType* plain = without_qualifiers(place->type);
  if (plain == nullptr) return failure(std::string(type), "has no size");
  return plain->getSizeInBits() / 8;
}

std::string Program::place(const llvm::Instruction& instruction) {
  const llvm::DebugLoc& location = instruction.getDebugLoc();
  if (!location) return "";
  std::string file = location->getFilename().str();
  if (file.starts_with("./")) file.erase(0, 2);
  return fmt::format("{}:{}", file, location.getLine());
}

const std::vector<const llvm::BasicBlock*>& Program::loop_headers(const llvm::Function& function) const {
  static const std::vector<const llvm::BasicBlock*> none;
  const auto found = details_->loops.find(&function);
  return found == details_->loops.end() ? none : found->second.headers;
}

bool Program::in_loop(const llvm::BasicBlock& header, const llvm::BasicBlock& block) const {
  const auto found = details_->loops.find(header.getParent());
  if (found == details_->loops.end()) return false;
  const llvm::Loop* loop = found->second.info->getLoopFor(&header);
  return loop != nullptr && loop->contains(&block);
}

std::string Program::scoped_name(const llvm::Function& function) {
  return scoped_name_of(function.getName().str());
}

}  // namespace nospan::solver
