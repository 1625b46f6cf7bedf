// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

extern char** environ;

namespace nospan::toolchain {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostText = 1u << 20;

// Variables that change what gcc, clang, tar, git or ld do with the same arguments.
bool passes(std::string_view variable) {
  const std::string_view name = variable.substr(0, variable.find('='));
  static constexpr std::array<std::string_view, 14> kDropped = {
      "CPATH",           "C_INCLUDE_PATH", "LIBRARY_PATH",        "LD_RUN_PATH",
      "GCC_EXEC_PREFIX", "COMPILER_PATH",  "DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES",
      "TAR_OPTIONS",     "XZ_OPT",         "XZ_DEFAULTS",         "LANG",
      "LANGUAGE",        "POSIXLY_CORRECT"};
  return std::find(kDropped.begin(), kDropped.end(), name) == kDropped.end() && !name.starts_with("LC_") &&
         !name.starts_with("GIT_") && !name.starts_with("CCC_");
}

std::vector<std::string> environment_for(const Command& command) {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; entry++) {
    if (passes(*entry)) variables.emplace_back(*entry);
  }
  variables.emplace_back("LC_ALL=C");
  // git must not take the cache for a part of a repository that happens to lie around it.
  variables.push_back("GIT_CEILING_DIRECTORIES=" + command.folder.parent_path().string());
  variables.emplace_back("GIT_CONFIG_NOSYSTEM=1");
  variables.emplace_back("GIT_CONFIG_GLOBAL=/dev/null");
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

// Reads to the end of the pipe, or to the deadline: then false.
bool drain(int descriptor, Clock::time_point deadline, std::string& text) {
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{descriptor, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(std::min<long>(left, 1000))) <= 0) continue;
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    const std::size_t room = kMostText - std::min(kMostText, text.size());
    text.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
  }
}

}  // namespace

reports::Expected<Outcome> run(const Command& command) {
  const std::string& program = command.arguments.front();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return reports::failure(program, fmt::format("cannot make a pipe: {}", strerror(errno)));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, command.input.c_str(), O_RDONLY, 0);
  if (command.output.empty()) {
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  } else {
    posix_spawn_file_actions_addopen(&actions, 1, command.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  }
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  if (!command.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own, so that the compiler proper dies with its driver when time is up.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);

  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> variables = environment_for(command);
  pid_t child = 0;
  const int error = posix_spawnp(&child, program.c_str(), &actions, &attributes, pointers(arguments).data(),
                                 pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return reports::failure(program, fmt::format("cannot be run: {}", strerror(error)),
                            fmt::format("install {} or put it into PATH", program));
  }

  Outcome outcome;
  const bool finished = drain(ends[0], Clock::now() + command.limit, outcome.text);
  close(ends[0]);
  if (!finished) kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!finished) {
    return reports::failure(program, fmt::format("did not finish within {} s", command.limit.count()));
  }
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace nospan::toolchain
