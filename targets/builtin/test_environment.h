// SPDX-License-Identifier: BSD-2-Clause
// An environment for tests of this target: a TCE store, guest pages, faults on demand, and a tally.
#ifndef NOSPAN_TARGETS_BUILTIN_TEST_ENVIRONMENT_H
#define NOSPAN_TARGETS_BUILTIN_TEST_ENVIRONMENT_H

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "targets/target.h"

namespace nospan::builtin {

// Thread-safe where the target is: TCEs of different entries are different objects, the rest has a lock.
class TestEnvironment {
 public:
  // TCEs are stored for the absolute indices [first_index, first_index + entries); others are an error.
  TestEnvironment(uint32_t page_shift, uint64_t first_index, uint64_t entries)
      : page_shift_(page_shift), first_index_(first_index), tces_(entries, 0) {
    environment_ = nospan_environment{
        .abi = NOSPAN_TARGET_ABI,
        .reserved = 0,
        .context = this,
        .put_tces = [](void* context, uint64_t index, uint64_t count,
                       uint64_t tce) { return self(context).put(index, count, tce); },
        .clear_tces = [](void* context, uint64_t index, uint64_t count) { self(context).clear(index, count); },
        .get_tce = [](void* context, uint64_t index) { return self(context).tce(index); },
        .flush = [](void* context) { ++self(context).flushes; },
        .allocate_pages = [](void* context, uint32_t order,
                             uint64_t* address) { return self(context).allocate_pages(order, address); },
        .free_pages = [](void* context, uint64_t address,
                         uint32_t order) { self(context).free_pages(address, order); },
        .zero =
            [](void* context, uint64_t address, uint64_t size) {
              const std::lock_guard guard(self(context).mutex_);
              self(context).zeroed.emplace_back(address, size);
            },
        .allocate = [](void* context, uint64_t size) { return self(context).allocate(size); },
        .release = [](void* context, void* memory) { self(context).release(memory); },
        .warn = [](void* context, const char*) { ++self(context).warnings; },
        .fail = [](void*, uint32_t, const char*) { std::abort(); },
    };
  }
  TestEnvironment(const TestEnvironment&) = delete;
  TestEnvironment& operator=(const TestEnvironment&) = delete;

  const nospan_environment* get() const { return &environment_; }
  uint64_t tce(uint64_t index) const { return holds(index, 1) ? tces_[index - first_index_] : 0; }
  void set_tce(uint64_t index, uint64_t tce) { tces_[index - first_index_] = tce; }
  const std::vector<uint64_t>& tces() const { return tces_; }
  uint64_t live_tces() const {
    uint64_t live = 0;
    for (const uint64_t tce : tces_) live += tce != 0;
    return live;
  }
  uint64_t live_pages() const { return pages_.size(); }
  uint64_t live_allocations() const { return allocations_; }
  uint64_t allocated_bytes() const { return allocated_bytes_; }

  // Faults. -1: never; 0: the next call fails; n: n calls succeed before one fails.
  int64_t put_fails_after = -1;
  uint64_t put_writes_before_failing = 0;  // entries that the failing call writes all the same
  int64_t pages_fail_after = -1;
  int64_t allocate_fails_after = -1;
  uint64_t first_page_address = 0;  // allocate_pages() hands out addresses from here on

  // What happened.
  std::atomic<uint64_t> flushes = 0;
  std::atomic<uint64_t> puts = 0;
  std::atomic<uint64_t> warnings = 0;
  std::atomic<uint64_t> errors = 0;  // misuse: overwritten TCEs, indices outside, wrong frees
  std::vector<std::pair<uint64_t, uint64_t>> zeroed;

 private:
  static TestEnvironment& self(void* context) { return *static_cast<TestEnvironment*>(context); }

  bool holds(uint64_t index, uint64_t count) const {
    return index >= first_index_ && index - first_index_ <= tces_.size() &&
           count <= tces_.size() - (index - first_index_);
  }

  static bool fails(int64_t* after) {
    if (*after < 0) return false;
    return (*after)-- == 0;
  }

  int put(uint64_t index, uint64_t count, uint64_t tce) {
    ++puts;
    if (!holds(index, count) || count == 0) {
      ++errors;
      return -22;
    }
    const bool failing = fails(&put_fails_after);
    for (uint64_t i = 0; i < count && !(failing && i == put_writes_before_failing); ++i) {
      uint64_t& slot = tces_[index - first_index_ + i];
      if (slot != 0) ++errors;  // two mappings share an entry
      slot = tce + (i << page_shift_);
    }
    return failing ? -16 : 0;  // what a hypervisor says is not what the DMA API knows
  }

  void clear(uint64_t index, uint64_t count) {
    if (!holds(index, count)) {
      ++errors;
      return;
    }
    for (uint64_t i = 0; i < count; ++i) tces_[index - first_index_ + i] = 0;
  }

  int allocate_pages(uint32_t order, uint64_t* address) {
    const std::lock_guard guard(mutex_);
    if (fails(&pages_fail_after) || order > 30) return -12;
    const uint64_t size = uint64_t{1} << (order + system_page_shift);
    next_page_ = next_page_ < first_page_address ? first_page_address : next_page_;
    next_page_ = (next_page_ + size - 1) / size * size;
    *address = next_page_;
    next_page_ += size;
    pages_[*address] = order;
    return 0;
  }

  void free_pages(uint64_t address, uint32_t order) {
    const std::lock_guard guard(mutex_);
    const auto found = pages_.find(address);
    if (found == pages_.end() || found->second != order) {
      ++errors;
      return;
    }
    pages_.erase(found);
  }

  void* allocate(uint64_t size) {
    if (fails(&allocate_fails_after)) return nullptr;
    void* memory = std::aligned_alloc(64, (size + 63) / 64 * 64);
    if (memory == nullptr) return nullptr;
    std::memset(memory, 0, size);
    ++allocations_;
    allocated_bytes_ += size;
    return memory;
  }

  void release(void* memory) {
    if (memory == nullptr) return;
    --allocations_;
    std::free(memory);
  }

 public:
  uint32_t system_page_shift = 12;

 private:
  nospan_environment environment_;
  uint32_t page_shift_;
  uint64_t first_index_;
  std::vector<uint64_t> tces_;
  std::mutex mutex_;
  uint64_t next_page_ = 0x10000000;
  std::map<uint64_t, uint32_t> pages_;  // address to order
  uint64_t allocations_ = 0;
  uint64_t allocated_bytes_ = 0;
};

// A window without limits or peculiarities.
inline nospan_configuration plain_configuration(uint32_t page_shift, uint64_t first_index, uint64_t entries) {
  nospan_configuration configuration = {};
  configuration.page_shift = page_shift;
  configuration.system_page_shift = 12;
  configuration.first_index = first_index;
  configuration.entries = entries;
  configuration.block_entries = 16;
  configuration.cpus = 1;
  configuration.virtual_merge = 1;
  configuration.dma_mask = UINT64_MAX;
  configuration.coherent_mask = UINT64_MAX;
  configuration.segment_boundary = UINT64_MAX;
  configuration.max_segment_size = UINT32_MAX;
  return configuration;
}

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_TEST_ENVIRONMENT_H
