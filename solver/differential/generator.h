// SPDX-License-Identifier: BSD-2-Clause
// Random tables and calls: whatever a driver may ask, and some of what it may not.
#ifndef NOSPAN_SOLVER_DIFFERENTIAL_GENERATOR_H
#define NOSPAN_SOLVER_DIFFERENTIAL_GENERATOR_H

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "solver/differential/call.h"
#include "targets/target.h"

namespace nospan::solver::differential {

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t n) { return random_() % n; }
  bool once_in(uint64_t n) { return below(n) == 0; }
  // Of any size, small ones more often.
  uint64_t any() { return random_() >> below(64); }
  uint64_t seed() { return random_(); }

  nospan_configuration configuration(unsigned system_page_shift, bool is_kernel) {
    nospan_configuration c{};
    constexpr std::array<uint32_t, 6> kShifts = {12, 12, 16, 16, 21, 24};
    c.page_shift = kShifts[below(kShifts.size())];
    c.system_page_shift = system_page_shift;
    c.first_index = once_in(2) ? 0 : any() >> 34;
    c.entries = 1 + below(once_in(4) ? 300 : 90);
    if (once_in(2)) {
      c.reserved_start = c.first_index + below(c.entries + 1);
      c.reserved_end = c.reserved_start + below(6);
    }
    c.block_entries = uint64_t{1} << below(6);
    c.cpus = 1 + static_cast<uint32_t>(below(4));
    c.virtual_merge = once_in(2);
    c.inherited = once_in(8);
    c.dma_mask = once_in(2) ? ~uint64_t{0} : ~uint64_t{0} >> below(44);
    c.coherent_mask = once_in(2) ? ~uint64_t{0} : ~uint64_t{0} >> below(44);
    c.segment_boundary = once_in(2) ? ~uint64_t{0} : ~uint64_t{0} >> below(52);
    c.max_segment_size = once_in(2) ? 65536 : static_cast<uint32_t>(4096u << below(12));
    if (is_kernel) keep_out_of_findings(c);
    shift_ = c.page_shift;
    cpus_ = c.cpus;
    system_page_shift_ = system_page_shift;
    live_.clear();
    return c;
  }

  Request request(EntryPoint entry_point) {
    Request r;
    r.entry_point = entry_point;
    // iommu_alloc_coherent() reads a table that is not there (finding coherent-without-table-reads-table),
    // which compilers remove and the executor does not.
    r.without_table =
        once_in(100) && entry_point != EntryPoint::kInUse && entry_point != EntryPoint::kAllocCoherent;
    auto& n = r.numbers;
    const uint64_t cpu = below(cpus_);
    switch (entry_point) {
      case EntryPoint::kMapPage:
        r.map.page = below(uint64_t{1} << (once_in(4) ? 40 : 20)) << system_page_shift_;
        r.map.offset = once_in(3) ? 0 : below(uint64_t{1} << (system_page_shift_ + once_in(8)));
        r.map.size = size();
        r.map.attributes = below(2) * NOSPAN_ATTRIBUTE_NO_WARN;
        r.map.direction = static_cast<uint32_t>(below(3));
        r.map.cpu = static_cast<uint32_t>(cpu);
        break;
      case EntryPoint::kUnmapPage: {
        const Live live = take(EntryPoint::kMapPage);
        n = {live.address, live.size, live.direction, 0, cpu};
        break;
      }
      case EntryPoint::kMapList: {
        uint64_t address = below(uint64_t{1} << 30) << 12;
        const std::size_t count = below(Executed::kMostElements + 1);
        for (std::size_t i = 0; i < count; ++i) {
          if (once_in(2)) address = below(uint64_t{1} << 40) & ~below(uint64_t{1} << 17);
          nospan_segment element{};
          element.address = address;
          const uint64_t length = once_in(2) ? uint64_t{1} << (shift_ % 30) : size();
          element.length = once_in(16) ? 0 : static_cast<uint32_t>(length);
          element.dma_length = static_cast<uint32_t>(any());
          element.dma_address = any();
          address += element.length;
          r.list.push_back(element);
        }
        n = {0, 0, below(3), below(2) * NOSPAN_ATTRIBUTE_NO_WARN, cpu};
        break;
      }
      case EntryPoint::kUnmapList: {
        Live live = take(EntryPoint::kMapList);
        r.list = std::move(live.list);
        n = {0, 0, live.direction, 0, cpu};
        break;
      }
      case EntryPoint::kAllocCoherent: n = {size(), cpu}; break;
      case EntryPoint::kFreeCoherent: {
        const Live live = take(EntryPoint::kAllocCoherent);
        n = {live.size, live.guest, live.address, cpu};
        break;
      }
      case EntryPoint::kInUse: break;
      case EntryPoint::kCheckIoba: {
        const uint64_t shift = 12 + below(23);
        const uint64_t first = any() >> 30;
        const uint64_t entries = 1 + (any() >> 40);
        const uint64_t near = (first + below(entries + 2)) << shift;
        n = {shift, first, entries, once_in(4) ? any() : near + once_in(4),
             once_in(4) ? any() : below(entries + 2)};
        break;
      }
      case EntryPoint::kCheckGpa: {
        const uint64_t shift = 12 + below(23);
        n = {shift, once_in(2) ? any() : any() << shift};
        break;
      }
      case EntryPoint::kTceDirection: n = {any()}; break;
      case EntryPoint::kDirectionPermissions: n = {below(5)}; break;
    }
    return r;
  }

  // Remembers what a later call can undo.
  void done(const Request& r, const Seen& seen) {
    const auto& n = r.numbers;
    if (r.without_table) return;
    if (r.entry_point == EntryPoint::kMapPage && seen.result != NOSPAN_MAPPING_ERROR) {
      live_[r.entry_point].push_back({seen.result, r.map.size, 0, r.map.direction, {}});
    } else if (r.entry_point == EntryPoint::kMapList && static_cast<int32_t>(seen.result) > 0) {
      live_[r.entry_point].push_back({0, 0, 0, n[2], seen.list});
    } else if (r.entry_point == EntryPoint::kAllocCoherent && seen.result == 0) {
      live_[r.entry_point].push_back({seen.out[1], n[0], seen.out[0], 0, {}});
    }
  }

 private:
  // Where the kernel's code leaves its table or never returns there is nothing to compare: findings
  // empty-pool-searches-past-table, mask-below-window-searches-past-table, boundary-smaller-than-request-hangs.
  static void keep_out_of_findings(nospan_configuration& c) {
    c.entries += 6;
    while (c.dma_mask >> c.page_shift < c.first_index) c.dma_mask = c.dma_mask << 1 | 1;
    while (c.coherent_mask >> c.page_shift < c.first_index) c.coherent_mask = c.coherent_mask << 1 | 1;
    while (c.segment_boundary >> c.page_shift < c.entries) c.segment_boundary = c.segment_boundary << 1 | 1;
  }

  struct Live {
    uint64_t address;
    uint64_t size;
    uint64_t guest;
    uint64_t direction;
    std::vector<nospan_segment> list;
  };

  uint64_t size() {
    if (once_in(64)) return 1 + (any() >> 20);
    return 1 + below(uint64_t{4} << (once_in(2) ? shift_ : system_page_shift_));
  }

  // A live mapping of that kind; now and then one that stays, or that never was.
  Live take(EntryPoint kind) {
    std::vector<Live>& all = live_[kind];
    if (all.empty() || once_in(16)) return {any(), 1 + any() / 2, any() >> 8 << 16, below(3), {}};
    const std::size_t at = below(all.size());
    Live live = all[at];
    if (!once_in(32)) all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
    return live;
  }

  std::mt19937_64 random_;
  unsigned shift_ = 12;
  uint64_t cpus_ = 1;
  unsigned system_page_shift_ = 12;
  std::map<EntryPoint, std::vector<Live>> live_;
};

}  // namespace nospan::solver::differential

#endif  // NOSPAN_SOLVER_DIFFERENTIAL_GENERATOR_H
