// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claim_processes.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "solver/write_all.h"

namespace nospan::solver {
namespace {

using reports::Verdict;

// A claim that is being decided.
struct Work {
  std::size_t index;
  pid_t process;
  int file;  // in memory; its process writes what the claim came to
};

ClaimResult undecided(const Instance& instance, Verdict verdict, std::string reason) {
  ClaimResult result;
  result.id = instance.id();
  result.target = instance.target;
  result.verdict = verdict;
  result.reason = std::move(reason);
  return result;
}

void write_result(int file, const ClaimResult& result) {
  const std::string text =
      nlohmann::json(result).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (!write_all(file, text)) _exit(1);
}

std::optional<ClaimResult> read_result(int file) {
  std::string text;
  char buffer[65536];
  if (lseek(file, 0, SEEK_SET) != 0) return std::nullopt;
  for (ssize_t got = read(file, buffer, sizeof buffer); got != 0; got = read(file, buffer, sizeof buffer)) {
    if (got < 0 && errno != EINTR) return std::nullopt;
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
  }
  try {
    return nlohmann::json::parse(text).get<ClaimResult>();
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

Work start(std::size_t index, const Instance& instance, const ProveOptions& options) {
  const int file = memfd_create("claim", MFD_CLOEXEC);
  if (file < 0) return {index, -1, -1};
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    try {
      write_result(file, prove(instance, options));
    } catch (const std::exception& exception) {  // Z3's among them
      write_result(file, undecided(instance, Verdict::kError, exception.what()));
    }
    _exit(0);
  }
  return {index, process, file};
}

ClaimResult result_of(const Work& work, int status, const Instance& instance) {
  if (WIFSIGNALED(status)) {
    return undecided(instance, Verdict::kUnknown,
                     fmt::format("the prover's process was ended by signal {}", WTERMSIG(status)));
  }
  if (auto result = read_result(work.file); result && WEXITSTATUS(status) == 0) return std::move(*result);
  return undecided(instance, Verdict::kUnknown, "the prover's process was ended by an error");
}

}  // namespace

void decide_in_processes(const std::vector<const Instance*>& instances, const ProveOptions& options,
                         ProcessSlots slots, const std::function<void(std::size_t, const ClaimResult&)>& tell) {
  constexpr useconds_t kLookAgain = 20'000;
  std::vector<Work> working;
  std::size_t next = 0;
  while (next < instances.size() || !working.empty()) {
    // The first one is the group's own.
    while (next < instances.size() && (working.empty() || slots.free.take())) {
      if (!working.empty()) slots.lent.add(1);
      const Instance& instance = *instances[next];
      working.push_back(start(next++, instance, options));
      if (working.back().process >= 0) continue;
      tell(working.back().index, undecided(instance, Verdict::kError, std::strerror(errno)));
      close(working.back().file);
      working.pop_back();
      if (!working.empty() && slots.lent.take()) slots.free.add(1);
    }
    if (working.empty()) continue;
    int status = 0;
    const pid_t ended = waitpid(-1, &status, next < instances.size() ? WNOHANG : 0);
    if (ended <= 0) {
      if (ended == 0) usleep(kLookAgain);
      continue;
    }
    const auto work =
        std::find_if(working.begin(), working.end(), [&](const Work& one) { return one.process == ended; });
    if (work == working.end()) continue;
    tell(work->index, result_of(*work, status, *instances[work->index]));
    close(work->file);
    working.erase(work);
    if (!working.empty() && slots.lent.take()) slots.free.add(1);
  }
}

}  // namespace nospan::solver
