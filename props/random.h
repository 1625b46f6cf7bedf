// SPDX-License-Identifier: BSD-2-Clause
// The random numbers behind scenarios: the same on every machine, a nanosecond each.
#ifndef NOSPAN_PROPS_RANDOM_H
#define NOSPAN_PROPS_RANDOM_H

#include <bit>
#include <cstdint>

namespace nospan::props {

// One step of SplitMix64 (Steele, Lea, Flood 2014): turns counters and seeds into independent numbers.
constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// SplitMix64 as a stream. RapidCheck's own generator is a cipher, and drawing from it costs more than running
// the code under test: it seeds this one (props/scenario_generator.h).
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    const std::uint64_t value = mix(state_);
    state_ += 0x9e3779b97f4a7c15;
    return value;
  }
  // A number below `end`; end is at least 1. The bias is below end / 2^64.
  constexpr std::uint64_t below(std::uint64_t end) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * end) >> 64);
  }
  // From `low` to `high`, both included; high - low is below 2^64 - 1.
  constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  // True in `percent` of 100 cases.
  constexpr bool chance(unsigned percent) { return below(100) < percent; }
  // From 1 to `high` (at least 1), every order of magnitude as likely as every other.
  constexpr std::uint64_t log_uniform(std::uint64_t high) {
    const unsigned bits = static_cast<unsigned>(std::bit_width(high));
    const unsigned width = static_cast<unsigned>(below(bits)) + 1;
    const std::uint64_t low = std::uint64_t{1} << (width - 1);
    const std::uint64_t top = width == 64 ? ~std::uint64_t{0} : (low << 1) - 1;
    return between(low, top < high ? top : high);
  }

 private:
  std::uint64_t state_;
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_RANDOM_H
