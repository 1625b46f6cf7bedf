// SPDX-License-Identifier: BSD-2-Clause
// The checks of TCEs that come from a guest, and permission bits. See struct nospan_target in target.h.
#ifndef NOSPAN_TARGETS_BUILTIN_CHECKS_H
#define NOSPAN_TARGETS_BUILTIN_CHECKS_H

#include <cstdint>

#include "targets/target.h"

namespace nospan::builtin {

// 0 if `count` IOMMU pages from DMA address `ioba` on lie in the window and `ioba` is aligned. No sum or shift
// of the arguments is formed that could overflow, whatever they are.
int check_ioba(uint32_t page_shift, uint64_t first_index, uint64_t entries, uint64_t ioba, uint64_t count);

// 0 if `guest_address` is aligned to the IOMMU page: a TCE has no bits for the rest.
int check_gpa(uint32_t page_shift, uint64_t guest_address);

// The enum nospan_direction that a TCE's permission bits allow.
uint32_t tce_direction(uint64_t tce);

// NOSPAN_TCE_* for an enum nospan_direction; 0 for anything else.
inline uint64_t direction_permissions(uint32_t direction) {
  // "To the device" means that the device reads.
  if (direction == NOSPAN_BIDIRECTIONAL) return NOSPAN_TCE_READ | NOSPAN_TCE_WRITE;
  if (direction == NOSPAN_TO_DEVICE) return NOSPAN_TCE_READ;
  if (direction == NOSPAN_FROM_DEVICE) return NOSPAN_TCE_WRITE;
  return 0;
}

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_CHECKS_H
