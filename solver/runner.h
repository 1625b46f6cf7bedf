// SPDX-License-Identifier: BSD-2-Clause
// Runs groups of claims, each in a process of its own: one that crashes, hangs or runs out of memory costs the
// claims that it has not decided yet and nothing else.
#ifndef NOSPAN_SOLVER_RUNNER_H
#define NOSPAN_SOLVER_RUNNER_H

#include <chrono>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "solver/claims/registry.h"
#include "solver/prove.h"
#include "solver/result.h"

namespace nospan::solver {

// One group of claims on one module.
struct GroupTask {
  std::string group;  // ClaimGroup::name
  Subject subject = Subject::kKernel;
  std::filesystem::path bitcode;
  unsigned system_page_shift = 12;
  std::string target;  // as results name it
};

struct RunnerOptions {
  ProveOptions prove;
  // Ids or names of claims to decide ("exact/iommu_map_page", "exact"); empty: all.
  std::set<std::string> claims;
  unsigned jobs = 1;
  uint64_t memory_mib = 2048;  // of one process
  // Of one process, all its claims together, by the clock on the wall. Each question has a limit of its own.
  std::chrono::seconds group_time{1800};
  // Asked twice a second, if there is one. True: processes are ended, and what is not decided stays unknown.
  std::function<bool()> stop;
};

struct GroupResult {
  GroupTask task;
  std::vector<ClaimResult> claims;
  double seconds = 0;     // wall clock
  uint64_t peak_kib = 0;  // of the process and its solvers
  bool kept = false;      // taken whole from an earlier run
};

// Results in the order of the tasks. A group whose process fails has, behind the claims that it had decided,
// one named after it, of verdict kError or (limits, stop) kUnknown, that says why. `done` is called after each
// group, in any order. Call from a single thread. Processes end with the thread that calls.
std::vector<GroupResult> run_groups(const std::vector<GroupTask>& tasks, const RunnerOptions& options,
                                    const std::function<void(const GroupResult&)>& done);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_RUNNER_H
