// SPDX-License-Identifier: BSD-2-Clause
// One table of a target with an environment that does as little as possible: for comparing targets with each
// other.
#ifndef NOSPAN_PROPS_BENCH_BARE_TABLE_H
#define NOSPAN_PROPS_BENCH_BARE_TABLE_H

#include <cstdint>
#include <vector>

#include "props/guarded_memory.h"
#include "props/random.h"
#include "targets/target.h"

namespace nospan::bench {

// A window of IOMMU pages of 64 KiB at bus address 0, on one CPU. Every request is of the same number of pages,
// and the stream of maps and unmaps depends on its seed alone: the target decides where a mapping goes, not
// what is asked for. TCEs go nowhere.
class BareTable {
 public:
  BareTable(const nospan_target& target, std::uint64_t entries, std::uint64_t pages_per_request);
  ~BareTable();
  BareTable(const BareTable&) = delete;
  BareTable& operator=(const BareTable&) = delete;

  // Maps until nothing fits, then unmaps at random until `share` of the entries is live.
  void fill_and_thin(double share);
  // Maps until `share` of the entries is live.
  void fill(double share);
  // `count` times: unmaps a mapping at random, maps one.
  void replace(std::uint64_t count);

  double live_share() const {
    return static_cast<double>(live_.size() * pages_) / static_cast<double>(entries_);
  }
  std::uint64_t refused() const { return refused_; }  // by replace(): 0, as every hole fits every request
  // Bytes that the target has asked the environment for and not given back.
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t map();
  void unmap(std::uint64_t dma);

  const nospan_target& target_;
  nospan_environment environment_{};
  std::uint64_t entries_;
  std::uint64_t pages_;
  nospan_map_request request_;
  void* table_ = nullptr;
  std::vector<std::uint64_t> live_;  // DMA addresses
  std::uint64_t refused_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<std::pair<void*, std::uint64_t>> allocations_;
  props::GuardedMemory memory_;
  props::Random random_{1};
};

}  // namespace nospan::bench

#endif  // NOSPAN_PROPS_BENCH_BARE_TABLE_H
