// SPDX-License-Identifier: BSD-2-Clause
// Page sizes, addresses and indices as types that cannot be mixed up. Values only; safe to use from any thread.
#ifndef NOSPAN_MODEL_PAGE_H
#define NOSPAN_MODEL_PAGE_H

#include <compare>
#include <cstdint>

namespace nospan::model {

// A 64-bit number of one kind. Two kinds do not compare, add or convert to each other: what lies between them
// is a translation, and translations are functions with names.
template <class Kind>
struct Ordinal {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(Ordinal, Ordinal) = default;
  // Advances by a distance in the unit of the kind: bytes for addresses, entries for indices.
  friend constexpr Ordinal operator+(Ordinal start, std::uint64_t distance) { return {start.value + distance}; }
  // The distance from `b` to `a`, modulo 2^64.
  friend constexpr std::uint64_t operator-(Ordinal a, Ordinal b) { return a.value - b.value; }
};

// What the kernel under test calls a physical address: bytes.
using GuestAddress = Ordinal<struct GuestAddressKind>;
// Real memory of the machine, as the hypervisor sees it: bytes.
using RealAddress = Ordinal<struct RealAddressKind>;
// What a device puts on the bus (IOBA): bytes.
using DmaAddress = Ordinal<struct DmaAddressKind>;
// The number of a TCE: DMA address >> IOMMU page shift. Absolute, not relative to the window.
using TceIndex = Ordinal<struct TceIndexKind>;

// Binary logarithm of a page size. A shift is not a size: bytes() is.
template <class Kind>
struct PageShift {
  unsigned value = 12;

  constexpr std::uint64_t bytes() const { return std::uint64_t{1} << value; }
  // The bits of an address below the page number.
  constexpr std::uint64_t offset_mask() const { return bytes() - 1; }
  friend constexpr auto operator<=>(PageShift, PageShift) = default;
};

// What one TCE maps. LoPAR defines 12, 16, 21, 24 to 28 and 34 (ibm,query-pe-dma-window, "IO Page Sizes";
// Linux: enum in arch/powerpc/platforms/pseries/iommu.c); the model takes 12 to 34.
using IommuPageShift = PageShift<struct IommuPageKind>;
inline constexpr unsigned kLeastIommuPageShift = 12;
inline constexpr unsigned kGreatestIommuPageShift = 34;

// The kernel's PAGE_SHIFT: 12 or 16 on 64-bit powerpc.
using SystemPageShift = PageShift<struct SystemPageKind>;

// A VM, or any other owner of memory that is not the hypervisor.
struct VmId {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(VmId, VmId) = default;
};

// The TCE that translates a DMA address, and the first DMA address that a TCE translates.
constexpr TceIndex tce_index(DmaAddress address, IommuPageShift page) { return {address.value >> page.value}; }
constexpr DmaAddress dma_address(TceIndex index, IommuPageShift page) { return {index.value << page.value}; }

// The start of the IOMMU page that holds a guest address.
constexpr GuestAddress iommu_page_start(GuestAddress address, IommuPageShift page) {
  return {address.value & ~page.offset_mask()};
}

// The number of IOMMU pages that `size` bytes from `address` on touch (XLAT-2). `size` is at least 1 and
// address + size - 1 does not wrap.
constexpr std::uint64_t iommu_pages_touched(GuestAddress address, std::uint64_t size, IommuPageShift page) {
  return ((address.value + (size - 1)) >> page.value) - (address.value >> page.value) + 1;
}

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_PAGE_H
