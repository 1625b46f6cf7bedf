// SPDX-License-Identifier: BSD-2-Clause
// A buffer as an IOMMU sees it: whole IOMMU pages, and where in them the bytes lie.
#ifndef NOSPAN_TARGETS_BUILTIN_BUFFER_H
#define NOSPAN_TARGETS_BUILTIN_BUFFER_H

#include <cstdint>

namespace nospan::builtin {

// The IOMMU pages that a range of bytes touches. The same computation serves guest addresses (when mapping)
// and DMA addresses (when unmapping): their offsets within the IOMMU page are equal.
struct Buffer {
  uint64_t base;         // address of the first byte's IOMMU page
  uint64_t offset;       // of the first byte from `base`, in bytes
  uint64_t last_offset;  // of the last byte from `base`, in bytes
  uint64_t entries;      // IOMMU pages touched

  // False if there are no bytes or they go on past the end of the address space.
  static bool from(uint64_t address, uint64_t size, uint32_t page_shift, Buffer* buffer) {
    if (size == 0 || size - 1 > UINT64_MAX - address) return false;
    const uint64_t last = address + (size - 1);
    buffer->base = (address >> page_shift) << page_shift;
    buffer->offset = address - buffer->base;
    buffer->last_offset = last - buffer->base;
    // Whole pages are counted by their numbers: last - first + 1 never overflows for shifts of 1 and more.
    buffer->entries = (last >> page_shift) - (address >> page_shift) + 1;
    return true;
  }
};

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_BUFFER_H
