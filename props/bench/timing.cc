// SPDX-License-Identifier: BSD-2-Clause
#include "props/bench/timing.h"

#include <algorithm>
#include <ctime>

namespace nospan::bench {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double Rounds::fastest_of(std::size_t side) const {
  return *std::min_element(seconds_per_unit[side].begin(), seconds_per_unit[side].end());
}

double Rounds::ratio(std::size_t side, std::size_t other) const {
  std::vector<double> ratios;
  ratios.reserve(seconds_per_unit[side].size());
  for (std::size_t round = 0; round < seconds_per_unit[side].size(); ++round) {
    ratios.push_back(seconds_per_unit[side][round] / seconds_per_unit[other][round]);
  }
  return median(std::move(ratios));
}

Rounds take_turns(std::span<const Side> sides, int rounds) {
  Rounds result;
  result.seconds_per_unit.resize(sides.size());
  for (const Side& side : sides) side.slice();  // caches, page faults
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t k = 0; k < sides.size(); ++k) {
      const std::size_t which = round % 2 == 0 ? k : sides.size() - 1 - k;
      const double start = thread_seconds();
      const double units = sides[which].slice();
      result.seconds_per_unit[which].push_back((thread_seconds() - start) / std::max(units, 1.0));
    }
  }
  return result;
}

}  // namespace nospan::bench
