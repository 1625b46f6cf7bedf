// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/git.h"

#include <utility>

namespace nospan::linux_target {

reports::Expected<toolchain::Outcome> git(std::vector<std::string> arguments,
                                          const std::filesystem::path& folder,
                                          const std::filesystem::path& input,
                                          const std::filesystem::path& output) {
  arguments.insert(arguments.begin(), "git");
  return toolchain::run(
      {.arguments = std::move(arguments), .folder = folder, .input = input, .output = output});
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace nospan::linux_target
