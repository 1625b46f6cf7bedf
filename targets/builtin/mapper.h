// SPDX-License-Identifier: BSD-2-Clause
// Maps buffers into one window: the entry points of struct nospan_target on one table.
#ifndef NOSPAN_TARGETS_BUILTIN_MAPPER_H
#define NOSPAN_TARGETS_BUILTIN_MAPPER_H

#include <cstdint>

#include "targets/builtin/buffer.h"
#include "targets/builtin/entry_space.h"
#include "targets/builtin/types.h"
#include "targets/target.h"

namespace nospan::builtin {

// One table. Thread-safe but for create() and destroy(). Lies in memory of the environment; what a call needs
// besides lies on the stack, so that no call but create() and alloc_coherent() can run out of memory.
//
// Order of steps, whatever the call: an entry is taken before its TCE is written, and given back after its TCE
// is cleared and the device sees that. So no two mappings ever share a TCE, and no mapping inherits another
// one's rights.
class Mapper {
 public:
  static Mapper* create(const nospan_environment* environment, const nospan_configuration* configuration);
  void destroy();

  uint64_t map_page(const nospan_map_request& request);
  void unmap_page(uint64_t dma_address, uint64_t size);
  int map_list(nospan_segment* list, uint32_t count, uint32_t direction, uint32_t cpu);
  void unmap_list(const nospan_segment* list, uint32_t count);
  int allocate_coherent(uint64_t size, uint32_t cpu, uint64_t* guest_address, uint64_t* dma_address);
  void free_coherent(uint64_t size, uint64_t guest_address, uint64_t dma_address);

  bool in_use() { return space_.any_taken(); }
  EntrySpace& space() { return space_; }
  uint64_t entries() const { return entries_; }

 private:
  // Elements of a list, [begin, end), that get one run of entries and become one segment.
  struct Group {
    uint32_t begin;
    uint32_t end;
    uint32_t elements;  // of them that are not empty
    uint64_t bytes;
    Buffer buffer;  // as if the elements were one buffer that starts like the first
  };

  // What place() wants to know beside the buffer: all addresses are bytes.
  struct Placement {
    uint64_t mask;             // highest DMA address, inclusive
    uint32_t alignment_shift;  // of the DMA address' IOMMU page, in entries: must
    uint32_t preferred_shift;  // the same: rather
    uint32_t cpu;
    bool lowest;  // see SpaceRequest
  };

  [[gnu::always_inline]] bool place(const Buffer& buffer, const Placement& placement, TceIndex* start);
  int install(TceIndex start, uint64_t entries, uint64_t tce);
  [[gnu::always_inline]] void withdraw(TceIndex start, uint64_t entries);
  [[gnu::always_inline]] void remove(uint64_t dma_address, uint64_t size);
  uint32_t preferred_shift(uint64_t address, uint64_t size) const;
  uint64_t dma_address(TceIndex start, const Buffer& buffer) const {
    return (start.value << page_shift_) + buffer.offset;
  }

  int map_list_once(nospan_segment* list, uint32_t count, uint64_t permissions, uint32_t cpu, bool compact);
  int next_group(const nospan_segment* list, uint32_t count, uint32_t begin, uint32_t most, Group* group) const;
  int install_group(const nospan_segment* list, const Group& group, TceIndex start, uint64_t permissions);

  bool coherent_size(uint64_t size, uint64_t* bytes, uint32_t* order) const;

  void put_flush() const { environment_->flush(environment_->context); }
  void warn(const char* text) const { environment_->warn(environment_->context, text); }

  const nospan_environment* environment_;
  uint32_t page_shift_;
  uint32_t system_page_shift_;
  uint64_t dma_mask_;
  uint64_t coherent_mask_;
  uint64_t segment_boundary_;
  uint64_t boundary_entries_;  // 0: none, or smaller than an IOMMU page (then place() looks at bytes)
  uint64_t first_index_;
  uint64_t entries_;
  uint32_t max_segment_size_;
  bool merge_;
  EntrySpace space_;
};

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_MAPPER_H
