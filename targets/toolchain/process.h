// SPDX-License-Identifier: BSD-2-Clause
// Running a compiler, tar or git: an argument vector, never a shell.
#ifndef NOSPAN_TARGETS_TOOLCHAIN_PROCESS_H
#define NOSPAN_TARGETS_TOOLCHAIN_PROCESS_H

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "reports/error.h"

namespace nospan::toolchain {

struct Command {
  std::vector<std::string> arguments;  // arguments[0] is looked up in PATH
  std::filesystem::path folder;        // working folder
  std::filesystem::path input{"/dev/null"};
  std::filesystem::path output;  // standard output goes there; empty: it is captured
  std::chrono::seconds limit{300};
};

struct Outcome {
  int status = -1;   // exit status; 128 + signal if killed
  std::string text;  // standard error, and standard output unless it went to a file; at most 1 MiB
};

// Runs the command to its end. An Error only if it could not be started or took longer than its limit. The
// environment is the caller's without what would change the meaning of a compilation (CPATH, GIT_DIR, ...), and
// with LC_ALL=C, as messages are parsed.
reports::Expected<Outcome> run(const Command& command);

}  // namespace nospan::toolchain

#endif  // NOSPAN_TARGETS_TOOLCHAIN_PROCESS_H
