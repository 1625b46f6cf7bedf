// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/bitcode.h"

#include <utility>

#include "targets/toolchain/digest.h"

namespace nospan::toolchain {
namespace {

namespace fs = std::filesystem;
using reports::Expected;

constexpr const char* kLinker = "llvm-link-19";
constexpr const char* kOptimizer = "opt-19";
constexpr const char* kInlinePass = "always-inline,";
constexpr const char* kPasses = "function(sroa,lower-expect,loop-simplify)";
constexpr const char* kCompilerMend = "apt install clang-19";
constexpr const char* kToolMend = "apt install llvm-19";

std::string passes(Inlining inlining) {
  return std::string(inlining == Inlining::kWhatMustBe ? kInlinePass : "") + kPasses;
}

Expected<void> run_tool(std::vector<std::string> arguments, const Subject& subject) {
  const std::string program = arguments.front();
  auto outcome = run({.arguments = std::move(arguments), .folder = {}, .output = {}});
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) return compilation_failed(program, subject, *outcome, {});
  return {};
}

}  // namespace

std::vector<std::string> bitcode_flags() {
  return {
      "-emit-llvm",
      // At -O0 functions would be marked optnone, and the passes below would not touch them.
      "-O1",
      "-Xclang",
      "-disable-llvm-passes",
      // What the kernel's Makefile promises its code; without them the IR would have nsw, TBAA and nonnull.
      "-fwrapv",
      "-fno-strict-aliasing",
      "-fno-delete-null-pointer-checks",
      // A call of memset() stays one, a loop is never taken for one.
      "-ffreestanding",
      "-fno-builtin",
      // Names in proofs and counterexamples are those of the source.
      "-fno-discard-value-names",
      "-g",
      "-gdwarf-4",
      // The same bitcode wherever the sources lie.
      "-fdebug-compilation-dir=.",
  };
}

Expected<std::string> bitcode_identity(const std::string& compiler, Inlining inlining) {
  Digest digest;
  digest.add("bitcode 1").add(passes(inlining));
  for (const auto& [program, mend] :
       {std::pair{compiler.c_str(), kCompilerMend}, {kLinker, kToolMend}, {kOptimizer, kToolMend}}) {
    auto version = version_of(program, mend);
    if (!version) return version;
    digest.add(program).add(*version);
  }
  for (const std::string& flag : bitcode_flags()) digest.add(flag);
  return digest.hex();
}

Expected<void> make_bitcode(const Compilation& compilation, const fs::path& scratch, const fs::path& file,
                            Inlining inlining) {
  auto objects = compile(compilation, scratch);
  if (!objects) return tl::unexpected(objects.error());
  const std::string linked = (scratch / "linked.bc").string();
  std::vector<std::string> link = {kLinker, "-o", linked};
  for (const fs::path& object : *objects) link.push_back(object.string());
  return run_tool(std::move(link), compilation.subject).and_then([&] {
    return run_tool({kOptimizer, "-passes=" + passes(inlining), linked, "-o", file.string()},
                    compilation.subject);
  });
}

}  // namespace nospan::toolchain
