// SPDX-License-Identifier: BSD-2-Clause
// One table of a target with an environment that does as little as possible: for comparing targets with each other.
#ifndef NOSPAN_PROPS_BENCH_BARE_TABLE_H
#define NOSPAN_PROPS_BENCH_BARE_TABLE_H

#include <cstdint>
#include <vector>

#include "props/guarded_memory.h"
#include "props/random.h"
#include "targets/target.h"

namespace nospan::bench {

// A window of IOMMU pages of 64 KiB at bus address 0, on one CPU, with a stream of maps and unmaps that depends on
// nothing but its seed: the target decides where a mapping goes, not what is asked for. TCEs are stored in an array.
class BareTable {
 public:
  BareTable(const nospan_target& target, std::uint64_t entries);
  ~BareTable();
  BareTable(const BareTable&) = delete;
  BareTable& operator=(const BareTable&) = delete;

  // Bytes that the target asked the environment for and has not given back.
  std::uint64_t bytes() const { return bytes_; }

  // Maps mappings until `share` of the entries is live: first fills the table, then makes holes at random places.
  void fill(double share);
  // Replaces `count` mappings at random: unmaps one, maps one of a size drawn anew. What is refused is asked for again
  // in the next turn, so that the table stays as full as it is.
  void replace(std::uint64_t count);

  double live_share() const { return static_cast<double>(live_entries_) / static_cast<double>(entries_); }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Mapping {
    std::uint64_t dma = 0;
    std::uint64_t pages = 0;
  };
  std::uint64_t draw_pages();
  bool map(std::uint64_t pages);
  void unmap(std::size_t which);

  const nospan_target& target_;
  nospan_environment environment_{};
  std::uint64_t entries_;
  void* table_ = nullptr;
  std::vector<std::uint64_t> tces_;
  std::vector<Mapping> live_;
  std::uint64_t live_entries_ = 0;
  std::uint64_t owed_ = 0;  // pages of the requests that were refused
  std::uint64_t refused_ = 0;
  std::uint64_t bytes_ = 0;
  props::GuardedMemory memory_;
  props::Random random_{1};
};

}  // namespace nospan::bench

#endif  // NOSPAN_PROPS_BENCH_BARE_TABLE_H
