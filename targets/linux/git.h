// SPDX-License-Identifier: BSD-2-Clause
// Running git, of which nospan uses what reads: mails, diffs, history.
#ifndef NOSPAN_TARGETS_LINUX_GIT_H
#define NOSPAN_TARGETS_LINUX_GIT_H

#include <filesystem>
#include <string>
#include <vector>

#include "reports/error.h"
#include "targets/toolchain/process.h"

namespace nospan::linux_target {

// Runs "git <arguments>" in a folder. As toolchain::run(): an Error only if it cannot be started. Standard
// output goes to the file `output`, or into the outcome's text.
reports::Expected<toolchain::Outcome> git(std::vector<std::string> arguments,
                                          const std::filesystem::path& folder,
                                          const std::filesystem::path& input = "/dev/null",
                                          const std::filesystem::path& output = {});

std::string first_line(const std::string& text);

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_GIT_H
