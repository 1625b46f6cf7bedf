// SPDX-License-Identifier: BSD-2-Clause
#include <llvm/Config/llvm-config.h>

#include "cli/tool_versions.h"
#include "solver/decide.h"
#include "targets/toolchain/compilation.h"

namespace nospan::cli {
namespace {

// "Z3 4.8.12"
void add(std::vector<reports::Dependency>& tools, const std::string& name_and_version) {
  const std::size_t space = name_and_version.find(' ');
  if (space == std::string::npos) return;
  tools.push_back({name_and_version.substr(0, space), name_and_version.substr(space + 1)});
}

}  // namespace

void add_prover_tools(std::vector<reports::Dependency>& tools) {
  if (auto clang = toolchain::version_of("clang-19", "")) {
    tools.push_back({"clang-19", clang->substr(0, clang->find('\n'))});
  }
  tools.push_back({"LLVM", LLVM_VERSION_STRING});
  add(tools, solver::z3_version());
  add(tools, solver::cvc5_version());
}

}  // namespace nospan::cli
