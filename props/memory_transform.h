// SPDX-License-Identifier: BSD-2-Clause
// Changes of a scenario's memory that take the buffers along: the steps of shrinking that move more than one
// number. All functions return a changed copy; it may be invalid (props/scenario.h, validate), and the caller
// checks that.
#ifndef NOSPAN_PROPS_MEMORY_TRANSFORM_H
#define NOSPAN_PROPS_MEMORY_TRANSFORM_H

#include <cstdint>

#include "props/scenario.h"

namespace nospan::props {

// Every block's guest address becomes its real address.
Scenario with_identity_layout(const Scenario& scenario);

// The device's VM is VM 0, and all others are VM 1.
Scenario with_few_owners(const Scenario& scenario);

// Blocks move down until each touches the one before, the first to address 0; with keep_alignment, only by
// whole IOMMU pages, so that each keeps its offset in its IOMMU page.
Scenario with_gaps_closed(const Scenario& scenario, bool keep_alignment);

// The granule of real memory that holds `byte`, the hypervisor's until now, belongs to another VM.
Scenario with_neighbour_at(const Scenario& scenario, model::RealAddress byte);

// What this command maps, a list of one element or coherent memory, is mapped by map_page instead; its inverses
// follow.
Scenario with_map_page(const Scenario& scenario, std::size_t command);

enum class Cut : std::uint8_t {
  kTail,         // the block's end goes, and what lies above moves down
  kHead,         // the block's start goes, and the rest of it and what lies above move down
  kTailInPlace,  // the block's end goes, and leaves a hole
};
// Takes `bytes` off the block with this number in configuration.blocks.
Scenario with_block_cut(const Scenario& scenario, std::size_t block, std::uint64_t bytes, Cut cut);

// Another IOMMU page: the window keeps its first index and size.
Scenario with_iommu_page(const Scenario& scenario, model::IommuPageShift page);

// The window moves, and its reserved range and inherited TCEs with it.
Scenario with_window_at(const Scenario& scenario, model::TceIndex first);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_MEMORY_TRANSFORM_H
