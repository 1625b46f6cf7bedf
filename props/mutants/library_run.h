// SPDX-License-Identifier: BSD-2-Clause
// One campaign on a target library that is wrong, or may be: loaded, run, unloaded.
#ifndef NOSPAN_PROPS_MUTANTS_LIBRARY_RUN_H
#define NOSPAN_PROPS_MUTANTS_LIBRARY_RUN_H

#include <cstdint>
#include <filesystem>
#include <optional>

#include "props/campaign.h"
#include "reports/error.h"

namespace nospan::props {

struct LibraryRun {
  std::optional<Failure> failure;
  std::uint64_t scenarios = 0;  // run up to the failure, or in all
  double seconds = 0;           // wall clock, without shrinking
  double cpu_seconds = 0;       // the same of the workers: what a quiet machine would take
  bool interrupted = false;     // by the listener
};

// Runs a campaign on a library of ours (LoadedTarget). `listener.on_failure` is taken. Not for several threads
// at once: CPU time is measured over all children of the process.
reports::Expected<LibraryRun> run_library(const std::filesystem::path& library, const GuardSet& guards,
                                          const CampaignOptions& options, CampaignListener listener);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_MUTANTS_LIBRARY_RUN_H
