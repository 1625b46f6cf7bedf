// SPDX-License-Identifier: BSD-2-Clause
// What the benchmarks run: scenarios of a campaign, and plain streams of commands over tables and layouts of a
// size.
#ifndef NOSPAN_PROPS_BENCH_STREAMS_H
#define NOSPAN_PROPS_BENCH_STREAMS_H

#include <cstdint>
#include <vector>

#include "props/executor.h"
#include "props/guards.h"
#include "props/scenario.h"
#include "props/worker.h"

namespace nospan::bench {

// Commands that did something: called the target and were checked. Commands that had nothing to do, and those
// that a guard kept from being run, do not count.
inline std::uint64_t checked_commands(const props::Tally& tally) { return tally.commands - tally.idle; }

// The first `count` scenarios of a campaign, each cut down to what the target ran of it: up to the first known
// finding, without the commands that a guard prevents or that had nothing to do. A run of these does the same
// calls with the model and without.
std::vector<props::Scenario> settled_scenarios(const props::CampaignPlan& plan, std::uint64_t count,
                                               props::Executor& executor, const props::GuardSet& guards);

// `commands` commands of all kinds over a table of `entries` entries with 64 KiB system and IOMMU pages:
// requests of one to eight pages, lists, coherent memory, questions. At most 64 mappings are live. The stream
// is the same for every size.
props::Scenario stream_over_table(std::uint64_t entries, std::uint64_t commands);

// The same over a table of 2048 entries of 16 MiB, with this many VMs of 256 MiB in two adjacent blocks each,
// whose border lies inside an IOMMU page: for that page, no single block answers who owns it. The device's VM
// is the middle one.
props::Scenario stream_over_vms(std::uint64_t vms, std::uint64_t commands);

}  // namespace nospan::bench

#endif  // NOSPAN_PROPS_BENCH_STREAMS_H
