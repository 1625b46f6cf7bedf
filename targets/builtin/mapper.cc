// SPDX-License-Identifier: BSD-2-Clause
#include "targets/builtin/mapper.h"

#include <bit>

#include "targets/builtin/checks.h"

namespace nospan::builtin {
namespace {

constexpr uint64_t kNoBoundary = UINT64_MAX;

}  // namespace

Mapper* Mapper::create(const nospan_environment* environment, const nospan_configuration* configuration) {
  if (environment->abi != NOSPAN_TARGET_ABI) return nullptr;
  Mapper* mapper = static_cast<Mapper*>(environment->allocate(environment->context, sizeof(Mapper)));
  if (mapper == nullptr) return nullptr;
  mapper->environment_ = environment;
  mapper->page_shift_ = configuration->page_shift;
  mapper->system_page_shift_ = configuration->system_page_shift;
  mapper->dma_mask_ = configuration->dma_mask;
  mapper->coherent_mask_ = configuration->coherent_mask;
  mapper->segment_boundary_ = configuration->segment_boundary;
  // boundary + 1 overflows to 0 if all bits are set, and a boundary within an IOMMU page becomes 0, too.
  mapper->boundary_entries_ = (configuration->segment_boundary + 1) >> configuration->page_shift;
  mapper->first_index_ = configuration->first_index;
  mapper->entries_ = configuration->entries;
  mapper->max_segment_size_ = configuration->max_segment_size;
  mapper->merge_ = configuration->virtual_merge != 0;
  if (!mapper->space_.create(*environment, *configuration)) {
    environment->release(environment->context, mapper);
    return nullptr;
  }

  if (configuration->inherited != 0) {
    for (uint64_t entry = 0; entry < configuration->entries; ++entry) {
      const uint64_t index = configuration->first_index + entry;
      if (environment->get_tce(environment->context, index) != 0) {
        mapper->space_.take_inherited(TceIndex{index});
      }
    }
  } else {
    environment->clear_tces(environment->context, configuration->first_index, configuration->entries);
    mapper->put_flush();
  }
  return mapper;
}

void Mapper::destroy() {
  const nospan_environment* environment = environment_;
  space_.destroy(*environment);
  environment->release(environment->context, this);
}

// --- what every call is made of: in line, as a few nanoseconds matter here

// Takes entries for a buffer. False, with nothing changed, if it fits nowhere.
inline bool Mapper::place(const Buffer& buffer, const Placement& placement, TceIndex* start) {
  uint64_t mask = placement.mask;
  // The last byte of the address space is where NOSPAN_MAPPING_ERROR points: no buffer may start there.
  if (mask == NOSPAN_MAPPING_ERROR && buffer.last_offset == buffer.offset) --mask;
  if (mask < buffer.last_offset) return false;
  if (boundary_entries_ == 0 && segment_boundary_ != kNoBoundary) {
    // The boundary lies within IOMMU pages: it is the same in each, so that the place does not matter.
    if (buffer.last_offset - buffer.offset > segment_boundary_ - (buffer.offset & segment_boundary_))
      return false;
  }
  SpaceRequest request;
  request.entries = buffer.entries;
  // dma + size - 1 <= mask, in bytes: (start << shift) + last_offset <= mask.
  request.last_start = (mask - buffer.last_offset) >> page_shift_;
  request.boundary = boundary_entries_;
  request.alignment_shift = placement.preferred_shift;
  request.lowest = placement.lowest;
  while (!space_.take(request, placement.cpu, start)) {
    if (request.alignment_shift == placement.alignment_shift) return false;
    request.alignment_shift = placement.alignment_shift;
  }
  return true;
}

inline int Mapper::install(TceIndex start, uint64_t entries, uint64_t tce) {
  const int error = environment_->put_tces(environment_->context, start.value, entries, tce);
  // Whatever the hypervisor says: callers of a list know few errors (kernel/dma/mapping.c), and -ENOMEM would
  // be taken for a full window.
  return error == 0 ? 0 : kErrorInputOutput;
}

// Clears entries, written or not, makes the device see it, and gives them back.
inline void Mapper::withdraw(TceIndex start, uint64_t entries) {
  environment_->clear_tces(environment_->context, start.value, entries);
  put_flush();
  if (!space_.give_back(start, entries)) warn("builtin: unmapped entries that were not mapped");
}

// Undoes one mapping of `size` bytes.
inline void Mapper::remove(uint64_t dma_address, uint64_t size) {
  Buffer buffer;
  if (!Buffer::from(dma_address, size, page_shift_, &buffer) ||
      !space_.is_ordinary(TceIndex{dma_address >> page_shift_}, buffer.entries)) {
    warn("builtin: asked to unmap an address range that cannot have been mapped");
    return;
  }
  withdraw(TceIndex{dma_address >> page_shift_}, buffer.entries);
}

// Whole system pages get DMA addresses aligned to the system page if there are any (Linux behaviour,
// arch/powerpc/kernel/iommu.c, iommu_map_page). Nothing in the DMA API asks for it, so nothing fails for it.
inline uint32_t Mapper::preferred_shift(uint64_t address, uint64_t size) const {
  if (page_shift_ >= system_page_shift_) return 0;
  const uint64_t system_page = uint64_t{1} << system_page_shift_;
  if (size < system_page || (address & (system_page - 1)) != 0) return 0;
  return system_page_shift_ - page_shift_;
}

// --- calls

uint64_t Mapper::map_page(const nospan_map_request& request) {
  const uint64_t permissions = direction_permissions(request.direction);
  if (permissions == 0) return NOSPAN_MAPPING_ERROR;
  if (request.offset > UINT64_MAX - request.page) return NOSPAN_MAPPING_ERROR;
  const uint64_t address = request.page + request.offset;
  Buffer buffer;
  if (!Buffer::from(address, request.size, page_shift_, &buffer)) return NOSPAN_MAPPING_ERROR;
  const Placement placement = {dma_mask_, 0, preferred_shift(address, request.size), request.cpu, false};
  TceIndex start;
  if (!place(buffer, placement, &start)) return NOSPAN_MAPPING_ERROR;
  if (install(start, buffer.entries, buffer.base | permissions) != 0) {
    withdraw(start, buffer.entries);
    return NOSPAN_MAPPING_ERROR;
  }
  put_flush();
  return dma_address(start, buffer);
}

void Mapper::unmap_page(uint64_t dma_address, uint64_t size) { remove(dma_address, size); }

// Maps a list. Elements become one segment if each starts where the one before ended, on an IOMMU page
// boundary both, and the segment keeps within the device's limits. An element that is longer than the device's
// maximum segment size is a segment of its own: the DMA API leaves cutting to the driver.
int Mapper::map_list(nospan_segment* list, uint32_t count, uint32_t direction, uint32_t cpu) {
  const uint64_t permissions = direction_permissions(direction);
  if (permissions == 0 || count == 0 || count > INT32_MAX) return kErrorInvalid;
  int result = map_list_once(list, count, permissions, cpu, false);
  // Runs found near hints may have cut the free space up. Packed from the window's start they may fit.
  if (result == kErrorNoMemory) result = map_list_once(list, count, permissions, cpu, true);
  return result;
}

void Mapper::unmap_list(const nospan_segment* list, uint32_t count) {
  for (uint32_t i = 0; i < count && list[i].dma_length != 0; ++i) {
    remove(list[i].dma_address, list[i].dma_length);
  }
}

int Mapper::allocate_coherent(uint64_t size, uint32_t cpu, uint64_t* guest_address, uint64_t* dma) {
  uint64_t bytes = 0;
  uint32_t order = 0;
  if (!coherent_size(size, &bytes, &order)) return kErrorNoMemory;
  // More than the window holds: do not make the machine look for so much memory.
  if ((bytes - 1) >> page_shift_ >= entries_) return kErrorNoMemory;
  uint64_t address = 0;
  const int error = environment_->allocate_pages(environment_->context, order, &address);
  if (error != 0) return error < 0 ? error : kErrorNoMemory;

  // Aligned on the bus to the smallest power of two of system pages that is at least the size
  // (Documentation/core-api/dma-api.rst, dma_alloc_coherent). If that is less than an IOMMU page, the address
  // of the memory, which is aligned so, gives the offset in the IOMMU page.
  const uint32_t size_shift = order + system_page_shift_;
  const uint32_t alignment_shift = size_shift > page_shift_ ? size_shift - page_shift_ : 0;
  Buffer buffer;
  TceIndex start;
  int result = kErrorNoMemory;
  const Placement placement = {coherent_mask_, alignment_shift, alignment_shift, cpu, false};
  if (Buffer::from(address, bytes, page_shift_, &buffer) && place(buffer, placement, &start)) {
    // Before the device can look.
    environment_->zero(environment_->context, address, bytes);
    result = install(start, buffer.entries, buffer.base | NOSPAN_TCE_READ | NOSPAN_TCE_WRITE);
    if (result == 0) {
      put_flush();
      *guest_address = address;
      *dma = dma_address(start, buffer);
      return 0;
    }
    withdraw(start, buffer.entries);
  }
  environment_->free_pages(environment_->context, address, order);
  return result;
}

void Mapper::free_coherent(uint64_t size, uint64_t guest_address, uint64_t dma_address) {
  uint64_t bytes = 0;
  uint32_t order = 0;
  if (!coherent_size(size, &bytes, &order)) return;
  remove(dma_address, bytes);
  environment_->free_pages(environment_->context, guest_address, order);
}

// One attempt. `compact`: no segment has more than one element, and each takes the lowest place that it fits.
int Mapper::map_list_once(nospan_segment* list, uint32_t count, uint64_t permissions, uint32_t cpu,
                          bool compact) {
  uint32_t segments = 0;
  uint32_t next = 0;
  uint32_t most = compact ? 1 : UINT32_MAX;  // elements in a segment
  int error = 0;
  bool written = false;
  while (error == 0) {
    Group group;
    error = next_group(list, count, next, most, &group);
    if (error != 0 || group.elements == 0) break;
    const nospan_segment& first = list[group.begin];
    const uint32_t preferred = compact ? 0 : preferred_shift(first.address, first.length);
    TceIndex start;
    if (!place(group.buffer, Placement{dma_mask_, 0, preferred, cpu, compact}, &start)) {
      // Try fewer elements at a time. Halving keeps a full table from being searched for each element.
      if (group.elements == 1) error = kErrorNoMemory;
      most = group.elements / 2;
      continue;
    }
    written = true;
    error = install_group(list, group, start, permissions);
    if (error != 0) {
      withdraw(start, group.buffer.entries);
      break;
    }
    // Segments are never ahead of their elements, and the parts that describe elements stay as they are.
    list[segments].dma_address = dma_address(start, group.buffer);
    list[segments].dma_length = static_cast<uint32_t>(group.bytes);
    ++segments;
    next = group.end;
  }
  if (error == 0 && segments == 0) error = kErrorInvalid;  // nothing but empty elements
  if (error != 0) {
    unmap_list(list, segments);
    segments = 0;
  } else if (written) {
    put_flush();
  }
  for (uint32_t i = segments; i < count; ++i) list[i].dma_length = 0;
  return error != 0 ? error : static_cast<int>(segments);
}

// Collects the elements of the next segment, at most `most` that are not empty. Empty elements are passed over.
// group->elements is 0 if there is none. An error if an element goes on past the end of the address space.
int Mapper::next_group(const nospan_segment* list, uint32_t count, uint32_t begin, uint32_t most,
                       Group* group) const {
  group->elements = 0;
  group->bytes = 0;
  group->begin = begin;
  group->end = begin;
  const uint64_t page_mask = (uint64_t{1} << page_shift_) - 1;
  for (uint32_t i = begin; i < count; ++i) {
    const nospan_segment& element = list[i];
    if (element.length == 0) {
      group->end = i + 1;
      continue;
    }
    Buffer buffer;
    if (!Buffer::from(element.address, element.length, page_shift_, &buffer)) return kErrorInvalid;
    if (group->elements == 0) {
      group->begin = i;
      group->buffer = buffer;
    } else {
      Buffer& all = group->buffer;
      const bool joins = ((all.last_offset + 1) & page_mask) == 0 && buffer.offset == 0;
      // 64 bits: neither sum wraps, there are at most 2^32 elements of 2^32 bytes.
      const bool short_enough = group->bytes + element.length <= max_segment_size_;
      const bool within_boundary = boundary_entries_ == 0 || all.entries + buffer.entries <= boundary_entries_;
      if (!merge_ || !joins || !short_enough || !within_boundary || group->elements >= most) return 0;
      all.last_offset += element.length;
      all.entries += buffer.entries;
    }
    group->bytes += element.length;
    ++group->elements;
    group->end = i + 1;
  }
  return 0;
}

// Writes a segment's TCEs: one call for each stretch of guest memory without gaps.
int Mapper::install_group(const nospan_segment* list, const Group& group, TceIndex start,
                          uint64_t permissions) {
  uint64_t index = start.value;  // of the stretch
  uint64_t base = 0;             // its guest address
  uint64_t entries = 0;
  for (uint32_t i = group.begin; i < group.end; ++i) {
    Buffer buffer;
    if (!Buffer::from(list[i].address, list[i].length, page_shift_, &buffer)) continue;  // empty
    if (entries != 0 && buffer.base != base + (entries << page_shift_)) {
      const int error = install(TceIndex{index}, entries, base | permissions);
      if (error != 0) return error;
      index += entries;
      entries = 0;
    }
    if (entries == 0) base = buffer.base;
    entries += buffer.entries;
  }
  return install(TceIndex{index}, entries, base | permissions);
}

// The bytes and the order of the system pages that coherent memory of `size` takes. False if none could be so
// large: then neither could be its alignment.
bool Mapper::coherent_size(uint64_t size, uint64_t* bytes, uint32_t* order) const {
  const uint64_t system_page = uint64_t{1} << system_page_shift_;
  if (size == 0 || size > uint64_t{1} << 63) return false;
  *bytes = (size + (system_page - 1)) & ~(system_page - 1);
  const uint64_t pages = *bytes >> system_page_shift_;
  *order = static_cast<uint32_t>(std::bit_width(pages - 1));
  return true;
}

}  // namespace nospan::builtin
