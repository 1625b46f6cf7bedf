// SPDX-License-Identifier: BSD-2-Clause
#include "cli/tool_versions.h"

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sys/utsname.h>

#include <CLI/Version.hpp>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <string>

#include "targets/toolchain/compilation.h"

namespace nospan::cli {

std::vector<reports::Dependency> tool_versions() {
  std::vector<reports::Dependency> tools;
  // What compiles the code under test; nospan itself may have been compiled by another one.
  if (auto compiler = toolchain::version_of("gcc", "")) {
    tools.push_back({"gcc", compiler->substr(0, compiler->find('\n'))});
  }
  tools.push_back({"compiler of nospan", __VERSION__});
  tools.push_back({"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                                NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)});
  tools.push_back(
      {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)});
  tools.push_back({"CLI11", CLI11_VERSION});
  tools.push_back({"pugixml", fmt::format("{}.{}", PUGIXML_VERSION / 1000, PUGIXML_VERSION % 1000 / 10)});
  tools.push_back({"glibc", gnu_get_libc_version()});
  utsname host{};
  if (uname(&host) == 0) tools.push_back({host.sysname, fmt::format("{} {}", host.release, host.machine)});
  return tools;
}

}  // namespace nospan::cli
