// SPDX-License-Identifier: BSD-2-Clause
#include "props/guarded_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace nospan::props {
namespace {

std::uint64_t page_size() {
  static const auto size = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace

GuardedMemory::~GuardedMemory() {
  for (const Region& region : regions_) munmap(region.start, region.capacity + page_size());
}

void* GuardedMemory::allocate(std::uint64_t size) {
  const std::uint64_t bytes = size == 0 ? 8 : (size + 7) & ~std::uint64_t{7};
  if (bytes < size || bytes > (std::uint64_t{1} << 40)) return nullptr;
  const std::uint64_t capacity = (bytes + page_size() - 1) / page_size() * page_size();
  Region* best = nullptr;
  for (Region& region : regions_) {
    if (region.object != nullptr || region.capacity < bytes) continue;
    if (best == nullptr || region.capacity < best->capacity) best = &region;
  }
  // Scenarios follow one another by the million: a mapping is kept and used again.
  if (best == nullptr) {
    void* mapping = mmap(nullptr, capacity + page_size(), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return nullptr;
    auto* start = static_cast<std::byte*>(mapping);
    if (mprotect(start + capacity, page_size(), PROT_NONE) != 0) {
      munmap(mapping, capacity + page_size());
      return nullptr;
    }
    best = &regions_.emplace_back(Region{start, capacity, nullptr});
  }
  best->object = best->start + (best->capacity - bytes);
  std::memset(best->object, 0, bytes);
  return best->object;
}

bool GuardedMemory::release(void* memory) {
  if (memory == nullptr) return true;
  for (Region& region : regions_) {
    if (region.object == memory) {
      region.object = nullptr;
      return true;
    }
  }
  return false;
}

void GuardedMemory::release_all() {
  for (Region& region : regions_) region.object = nullptr;
}

bool GuardedMemory::explains(const void* address) const {
  const auto* byte = static_cast<const std::byte*>(address);
  for (const Region& region : regions_) {
    if (byte >= region.start && byte < region.start + region.capacity + page_size()) return true;
  }
  return false;
}

}  // namespace nospan::props
