// SPDX-License-Identifier: BSD-2-Clause
// One translation control entry.
#ifndef NOSPAN_MODEL_TCE_H
#define NOSPAN_MODEL_TCE_H

#include <cstdint>

#include "model/page.h"

namespace nospan::model {

// Who writes whom, numbered as Linux's enum dma_data_direction.
enum class Direction : std::uint8_t { kBidirectional = 0, kToDevice = 1, kFromDevice = 2, kNone = 3 };

// LoPAR, "TCE definition": the real page number above, two permission bits below; both clear: not valid.
struct Tce {
  std::uint64_t value = 0;

  static constexpr std::uint64_t kRead = 1;   // the device may read memory
  static constexpr std::uint64_t kWrite = 2;  // the device may write memory

  constexpr bool live() const { return (value & (kRead | kWrite)) != 0; }
  constexpr bool readable() const { return (value & kRead) != 0; }
  constexpr bool writable() const { return (value & kWrite) != 0; }
  // The address part; its bits below the IOMMU page are zero in a TCE that is well formed.
  constexpr GuestAddress address() const { return {value & ~(kRead | kWrite)}; }

  friend constexpr bool operator==(Tce, Tce) = default;
};

// PERM-1: are these permissions right for a mapping of this direction? A device that only writes may also be
// allowed to read: bridges read around partial writes, and Linux's builders differ here.
constexpr bool permissions_fit(Tce tce, Direction direction) {
  switch (direction) {
    case Direction::kToDevice: return tce.readable() && !tce.writable();
    case Direction::kFromDevice: return tce.writable();
    case Direction::kBidirectional: return tce.readable() && tce.writable();
    case Direction::kNone: return false;
  }
  return false;
}

// TCEs `count` from `first` on.
struct TceRange {
  TceIndex first;
  std::uint64_t count = 0;

  constexpr bool holds(TceIndex index) const { return index - first < count; }
  friend constexpr bool operator==(const TceRange&, const TceRange&) = default;
};

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_TCE_H
