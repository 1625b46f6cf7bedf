// SPDX-License-Identifier: BSD-2-Clause
// Runs of free entries inside 64-bit words. In all masks here a set bit means "free".
#ifndef NOSPAN_TARGETS_BUILTIN_FREE_RUNS_H
#define NOSPAN_TARGETS_BUILTIN_FREE_RUNS_H

#include <bit>
#include <cstdint>

namespace nospan::builtin {

inline constexpr uint32_t kWordShift = 6;
inline constexpr uint64_t kWordEntries = 64;

// A free word holds runs of the classes 0 (1 entry), 1 (2 entries), ... 6 (64 entries): class c says that the
// word has a run of at least 2^c free entries. A word of class c is also of every class below c.
inline constexpr uint32_t kClasses = 7;

// Bit i is set if i is a multiple of 2^shift, for shifts up to 6.
inline constexpr uint64_t kMultiples[kWordShift + 1] = {~uint64_t{0},
                                                        0x5555555555555555,
                                                        0x1111111111111111,
                                                        0x0101010101010101,
                                                        0x0001000100010001,
                                                        0x0000000100000001,
                                                        1};

inline uint64_t multiples_of(uint32_t shift) { return kMultiples[shift]; }

// `count` set bits from bit 0 on; count is 0 to 64.
inline uint64_t low_bits(uint64_t count) {
  return count >= kWordEntries ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

// The bits of a word that stand for slots in [begin, end). Some of the word's slots are below `end`, and some
// are at or above `begin`.
inline uint64_t bits_between(uint64_t word, uint64_t begin, uint64_t end) {
  const uint64_t first = word << kWordShift;
  return low_bits(end - first) & ~(begin > first ? low_bits(begin - first) : 0);
}

// The classes of a word: 0 if nothing is free, 7 if everything is.
inline uint32_t classes_of(uint64_t free) {
  if (free == ~uint64_t{0}) return kClasses;
  // Bit i of `runs` is set if a run of 2^c entries starts at bit i.
  uint64_t runs = free;
  uint32_t classes = 0;
  uint32_t length = 1;
  while (runs != 0 && classes < kClasses - 1) {
    ++classes;
    runs &= runs >> length;
    length *= 2;
  }
  return classes + (runs != 0 ? 1 : 0);
}

// The smallest class whose words certainly hold `entries` (1 to 64) in one run.
inline uint32_t class_that_fits(uint64_t entries) { return static_cast<uint32_t>(std::bit_width(entries - 1)); }

// The smallest class whose words may hold `entries` (1 to 64) in one run: words of lower classes do not.
inline uint32_t class_that_holds(uint64_t entries) {
  return static_cast<uint32_t>(std::bit_width(entries)) - 1;
}

// Bit i is set if `entries` (1 to 64) free entries start at bit i and end inside the word.
inline uint64_t starts_inside(uint64_t free, uint64_t entries) {
  uint64_t starts = free;
  uint64_t length = 1;  // what the bits of `starts` vouch for
  while (length < entries && starts != 0) {
    const uint64_t step = length < entries - length ? length : entries - length;
    starts &= starts >> step;
    length += step;
  }
  return starts;
}

// The same when the run may go on in the next word, whose free entries are `next`.
inline uint64_t starts_across(uint64_t free, uint64_t next, uint64_t entries) {
  uint64_t length = 1;
  while (length < entries) {
    const uint64_t step = length < entries - length ? length : entries - length;  // 1 to 32
    free &= (free >> step) | (next << (kWordEntries - step));
    next &= next >> step;  // a run that would leave the second word is longer than 64 entries from bit 0 on
    length += step;
  }
  return free;
}

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_FREE_RUNS_H
