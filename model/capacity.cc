// SPDX-License-Identifier: BSD-2-Clause
#include "model/capacity.h"

#include <algorithm>

namespace nospan::model {

std::optional<TceIndex> place_for(const Request& request, const Configuration& configuration,
                                  const EntrySet& allocated, std::span<const Pool> pools,
                                  std::uint64_t spared) {
  const auto [pages, alignment, mask] = request;
  const Window& window = configuration.window;
  const unsigned shift = window.page.value;
  // The alignment is a power of two. Where the window does not start on a multiple of it, "aligned" has two
  // readings: claim nothing.
  if (alignment == 0 || (window.first.value & (alignment - 1)) != 0) return std::nullopt;
  // In IOMMU pages.
  const std::uint64_t boundary = (configuration.device.segment_boundary >> shift) + 1;
  const bool bounded = configuration.device.segment_boundary != UINT64_MAX;
  if (bounded && pages > boundary) return std::nullopt;
  const auto aligned_up = [unit = alignment](std::uint64_t entry) { return (entry + unit - 1) & ~(unit - 1); };
  for (const Pool& pool : pools) {
    // Entries below `allowed` lie within the mask, but for the page that holds the mask's end.
    const std::uint64_t last = mask >> shift;
    const std::uint64_t allowed = last < window.first.value ? 0 : last - window.first.value + 1;
    std::uint64_t end = std::min({pool.end, window.entries, std::max<std::uint64_t>(allowed, 1)});
    end -= std::min(end, spared);
    std::uint64_t entry = aligned_up(pool.start);
    while (entry < end && pages <= end - entry) {
      const std::uint64_t taken = allocated.next(entry, entry + pages);
      if (taken != entry + pages) {
        entry = aligned_up(allocated.next_free(taken, end));
        continue;
      }
      const TceIndex first = window.first + entry;
      const std::uint64_t in_segment = bounded ? first.value % boundary : 0;
      if (bounded && in_segment + pages > boundary) {
        entry = aligned_up(entry + (boundary - in_segment));
        continue;
      }
      if (!within_mask(dma_address(first, window.page), pages << shift, mask)) break;
      // The last byte of the bus has the address that means failure: claim nothing for the page it lies in.
      if (first.value + pages - 1 == UINT64_MAX >> shift) break;
      return first;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> entry_without_pool(const EntrySet& allocated, std::span<const Pool> pools) {
  if (pools.empty()) return std::nullopt;
  // Pools are few, and in order but for odd implementations: look for the one that goes on, again and again.
  std::uint64_t covered = 0;  // entries from the first on
  for (bool more = true; more && covered < allocated.entries();) {
    more = false;
    for (const Pool& pool : pools) {
      if (pool.start > covered || pool.end <= covered) continue;
      covered = pool.end;
      more = true;
    }
    if (more || covered >= allocated.entries()) continue;
    // A gap, which is none if all its entries are reserved.
    const std::uint64_t lost = allocated.next_free(covered, allocated.entries());
    const bool in_pool = std::any_of(
        pools.begin(), pools.end(), [lost](const Pool& pool) { return pool.start <= lost && lost < pool.end; });
    if (lost < allocated.entries() && !in_pool) return lost;
    more = lost > covered;
    covered = lost;
  }
  return std::nullopt;
}

}  // namespace nospan::model
