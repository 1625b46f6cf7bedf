// SPDX-License-Identifier: BSD-2-Clause
#include "cli/run_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>

#include "cli/tool_versions.h"

namespace nospan::cli {
namespace {

// As the kernel keeps it: arguments, each followed by a 0.
std::vector<std::string> command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  std::string argument;
  while (std::getline(file, argument, '\0')) arguments.push_back(argument);
  return arguments;
}

}  // namespace

RunRecord::RunRecord(std::string_view command) {
  result_.command = command;
  result_.version = NOSPAN_VERSION;
  result_.command_line = command_line();
  result_.dependencies = tool_versions();
  result_.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

void RunRecord::finish(reports::Result& result) const {
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    if (getrusage(who, &usage) != 0) continue;
    result.peak_kib = std::max(result.peak_kib, static_cast<std::uint64_t>(usage.ru_maxrss));
  }
}

}  // namespace nospan::cli
