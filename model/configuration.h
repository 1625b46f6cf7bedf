// SPDX-License-Identifier: BSD-2-Clause
// The machine, the window and the device of one scenario.
#ifndef NOSPAN_MODEL_CONFIGURATION_H
#define NOSPAN_MODEL_CONFIGURATION_H

#include <cstdint>
#include <vector>

#include "model/layout.h"
#include "model/page.h"
#include "model/window.h"

namespace nospan::model {

// TCEs that are live before the table is made, as a crash kernel finds them: `count` from `first` on.
struct InheritedRange {
  TceIndex first;
  std::uint64_t count = 0;
  friend constexpr bool operator==(const InheritedRange&, const InheritedRange&) = default;
};

struct Configuration {
  SystemPageShift system_page{16};
  Window window;
  DeviceLimits device;
  std::uint64_t block_entries = 16;  // allocation granularity hint, a power of two (Linux: it_blocksize)
  std::uint32_t cpus = 1;
  bool virtual_merge = true;  // Linux: iommu=vmerge
  bool crash_kernel = false;  // inherited TCEs stay mapped (Linux: is_kdump_kernel)
  std::vector<InheritedRange> inherited;
  Installation installation = Installation::kBlind;
  Translation translation = Translation::kIdentity;
  VmId device_vm;  // the VM that the device was given to
  // The unit in which memory has one owner, bytes, a power of two, at least a system page: guest address, real
  // address and size of every block are multiples of it.
  std::uint64_t granule = 65536;
  std::vector<Block> blocks;
  friend bool operator==(const Configuration&, const Configuration&) = default;
};

// The mission's theorem: ISO-1 holds whatever is mapped if one of these does; each is sufficient.

// Granule hypothesis: memory is given out in granules of at least an IOMMU page.
inline bool granule_holds_iommu_page(const Configuration& configuration) {
  return configuration.granule >= configuration.window.page.bytes();
}

// Block hypothesis, whatever the granule: the hypervisor aligns every block of the device's VM (guest address,
// real address, size) to the IOMMU page.
inline bool blocks_are_aligned(const Configuration& configuration) {
  const std::uint64_t mask = configuration.window.page.offset_mask();
  for (const Block& block : configuration.blocks) {
    if (block.owner != configuration.device_vm) continue;
    if (((block.guest.value | block.real.value | block.size) & mask) != 0) return false;
  }
  return true;
}

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_CONFIGURATION_H
