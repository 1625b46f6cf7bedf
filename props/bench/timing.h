// SPDX-License-Identifier: BSD-2-Clause
// Times pieces of work against each other on a machine that also does something else.
//
// Google Benchmark repeats one function until its time is stable, then the next. What is asked here are ratios,
// on machines whose speed changes by a factor within seconds: so short slices of all sides take turns, the
// ratio is formed between neighbours, and the median of the ratios counts. Time is CPU time of the thread: the
// harness never waits.
#ifndef NOSPAN_PROPS_BENCH_TIMING_H
#define NOSPAN_PROPS_BENCH_TIMING_H

#include <functional>
#include <span>
#include <vector>

namespace nospan::bench {

// CPU seconds that this thread has used.
double thread_seconds();

// The middle value; the mean of the two middle ones of an even number. 0 of none.
double median(std::vector<double> values);

// One of the sides that are compared. slice() does the same work each time, some 10 to 200 ms, and returns how
// many units that was.
struct Side {
  std::function<double()> slice;
};

// Seconds per unit of each side, by round.
struct Rounds {
  std::vector<std::vector<double>> seconds_per_unit;  // [side][round]

  double median_of(std::size_t side) const { return median(seconds_per_unit[side]); }
  // The round that others disturbed least: what an absolute figure is taken from.
  double fastest_of(std::size_t side) const;
  // Median over the rounds of how much a unit of `side` costs compared with one of `other`.
  double ratio(std::size_t side, std::size_t other) const;
};

// Runs every side once untimed, then `rounds` rounds; every other round goes through the sides backwards.
Rounds take_turns(std::span<const Side> sides, int rounds);

}  // namespace nospan::bench

#endif  // NOSPAN_PROPS_BENCH_TIMING_H
