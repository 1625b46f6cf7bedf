// SPDX-License-Identifier: BSD-2-Clause
// LLVM bitcode for the prover: close to the source, so that what is proved is what was written.
//
// Nothing that exploits undefined behaviour runs on it: -O1 for what the front end then says about the code, no
// optimization, then passes that only tidy up (inlining of what must be inlined, promotion of variables to
// registers, removal of __builtin_expect, loops in canonical form). Debug information stays: layouts of
// structures are read from it.
#ifndef NOSPAN_TARGETS_TOOLCHAIN_BITCODE_H
#define NOSPAN_TARGETS_TOOLCHAIN_BITCODE_H

#include <filesystem>
#include <string>
#include <vector>

#include "reports/error.h"
#include "targets/toolchain/compilation.h"

namespace nospan::toolchain {

// The compilers, by the names that Debian gives them. One version of LLVM makes the bitcode and reads it.
inline constexpr const char* kBitcodeCompiler = "clang-19";
inline constexpr const char* kBitcodeCxxCompiler = "clang++-19";

// Flags of both compilers. Further ones say what the language means.
std::vector<std::string> bitcode_flags();

// Whether functions that must be inlined are. A prover that gives contracts to such functions needs them whole.
enum class Inlining : unsigned char { kWhatMustBe, kNothing };

// Everything of ours and of LLVM's that goes into bitcode whatever the sources: passes, versions of the tools.
// For keys. An Error names the Debian package of a tool that is missing.
reports::Expected<std::string> bitcode_identity(const std::string& compiler,
                                                Inlining inlining = Inlining::kWhatMustBe);

// Compiles the units (their flags must contain bitcode_flags()), links them to one module, runs the passes and
// writes `file`. A function that no unit defines stays external. A module that LLVM's verifier does not accept,
// or two definitions of one function, are the subject's fault.
reports::Expected<void> make_bitcode(const Compilation& compilation, const std::filesystem::path& scratch,
                                     const std::filesystem::path& file,
                                     Inlining inlining = Inlining::kWhatMustBe);

}  // namespace nospan::toolchain

#endif  // NOSPAN_TARGETS_TOOLCHAIN_BITCODE_H
