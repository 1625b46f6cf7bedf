// SPDX-License-Identifier: BSD-2-Clause
#include "targets/builtin/checks.h"

#include "targets/builtin/types.h"
#include "targets/target.h"

namespace nospan::builtin {

int check_ioba(uint32_t page_shift, uint64_t first_index, uint64_t entries, uint64_t ioba, uint64_t count) {
  const uint64_t page_mask = (uint64_t{1} << page_shift) - 1;
  if ((ioba & page_mask) != 0) return kErrorInvalid;
  const uint64_t index = ioba >> page_shift;
  if (index < first_index) return kErrorInvalid;
  const uint64_t entry = index - first_index;
  if (entry > entries || count > entries - entry) return kErrorInvalid;
  return 0;
}

int check_gpa(uint32_t page_shift, uint64_t guest_address) {
  const uint64_t page_mask = (uint64_t{1} << page_shift) - 1;
  return (guest_address & page_mask) == 0 ? 0 : kErrorInvalid;
}

uint32_t tce_direction(uint64_t tce) {
  const bool read = (tce & NOSPAN_TCE_READ) != 0;
  const bool write = (tce & NOSPAN_TCE_WRITE) != 0;
  if (read && write) return NOSPAN_BIDIRECTIONAL;
  if (read) return NOSPAN_TO_DEVICE;
  if (write) return NOSPAN_FROM_DEVICE;
  return NOSPAN_NO_DIRECTION;
}

}  // namespace nospan::builtin
