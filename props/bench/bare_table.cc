// SPDX-License-Identifier: BSD-2-Clause
#include "props/bench/bare_table.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace nospan::bench {
namespace {

constexpr unsigned kPageShift = 16;

}  // namespace

BareTable::BareTable(const nospan_target& target, std::uint64_t entries, std::uint64_t pages_per_request)
    : target_(target),
      entries_(entries),
      pages_(pages_per_request),
      request_{0x12340000, 0, pages_ << kPageShift, NOSPAN_ATTRIBUTE_NO_WARN, NOSPAN_BIDIRECTIONAL, 0} {
  environment_.abi = NOSPAN_TARGET_ABI;
  environment_.context = this;
  static const auto self = [](void* context) -> BareTable& { return *static_cast<BareTable*>(context); };
  environment_.put_tces = [](void*, std::uint64_t, std::uint64_t, std::uint64_t) { return 0; };
  environment_.clear_tces = [](void*, std::uint64_t, std::uint64_t) {};
  environment_.get_tce = [](void*, std::uint64_t) -> std::uint64_t { return 0; };
  environment_.flush = [](void*) {};
  environment_.allocate_pages = [](void*, std::uint32_t, std::uint64_t*) { return -12; };
  environment_.free_pages = [](void*, std::uint64_t, std::uint32_t) {};
  environment_.zero = [](void*, std::uint64_t, std::uint64_t) {};
  environment_.allocate = [](void* context, std::uint64_t size) {
    BareTable& table = self(context);
    void* const memory = table.memory_.allocate(size);
    if (memory != nullptr) {
      table.bytes_ += size;
      table.allocations_.emplace_back(memory, size);
    }
    return memory;
  };
  environment_.release = [](void* context, void* memory) {
    BareTable& table = self(context);
    const auto found = std::find_if(table.allocations_.begin(), table.allocations_.end(),
                                    [memory](const auto& allocation) { return allocation.first == memory; });
    if (found == table.allocations_.end()) return;
    table.bytes_ -= found->second;
    table.allocations_.erase(found);
    table.memory_.release(memory);
  };
  environment_.warn = [](void*, const char*) {};
  environment_.fail = [](void*, std::uint32_t, const char* text) { throw std::runtime_error(text); };

  nospan_configuration configuration{};
  configuration.page_shift = kPageShift;
  configuration.system_page_shift = kPageShift;
  configuration.entries = entries;
  configuration.block_entries = 16;
  configuration.cpus = 1;
  configuration.virtual_merge = 1;
  configuration.dma_mask = UINT64_MAX;
  configuration.coherent_mask = UINT64_MAX;
  configuration.segment_boundary = UINT64_MAX;
  configuration.max_segment_size = 65536;
  table_ = target.create(&environment_, &configuration);
  if (table_ == nullptr) throw std::runtime_error("the target made no table");
}

BareTable::~BareTable() { target_.destroy(table_); }

std::uint64_t BareTable::map() { return target_.map_page(table_, &request_); }

void BareTable::unmap(std::uint64_t dma) {
  target_.unmap_page(table_, dma, request_.size, NOSPAN_BIDIRECTIONAL, NOSPAN_ATTRIBUTE_NO_WARN, 0);
}

void BareTable::fill(double share) {
  while (live_share() < share) {
    const std::uint64_t dma = map();
    if (dma == NOSPAN_MAPPING_ERROR) return;
    live_.push_back(dma);
  }
}

void BareTable::fill_and_thin(double share) {
  fill(2);
  while (live_share() > share) {
    std::swap(live_[random_.below(live_.size())], live_.back());
    unmap(live_.back());
    live_.pop_back();
  }
}

void BareTable::replace(std::uint64_t count) {
  std::size_t next = random_.below(live_.size());
  for (; count != 0; --count) {
    const std::size_t which = next;
    next = random_.below(live_.size());
    __builtin_prefetch(&live_[next]);  // this list is ours, not the target's
    unmap(live_[which]);
    live_[which] = map();
    if (live_[which] != NOSPAN_MAPPING_ERROR) continue;
    ++refused_;
    live_[which] = live_.back();
    live_.pop_back();
    next = random_.below(live_.size());
  }
}

}  // namespace nospan::bench
