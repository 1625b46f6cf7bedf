// SPDX-License-Identifier: BSD-2-Clause
// The numbers of this target that are easily mixed up, each as a type of its own.
#ifndef NOSPAN_TARGETS_BUILTIN_TYPES_H
#define NOSPAN_TARGETS_BUILTIN_TYPES_H

#include <cstdint>

namespace nospan::builtin {

// An absolute TCE index: a DMA address shifted right by the IOMMU page shift (target.h, "Units").
struct TceIndex {
  uint64_t value;
};

// Error numbers as Linux has them (include/uapi/asm-generic/errno-base.h). The header of the C library is
// not used: this target has to compile without one.
inline constexpr int kErrorInputOutput = -5;
inline constexpr int kErrorNoMemory = -12;
inline constexpr int kErrorInvalid = -22;

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_TYPES_H
