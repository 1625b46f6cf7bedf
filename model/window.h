// SPDX-License-Identifier: BSD-2-Clause
// A window of DMA addresses, and what the device behind it can address.
#ifndef NOSPAN_MODEL_WINDOW_H
#define NOSPAN_MODEL_WINDOW_H

#include <cstdint>

#include "model/page.h"

namespace nospan::model {

// A range of TCEs with one page size: the default window or a dynamic one (LoPAR, "DMA window").
struct Window {
  IommuPageShift page;
  TceIndex first;             // Linux: it_offset
  std::uint64_t entries = 1;  // Linux: it_size
  // TCEs [start, end) that must not be handed out, because MMIO lies there (Linux: iommu_table_reserve_pages).
  // May lie partly or wholly outside the window; start >= end is no reservation.
  TceIndex reserved_start;
  TceIndex reserved_end;

  constexpr bool contains(TceIndex index) const { return index - first < entries; }

  // RANGE-1: may a mapping never use this TCE? Entry 0 of a window at bus address 0 is never handed out,
  // because drivers take DMA address 0 for "no address" (Linux: iommu_table_reserve_pages).
  constexpr bool reserved(TceIndex index) const {
    return index.value == 0 || (reserved_start <= index && index < reserved_end);
  }
  friend constexpr bool operator==(const Window&, const Window&) = default;
};

// What a device can do (Linux: dma_get_mask, dma_get_seg_boundary, dma_get_max_seg_size).
struct DeviceLimits {
  std::uint64_t dma_mask = UINT64_MAX;          // highest DMA address of a streaming mapping, inclusive
  std::uint64_t coherent_mask = UINT64_MAX;     // the same for coherent memory
  std::uint64_t segment_boundary = UINT64_MAX;  // 2^n - 1: a segment stays between two multiples of 2^n
  std::uint32_t max_segment_size = UINT32_MAX;  // bytes; merging stops here
  friend constexpr bool operator==(const DeviceLimits&, const DeviceLimits&) = default;
};

// RANGE-2, first half: may the device address all of `size` (at least 1) bytes from `address` on?
constexpr bool within_mask(DmaAddress address, std::uint64_t size, std::uint64_t mask) {
  const std::uint64_t last = address.value + (size - 1);
  return last >= address.value && last <= mask;
}

// RANGE-2, second half: do `size` (at least 1) bytes from `address` on cross a multiple of boundary + 1?
constexpr bool crosses_boundary(DmaAddress address, std::uint64_t size, std::uint64_t boundary) {
  return (address.value & ~boundary) != ((address.value + (size - 1)) & ~boundary);
}

// A DMA address carries the buffer's offset in its IOMMU page. Where a segment boundary lies within IOMMU
// pages, that decides whether a buffer crosses it, not the place that is found: true if it does in any.
constexpr bool crosses_boundary_within_pages(GuestAddress address, std::uint64_t size, std::uint64_t boundary,
                                             IommuPageShift page) {
  return boundary < page.offset_mask() &&
         crosses_boundary(DmaAddress{address.value & page.offset_mask()}, size, boundary);
}

// ALIGN-1: a coherent address is aligned to the smallest power of two of system pages that holds `size` bytes
// (DMA API howto, "Using Consistent DMA mappings"). 0 if there is no such power in 64 bits.
constexpr std::uint64_t coherent_alignment(std::uint64_t size, SystemPageShift system_page) {
  std::uint64_t alignment = system_page.bytes();
  while (alignment != 0 && alignment < size) alignment <<= 1;
  return alignment;
}

// The bytes that a coherent mapping covers: whole system pages (Linux: PAGE_ALIGN in iommu_alloc_coherent).
// 0 if that is more than 64 bits hold.
constexpr std::uint64_t coherent_bytes(std::uint64_t size, SystemPageShift system_page) {
  return (size + system_page.offset_mask()) & ~system_page.offset_mask();
}

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_WINDOW_H
