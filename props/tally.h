// SPDX-License-Identifier: BSD-2-Clause
// What commands came to, as counts. For coverage: a class that a generator aims at and no command ever reaches
// must be seen. Values only; safe to use from any thread.
#ifndef NOSPAN_PROPS_TALLY_H
#define NOSPAN_PROPS_TALLY_H

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/page.h"
#include "props/scenario.h"

namespace nospan::props {

// Counts commands unless it says otherwise. Counted over all scenarios of an executor, a worker or a campaign.
struct Tally {
  std::uint64_t scenarios = 0;
  std::uint64_t commands = 0;  // executed, not counting those that had nothing to do
  std::uint64_t idle = 0;      // had nothing to do (their mapping was not live, or was)
  std::uint64_t maps_granted = 0;
  std::uint64_t maps_refused = 0;
  std::uint64_t lists_merged = 0;  // map_sg returned fewer segments than elements that are not empty
  std::uint64_t faults_fired = 0;
  std::uint64_t hypervisor_refusals = 0;
  std::uint64_t no_table = 0;
  std::uint64_t warnings = 0;    // of the target (WARN)
  std::uint64_t skipped = 0;     // commands that a guard kept from being run
  std::uint64_t overlooked = 0;  // went on after a violation that a guard knows and that parts nothing
  std::uint64_t tolerated = 0;   // scenarios cut short at a violation that a guard knows
  // Commands that were executed on a table, or needed none, and had something to do: by the IOMMU page's shift
  // from kLeastIommuPageShift on, and by kind. Says which entry points were tried with which pages.
  std::array<std::array<std::uint64_t, kCommandKindCount>,
             model::kGreatestIommuPageShift - model::kLeastIommuPageShift + 1>
      exercised{};

  void add(const Tally& part) {
    scenarios += part.scenarios;
    commands += part.commands;
    idle += part.idle;
    maps_granted += part.maps_granted;
    maps_refused += part.maps_refused;
    lists_merged += part.lists_merged;
    faults_fired += part.faults_fired;
    hypervisor_refusals += part.hypervisor_refusals;
    no_table += part.no_table;
    warnings += part.warnings;
    skipped += part.skipped;
    overlooked += part.overlooked;
    tolerated += part.tolerated;
    for (std::size_t shift = 0; shift < exercised.size(); ++shift) {
      for (std::size_t kind = 0; kind < kCommandKindCount; ++kind)
        exercised[shift][kind] += part.exercised[shift][kind];
    }
  }
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_TALLY_H
