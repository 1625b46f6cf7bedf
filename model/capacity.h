// SPDX-License-Identifier: BSD-2-Clause
// CAP-1: what fits a window, and what no pool holds.
#ifndef NOSPAN_MODEL_CAPACITY_H
#define NOSPAN_MODEL_CAPACITY_H

#include <cstdint>
#include <optional>
#include <span>

#include "model/allocation_state.h"
#include "model/configuration.h"
#include "model/entry_set.h"

namespace nospan::model {

// A request for entries. No pages: nothing is claimed of it.
struct Request {
  std::uint64_t pages = 0;      // IOMMU pages
  std::uint64_t alignment = 1;  // in entries, a power of two
  std::uint64_t mask = 0;       // highest DMA address, inclusive
};

// A place where the request fits between allocated entries, within one pool, the mask and the segment boundary;
// none if nothing can be claimed. The last `spared` entries of each pool, and before the end of what the mask
// allows, are out of bounds.
std::optional<TceIndex> place_for(const Request& request, const Configuration& configuration,
                                  const EntrySet& allocated, std::span<const Pool> pools, std::uint64_t spared);

// A request for so many entries, or fewer, is not large (Linux, iommu_range_alloc(): npages > 15).
inline constexpr std::uint64_t kSmallRequest = 15;

// The first entry, relative to the window, that is not allocated and lies in no pool. None if there are no
// pools at all: then the implementation does not tell.
std::optional<std::uint64_t> entry_without_pool(const EntrySet& allocated, std::span<const Pool> pools);

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_CAPACITY_H
