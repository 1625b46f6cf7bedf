// SPDX-License-Identifier: BSD-2-Clause
// The figures of `nospan bench`: what they are, how to measure them (method: docs/performance.md).
#ifndef NOSPAN_PROPS_BENCH_FIGURES_H
#define NOSPAN_PROPS_BENCH_FIGURES_H

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "props/guards.h"
#include "reports/error.h"
#include "targets/target.h"

namespace nospan::bench {

// A figure's name and meaning.
struct FigureRule {
  enum class Better : std::uint8_t { kHigher, kLower };
  std::string_view name;  // stable: a key of the JSON
  std::string_view unit;  // "1/s", "s"; empty for a ratio
  Better better = Better::kHigher;
  double goal = 0;        // the least, or the greatest, value that is good
  std::string_view what;  // one sentence
};

// All figures, in the order in which they are told.
std::span<const FigureRule> all_figures();

// One measured figure.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  double goal = 0;
  std::string what;
  FigureRule::Better better = FigureRule::Better::kHigher;

  bool reached() const { return better == FigureRule::Better::kHigher ? value >= goal : value <= goal; }
};

struct BenchOptions {
  // Linux 6.12 with 64 KiB system pages, and the guards of its known findings.
  const nospan_target* kernel = nullptr;
  props::GuardSet guards;
  const nospan_target* builtin = nullptr;
  std::uint64_t seed = 1;
  // A tenth of the work: for tests. The figures are rough then.
  bool quick = false;
  // Measures shrink_seconds: the median over the mutants (props/mutants, which this library does not know).
  // Without it: the median over the kernel's known findings, each found afresh without guards.
  std::function<reports::Expected<double>()> shrink_seconds;
};

// Called before each figure is measured.
using BenchProgress = std::function<void(const FigureRule& next)>;

// Measures the named figures; none named: all. An Error for an unknown name, or if a target cannot go on.
reports::Expected<std::vector<Figure>> measure(std::span<const std::string> names, const BenchOptions& options,
                                               const BenchProgress& progress = {});

}  // namespace nospan::bench

#endif  // NOSPAN_PROPS_BENCH_FIGURES_H
