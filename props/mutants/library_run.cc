// SPDX-License-Identifier: BSD-2-Clause
#include "props/mutants/library_run.h"

#include <sys/resource.h>

#include <utility>

#include "props/mutants/mutant_build.h"

namespace nospan::props {
namespace {

// Of all worker processes that have ended.
double cpu_seconds_of_workers() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

reports::Expected<LibraryRun> run_library(const std::filesystem::path& library, const GuardSet& guards,
                                          const CampaignOptions& options, CampaignListener listener) {
  const auto target = LoadedTarget::open(library);
  if (!target) return tl::unexpected(target.error());
  LibraryRun run;
  const double before = cpu_seconds_of_workers();
  listener.on_failure = [&](const Failure&) { run.cpu_seconds = cpu_seconds_of_workers() - before; };
  CampaignResult result = run_campaign(target->get(), guards, options, listener);
  if (!result.failure) run.cpu_seconds = cpu_seconds_of_workers() - before;
  run.seconds = result.seconds;
  run.interrupted = result.interrupted;
  run.scenarios = result.failure ? result.failure->number + 1 : result.tally.scenarios;
  run.failure = std::move(result.failure);
  return run;
}

}  // namespace nospan::props
