// SPDX-License-Identifier: BSD-2-Clause
// What the model says of a list that was mapped: its segments, and the elements that they are made of.
#include <algorithm>

#include "model/reach.h"
#include "model/reference.h"
#include "model/text.h"

namespace nospan::model {

void Reference::mapped_list(std::uint32_t id, std::span<const ListElement> elements, Direction direction,
                            std::optional<std::span<const ListSegment>> segments) {
  current_mapping_ = id;
  request_ = {};
  const IommuPageShift page = configuration_->window.page;
  if (!segments) {
    std::uint64_t pages = 0;
    std::uint64_t alignment = 1;
    std::size_t filled = 0;
    for (const ListElement& element : elements) {
      if (element.length == 0) continue;
      ++filled;
      const bool crosses = crosses_boundary_within_pages(element.address, element.length,
                                                         configuration_->device.segment_boundary, page);
      pages = crosses ? 0 : iommu_pages_touched(element.address, element.length, page);
      alignment = preferred_alignment(element.address, element.length);
    }
    // Where several elements must fit side by side, fragmentation by their order is the implementation's
    // business.
    failed({filled == 1 ? pages : 0, alignment, configuration_->device.dma_mask});
    return;
  }
  if (refused_) {
    violate(Invariant::kFail1, "a call whose table operation failed says so",
            "it returned " + std::to_string(segments->size()) + " segments");
    return;
  }
  if (segments->size() > elements.size()) {
    violate(Invariant::kXlat1, "at most as many segments as elements, " + std::to_string(elements.size()),
            std::to_string(segments->size()) + " segments");
    return;
  }

  // Walk elements and segments side by side: a segment is one or several whole elements, end to end.
  ranges_.clear();
  pages_.clear();
  std::size_t next = 0;        // segment
  std::uint64_t position = 0;  // bytes of it that earlier elements fill
  std::size_t in_segment = 0;  // elements in it
  TceRange near{};
  std::optional<Violation> spent;  // of CAP-1
  for (const ListElement& element : elements) {
    if (element.length == 0) continue;
    while (next < segments->size() && position == (*segments)[next].length) {
      ++next;
      position = 0;
      in_segment = 0;
    }
    if (next == segments->size() || (*segments)[next].length - position < element.length) {
      violate(Invariant::kXlat1, "the segments hold the elements whole, one after the other",
              "the element at " + hex(element.address) + ", " + hex(element.length) + " bytes, has no place");
      return;
    }
    const DmaAddress dma = (*segments)[next].address + position;
    if (((dma.value ^ element.address.value) & page.offset_mask()) != 0)
      return violate_offset(dma, element.address, "element");
    const TceRange range{tce_index(dma, page), iommu_pages_touched(element.address, element.length, page)};
    // Several elements may have to move together to fit at all: their places are the implementation's business.
    if (elements.size() == 1 &&
        !check_preferred_alignment(range, preferred_alignment(element.address, element.length))) {
      return;
    }
    // Told only if all else is right: a segment of a wrong length puts elements in wrong places.
    if (!spent && !check_kept_pool(range, preferred_alignment(element.address, element.length))) {
      spent = std::move(violations_.back());
      violations_.pop_back();
    }
    if (!take(range)) return;
    ranges_.push_back(range);
    pages_.push_back(iommu_page_start(element.address, page));
    near = range;
    position += element.length;
    ++in_segment;
    if (in_segment > 1 && position > configuration_->device.max_segment_size) {
      violate(Invariant::kRange2,
              "merged segments of at most " + hex(configuration_->device.max_segment_size) + " bytes",
              "a segment of " + hex((*segments)[next].length) + " bytes", tce_index(dma, page));
      return;
    }
  }
  for (std::size_t i = next; i < segments->size(); ++i) {
    const std::uint64_t filled = i == next ? position : 0;
    if ((*segments)[i].length != filled) {
      violate(Invariant::kXlat1, "the segments hold the elements and no more",
              "segment " + std::to_string(i) + " is " + hex((*segments)[i].length) + " bytes long, " +
                  hex(filled) + " of them are the list's");
      return;
    }
  }

  const bool installed = check_installed(ranges_, pages_, direction);
  std::size_t first = 0;  // element of the segment
  for (const ListSegment& segment : *segments) {
    if (segment.length == 0) continue;
    const std::size_t begin = first;
    for (std::uint64_t filled = 0; filled < segment.length && first < elements.size(); ++first) {
      filled += elements[first].length;
    }
    const std::size_t before = violations_.size();
    check_segment(segment.address, segment.length, configuration_->device.dma_mask, true);
    if (violations_.size() != before) [[unlikely]] {
      if (crosses_between(segment, elements.subspan(begin, first - begin)))
        violations_.back().symptom = Symptom::kMergeCrossesBoundary;
    }
  }
  std::size_t range = 0;
  for (const ListElement& element : elements) {
    if (element.length == 0) continue;
    if (installed)
      check_reach(*layout_, page, ranges_[range], pages_[range], element.address, element.length, violations_);
    ++range;
  }
  allocation_.compare_near(ranges_, Invariant::kOwn1, Invariant::kFree1, violations_);
  check_flushed(Invariant::kXlat1, {});
  if (spent && violations_.empty()) violations_.push_back(std::move(*spent));

  Mapping& mapping = mappings_.add(id, MappingKind::kList);
  mapping.direction = direction;
  mapping.list_tces.assign(ranges_.begin(), ranges_.end());
  mapping.list_pages.assign(pages_.begin(), pages_.end());
}

bool Reference::crosses_between(const ListSegment& segment, std::span<const ListElement> elements) const {
  const DeviceLimits& device = configuration_->device;
  if (!within_mask(segment.address, segment.length, device.dma_mask)) return false;
  DmaAddress start = segment.address;
  for (const ListElement& element : elements) {
    if (element.length == 0) continue;
    if (crosses_boundary(start, element.length, device.segment_boundary)) return false;
    start = start + element.length;
  }
  return true;
}

}  // namespace nospan::model
