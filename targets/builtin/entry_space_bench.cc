// SPDX-License-Identifier: BSD-2-Clause
// What taking and giving back a run of entries costs, without TCEs, in a space of 2^20 entries.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "targets/builtin/entry_space.h"
#include "targets/target.h"

namespace nospan::builtin {
namespace {

constexpr uint64_t kEntries = uint64_t{1} << 20;

class Space {
 public:
  explicit Space(uint32_t cpus) {
    environment_.allocate = [](void*, uint64_t size) {
      const uint64_t rounded = (size + 63) / 64 * 64;
      void* memory = std::aligned_alloc(64, rounded);
      if (memory != nullptr) std::memset(memory, 0, rounded);
      return memory;
    };
    environment_.release = [](void*, void* memory) { std::free(memory); };
    nospan_configuration configuration = {};
    configuration.first_index = 1;
    configuration.entries = kEntries;
    configuration.cpus = cpus;
    if (!space_.create(environment_, configuration)) std::abort();
  }
  ~Space() { space_.destroy(environment_); }
  Space(const Space&) = delete;
  Space& operator=(const Space&) = delete;
  EntrySpace& operator*() { return space_; }
  EntrySpace* operator->() { return &space_; }

 private:
  nospan_environment environment_ = {};
  EntrySpace space_ = {};
};

SpaceRequest any_place(uint64_t entries) { return SpaceRequest{entries, UINT64_MAX >> 12, 0, 0, false}; }

// Arguments: CPUs, entries in a run.
void take_and_give_back(benchmark::State& state) {
  Space space(static_cast<uint32_t>(state.range(0)));
  const SpaceRequest request = any_place(static_cast<uint64_t>(state.range(1)));
  for (auto unused : state) {
    (void)unused;
    TceIndex start = {0};
    benchmark::DoNotOptimize(space->take(request, 0, &start));
    benchmark::DoNotOptimize(space->give_back(start, request.entries));
  }
}
BENCHMARK(take_and_give_back)->ArgsProduct({{1, 4}, {1, 16, 64, 256}});

// The longest search: a full space with one hole at its end, and a hint at its beginning.
void find_the_last_hole(benchmark::State& state) {
  Space space(1);
  const SpaceRequest request = any_place(static_cast<uint64_t>(state.range(0)));
  TceIndex start = {0};
  while (space->take(any_place(1), 0, &start)) {
  }
  for (auto unused : state) {
    (void)unused;
    space->give_back(TceIndex{kEntries + 1 - request.entries}, request.entries);
    space->give_back(TceIndex{1}, 1);  // moves the hint away
    space->take(any_place(1), 0, &start);
    benchmark::DoNotOptimize(space->take(request, 0, &start));
  }
}
BENCHMARK(find_the_last_hole)->Arg(2)->Arg(16)->Arg(64)->Arg(256);

// Nothing fits: every second entry is free. Argument: entries in the run.
void refuse(benchmark::State& state) {
  Space space(1);
  const SpaceRequest request = any_place(static_cast<uint64_t>(state.range(0)));
  TceIndex start = {0};
  while (space->take(any_place(1), 0, &start)) {
  }
  for (uint64_t index = 1; index <= kEntries; index += 2) space->give_back(TceIndex{index}, 1);
  for (auto unused : state) {
    (void)unused;
    if (space->take(request, 0, &start)) state.SkipWithError("it fits");
  }
}
BENCHMARK(refuse)->Arg(2)->Arg(16)->Arg(64)->Arg(256);

}  // namespace
}  // namespace nospan::builtin

BENCHMARK_MAIN();
