// SPDX-License-Identifier: BSD-2-Clause
// The environment that a target asks, the same for the compiled code and the executed IR.
#ifndef NOSPAN_SOLVER_DIFFERENTIAL_WORLD_H
#define NOSPAN_SOLVER_DIFFERENTIAL_WORLD_H

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace nospan::solver::differential {

// What environment.fail() throws through the compiled code.
struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Answers what a target asks for, the same way each time it is asked the same things, and writes all down.
class World {
 public:
  enum Kind : uint64_t { kPut, kClear, kGet, kFlush, kAllocatePages, kFreePages, kZero, kAllocate, kWarn };
  using Entry = std::array<uint64_t, 4>;

  explicit World(uint64_t seed) : faults_(seed) {}

  std::vector<Entry> trace;
  std::map<uint64_t, uint64_t> tces;
  unsigned page_shift = 12;
  bool faults = false;

  int put(uint64_t index, uint64_t count, uint64_t tce) {
    // A hypercall that fails half-way.
    const bool fails = faults && faults_() % 16 == 0;
    const uint64_t done = fails ? faults_() % count : count;
    for (uint64_t i = 0; i < std::min<uint64_t>(done, 1024); ++i) tces[index + i] = tce + (i << page_shift);
    return static_cast<int>(note(kPut, index, count, tce, fails ? -16 : 0));
  }
  void clear(uint64_t index, uint64_t count) {
    tces.erase(tces.lower_bound(index), tces.lower_bound(index + count));
    note(kClear, index, count, 0, 0);
  }
  uint64_t get(uint64_t index) {
    const auto found = tces.find(index);
    return static_cast<uint64_t>(
        note(kGet, index, 0, 0, found == tces.end() ? 0 : static_cast<int64_t>(found->second)));
  }
  void flush() { note(kFlush, 0, 0, 0, 0); }
  int allocate_pages(uint64_t order, uint64_t system_page_shift, uint64_t* address) {
    const bool fails = faults && faults_() % 8 == 0;
    if (!fails) {
      const uint64_t size = uint64_t{1} << (order + system_page_shift);
      next_page_ = (next_page_ + size - 1) & ~(size - 1);
      *address = next_page_;
      next_page_ += size;
    }
    return static_cast<int>(note(kAllocatePages, order, 0, 0, fails ? -12 : 0));
  }
  void free_pages(uint64_t address, uint64_t order) { note(kFreePages, address, order, 0, 0); }
  void zero(uint64_t address, uint64_t size) { note(kZero, address, size, 0, 0); }
  void allocate(uint64_t size) { note(kAllocate, size, 0, 0, 0); }
  void warn() { note(kWarn, 0, 0, 0, 0); }

 private:
  int64_t note(Kind kind, uint64_t a, uint64_t b, uint64_t c, int64_t result) {
    trace.push_back({kind, a, b, c ^ static_cast<uint64_t>(result) << 1});
    return result;
  }

  std::mt19937_64 faults_;
  uint64_t next_page_ = uint64_t{1} << 32;
};

}  // namespace nospan::solver::differential

#endif  // NOSPAN_SOLVER_DIFFERENTIAL_WORLD_H
