// SPDX-License-Identifier: BSD-2-Clause
// Multiples of a power of two.
#ifndef NOSPAN_PROPS_ALIGNMENT_H
#define NOSPAN_PROPS_ALIGNMENT_H

#include <cstdint>

namespace nospan::props {

// The last multiple of `alignment`, a power of two, up to `value`.
constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t alignment) {
  return value & ~(alignment - 1);
}

// The first multiple from `value` on; 0 if that would be 2^64.
constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_ALIGNMENT_H
