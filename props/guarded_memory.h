// SPDX-License-Identifier: BSD-2-Clause
// Memory for a target's own state whose end touches an inaccessible page: an access past the end is a fault at
// the instruction that makes it, in every build and without a sanitizer.
#ifndef NOSPAN_PROPS_GUARDED_MEMORY_H
#define NOSPAN_PROPS_GUARDED_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nospan::props {

// Not thread-safe.
class GuardedMemory {
 public:
  GuardedMemory() = default;
  ~GuardedMemory();
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  // Zeroed memory of `size` bytes; nullptr if the system gives none. Alignment as target.h promises.
  void* allocate(std::uint64_t size);
  // Gives back memory of allocate(). Returns false if it is none: the caller's bug.
  bool release(void* memory);
  // Gives back everything.
  void release_all();

  // Is this address in the inaccessible page behind, or anywhere inside, one of the objects? For crash reports.
  bool explains(const void* address) const;

 private:
  struct Region {
    std::byte* start = nullptr;   // of the accessible part
    std::uint64_t capacity = 0;   // bytes of the accessible part, whole pages
    std::byte* object = nullptr;  // in use if not null
  };
  std::vector<Region> regions_;
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_GUARDED_MEMORY_H
