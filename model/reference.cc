// SPDX-License-Identifier: BSD-2-Clause
#include "model/reference.h"

#include <algorithm>

#include "model/capacity.h"
#include "model/reach.h"
#include "model/text.h"

namespace nospan::model {
namespace {

// A crash kernel that finds fewer free entries than this takes the last ones of the table back from the
// mappings that it inherits (Linux, iommu_table_clear, KDUMP_MIN_TCE_ENTRIES).
constexpr std::uint64_t kLeastFreeForCrashKernel = 2048;

// Coherent memory of up to 2^kCoherentOrder system pages must not be refused for its size alone (Linux,
// arch/powerpc/include/asm/iommu.h: below IOMAP_MAX_ORDER).
constexpr unsigned kCoherentOrder = 12;

std::string describe(Tce tce) {
  if (tce.value == 0) return "no TCE";
  std::string text = hex(tce.address());
  text +=
      tce.readable() ? (tce.writable() ? " read/write" : " read") : (tce.writable() ? " write" : " no access");
  return text;
}

std::string describe(TceRange range) {
  if (range.count == 1) return "TCE " + hex(range.first);
  return std::to_string(range.count) + " TCEs from " + hex(range.first) + " on";
}

std::string_view name(Direction direction) {
  switch (direction) {
    case Direction::kBidirectional: return "bidirectional";
    case Direction::kToDevice: return "to-device";
    case Direction::kFromDevice: return "from-device";
    case Direction::kNone: return "none";
  }
  return "?";
}

}  // namespace

void Reference::reset(const Configuration& configuration, const Layout& layout, Observer& observer) {
  configuration_ = &configuration;
  layout_ = &layout;
  observer_ = &observer;
  pools_.clear();
  kept_pool_ = UINT64_MAX;
  const Window& window = configuration.window;
  table_.reset(window);
  allocation_.reset(window, observer);
  mappings_.clear();
  violations_.clear();
  inherited_live_ = 0;
  refused_ = false;
  request_ = {};

  // RANGE-1: what must never be handed out.
  if (window.first.value == 0) allocation_.insert(0, 1);
  const std::uint64_t end = window.first.value + window.entries;
  const std::uint64_t reserved_start = std::max(window.reserved_start.value, window.first.value);
  const std::uint64_t reserved_end = std::min(window.reserved_end.value, end);
  if (reserved_start < reserved_end) {
    allocation_.insert(reserved_start - window.first.value, reserved_end - reserved_start);
  }

  if (configuration.crash_kernel) {
    for (const InheritedRange& range : configuration.inherited) {
      // Mappings of the kernel that crashed: anything of the VM's own. The value only has to be recognised
      // again.
      table_.inherit({range.first, range.count},
                     Tce{(range.first.value << window.page.value) | Tce::kRead | Tce::kWrite});
      const std::uint64_t entry = range.first - window.first;
      inherited_live_ += range.count - allocation_.expected().count_in(entry, range.count);
      allocation_.insert(entry, range.count);
    }
  }
}

void Reference::created() {
  const Window& window = configuration_->window;
  if (configuration_->crash_kernel && !configuration_->inherited.empty()) {
    const std::uint64_t free = window.entries - allocation_.expected().count_in(0, window.entries);
    if (free < kLeastFreeForCrashKernel && window.entries >= kLeastFreeForCrashKernel) {
      // The implementation may have taken back inherited entries at the end: follow it.
      const std::span<const std::uint64_t> words = allocation_.observed();
      for (std::uint64_t entry = window.entries - kLeastFreeForCrashKernel; entry < window.entries; ++entry) {
        const bool given_back = (words[entry / 64] >> (entry % 64) & 1) == 0;
        if (given_back && allocation_.expected().holds(entry) && !window.reserved(window.first + entry)) {
          allocation_.remove(entry, 1);
          --inherited_live_;
        }
      }
    }
  }
  for (const InheritedRange& range : configuration_->inherited) {
    if (!configuration_->crash_kernel || table_.all_live({range.first, range.count})) continue;
    for (std::uint64_t i = 0; i < range.count; ++i) {
      if (!table_.at(range.first + i).live()) {
        violate(Invariant::kFree1, "TCE " + hex(range.first + i) + " of the crashed kernel stays mapped",
                "it was cleared", range.first + i);
        return;
      }
    }
  }
  for (const TableOperation& operation : table_.operations()) {
    if (operation.kind == TableOperation::Kind::kPut || operation.outside) {
      violate(
          operation.outside ? Invariant::kRange1 : Invariant::kXlat2, "a new table is empty",
          describe(operation.range) + (operation.outside ? " outside the window was cleared" : " was written"),
          operation.range.first);
      return;
    }
  }
  allocation_.compare_all(Invariant::kOwn1, Invariant::kFree1, violations_);
  const std::span<const Pool> pools = observer_->pools();
  pools_.assign(pools.begin(), pools.end());
  kept_pool_ = pools.size() > 1 && pools.back().large ? pools.back().start : UINT64_MAX;
  if (const auto lost = entry_without_pool(allocation_.expected(), pools_)) {
    const TceIndex index = window.first + *lost;
    violate(Invariant::kCap1,
            "every entry that is not reserved lies in a pool, that of TCE " + hex(index) + " too",
            "it lies in none and is never handed out", index);
  }
}

bool Reference::take(TceRange range) {
  const Window& window = configuration_->window;
  const std::uint64_t entry = range.first - window.first;
  if (range.count > window.entries) [[unlikely]] {
    violate(Invariant::kXlat2,
            "a buffer of " + std::to_string(range.count) + " IOMMU pages is refused by a window of " +
                std::to_string(window.entries),
            "it was mapped at TCE " + hex(range.first), range.first);
    return false;
  }
  if (entry >= window.entries || range.count > window.entries - entry) [[unlikely]] {
    violate(Invariant::kRange1,
            "TCEs in the window, " + hex(window.first) + " to " + hex(window.first + (window.entries - 1)),
            "the mapping uses " + describe(range), range.first);
    return false;
  }
  if (allocation_.expected().holds_any(entry, range.count)) [[unlikely]] {
    std::uint64_t taken = entry;
    while (!allocation_.expected().holds(taken)) ++taken;
    const TceIndex index = window.first + taken;
    if (window.reserved(index)) {
      violate(Invariant::kRange1, "TCE " + hex(index) + " is reserved and never handed out",
              "the mapping uses " + describe(range), index);
    } else {
      violate(Invariant::kOwn1, "TCE " + hex(index) + " belongs to another mapping",
              "the new mapping uses " + describe(range), index);
    }
    return false;
  }
  allocation_.insert(entry, range.count);
  return true;
}

Tce Reference::expected_tce(TceIndex index) const {
  const IommuPageShift page = configuration_->window.page;
  if (const auto mapped = mappings_.tce_at(index, page)) return *mapped;
  if (configuration_->crash_kernel) {
    const std::uint64_t entry = index - configuration_->window.first;
    for (const InheritedRange& range : configuration_->inherited) {
      if (index - range.first < range.count && allocation_.expected().holds(entry)) {
        return Tce{(index.value << page.value) | Tce::kRead | Tce::kWrite};
      }
    }
  }
  return Tce{};
}

bool Reference::check_installed(std::span<const TceRange> ranges, std::span<const GuestAddress> pages,
                                Direction direction) {
  // The usual case: one write for each range, and nothing else.
  const auto operations = table_.operations();
  if (operations.size() == ranges.size()) [[likely]] {
    bool same = true;
    for (std::size_t i = 0; i < ranges.size() && same; ++i) {
      const TableOperation& operation = operations[i];
      same = operation.kind == TableOperation::Kind::kPut && operation.range == ranges[i] &&
             operation.written == ranges[i].count && operation.tce.address() == pages[i] &&
             permissions_fit(operation.tce, direction);
    }
    if (same) return true;
  }
  const std::size_t before = violations_.size();
  check_installed_slowly(ranges, pages, direction);
  return violations_.size() == before;
}

void Reference::check_installed_slowly(std::span<const TceRange> ranges, std::span<const GuestAddress> pages,
                                       Direction direction) {
  const IommuPageShift page = configuration_->window.page;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    for (std::uint64_t k = 0; k < ranges[i].count; ++k) {
      const TceIndex index = ranges[i].first + k;
      const GuestAddress address = pages[i] + (k << page.value);
      const Tce tce = table_.at(index);
      if (!tce.live() && tce.value == 0) {
        violate(Invariant::kXlat2, "TCE " + hex(index) + " maps " + hex(address), "it was not installed",
                index);
        return;
      }
      if (tce.address() != address) {
        violate(Invariant::kXlat1, "TCE " + hex(index) + " maps " + hex(address), "it maps " + describe(tce),
                index);
        violations_.back().page = tce.address();
        return;
      }
      if (!permissions_fit(tce, direction)) {
        violate(
            Invariant::kPerm1,
            "TCE " + hex(index) + " carries the permissions of a " + std::string(name(direction)) + " mapping",
            "it is " + describe(tce), index);
        return;
      }
    }
  }
  // Nothing but the mapping's TCEs changed.
  for (const TableOperation& operation : table_.operations()) {
    if (operation.outside) {
      violate(Invariant::kRange1, "TCEs in the window", describe(operation.range) + " were written",
              operation.range.first);
      return;
    }
    for (std::uint64_t k = 0; k < operation.written; ++k) {
      const TceIndex index = operation.range.first + k;
      const bool own =
          std::any_of(ranges.begin(), ranges.end(), [&](TceRange range) { return range.holds(index); });
      if (own) continue;
      const Tce expected = expected_tce(index);
      const Tce actual = table_.at(index);
      if (expected.address() == actual.address() && expected.live() == actual.live()) continue;
      violate(expected.live() ? Invariant::kOwn1 : Invariant::kXlat2,
              "TCE " + hex(index) + " is not part of the mapping and stays " + describe(expected),
              "it holds " + describe(actual), index);
      return;
    }
  }
}

void Reference::conclude() {
  const auto is_isolation = [](const Violation& violation) { return violation.invariant == Invariant::kIso1; };
  if (std::none_of(violations_.begin(), violations_.end(), is_isolation))
    check_reach_as_written(*layout_, configuration_->window.page, table_, violations_);
  // Stable, and they are few.
  const auto told_before = [](const Violation& a, const Violation& b) { return a.invariant < b.invariant; };
  for (auto next = violations_.begin(); next != violations_.end(); ++next) {
    std::rotate(std::upper_bound(violations_.begin(), next, *next, told_before), next, next + 1);
  }
}

void Reference::check_unflushed(Invariant invariant, std::span<const TceRange> undone) {
  // Where something else is wrong, too, that is what counts.
  if (!violations_.empty()) return;
  const TableOperation* change = table_.unflushed_change(undone);
  if (change == nullptr) return;
  const bool cleared = change->kind == TableOperation::Kind::kClear;
  violate(invariant, "a flush follows the last change of TCEs, so that the device does not go on with old ones",
          describe(change->range) + (cleared ? " cleared" : " written") + " with no flush behind",
          change->range.first);
  violations_.back().symptom = Symptom::kNotFlushed;
}

void Reference::violate_offset(DmaAddress dma, GuestAddress address, std::string_view of) {
  const IommuPageShift page = configuration_->window.page;
  const std::uint64_t offset = address.value & page.offset_mask();
  const std::uint64_t actual = dma.value & page.offset_mask();
  violate(Invariant::kXlat1,
          "the DMA address carries the " + std::string(of) + "'s offset in its IOMMU page, " + hex(offset),
          "it is " + hex(dma), tce_index(dma, page));
  if ((actual & ~offset) == 0) violations_.back().symptom = Symptom::kOffsetMissing;
}

void Reference::check_segment(DmaAddress dma, std::uint64_t size, std::uint64_t mask, bool boundary) {
  if (!within_mask(dma, size, mask)) [[unlikely]] {
    violate(Invariant::kRange2, "DMA addresses up to the mask " + hex(mask),
            hex(size) + " bytes were mapped at " + hex(dma), tce_index(dma, configuration_->window.page));
  } else if (boundary && crosses_boundary(dma, size, configuration_->device.segment_boundary)) [[unlikely]] {
    violate(Invariant::kRange2,
            "a segment crosses no multiple of " + hex(configuration_->device.segment_boundary + 1),
            "a segment of " + hex(size) + " bytes lies at " + hex(dma),
            tce_index(dma, configuration_->window.page));
    if (configuration_->device.segment_boundary < configuration_->window.page.offset_mask())
      violations_.back().symptom = Symptom::kBoundaryWithinPage;
  }
}

void Reference::check_untouched(Invariant invariant) {
  for (const TableOperation& operation : table_.operations()) {
    if (operation.outside) {
      violate(Invariant::kRange1, "TCEs in the window", describe(operation.range) + " were written",
              operation.range.first);
      return;
    }
    const std::uint64_t entry = operation.range.first - configuration_->window.first;
    const bool others = allocation_.expected().holds_any(entry, operation.range.count);
    for (std::uint64_t k = 0; k < operation.range.count; ++k) {
      const TceIndex index = operation.range.first + k;
      const Tce actual = table_.at(index);
      const Tce expected = others ? expected_tce(index) : Tce{};
      if (expected.address() == actual.address() && expected.live() == actual.live()) continue;
      violate(invariant, "TCE " + hex(index) + " stays as it was: " + describe(expected),
              "it holds " + describe(actual), index);
      return;
    }
  }
}

void Reference::mapped_page(std::uint32_t id, GuestAddress address, std::uint64_t size, Direction direction,
                            std::optional<DmaAddress> dma) {
  current_mapping_ = id;
  request_ = {};
  const IommuPageShift page = configuration_->window.page;
  const std::uint64_t pages = iommu_pages_touched(address, size, page);
  if (!dma) {
    if (crosses_boundary_within_pages(address, size, configuration_->device.segment_boundary, page))
      return failed({});
    failed({pages, preferred_alignment(address, size), configuration_->device.dma_mask});
    return;
  }
  if (refused_) {
    violate(Invariant::kFail1, "a call whose table operation failed says so", "it returned " + hex(*dma),
            tce_index(*dma, page));
    return;
  }
  if (((dma->value ^ address.value) & page.offset_mask()) != 0) return violate_offset(*dma, address, "buffer");
  const TceRange range{tce_index(*dma, page), pages};
  const std::uint64_t preferred = preferred_alignment(address, size);
  if (!check_preferred_alignment(range, preferred) || !check_kept_pool(range, preferred) || !take(range))
    return;
  const GuestAddress first_page = iommu_page_start(address, page);
  const bool installed = check_installed({&range, 1}, {&first_page, 1}, direction);
  check_segment(*dma, size, configuration_->device.dma_mask, true);
  if (installed) check_reach(*layout_, page, range, first_page, address, size, violations_);
  allocation_.compare_near({&range, 1}, Invariant::kOwn1, Invariant::kFree1, violations_);
  check_flushed(Invariant::kXlat1, {});

  Mapping& mapping = mappings_.add(id, MappingKind::kPage);
  mapping.direction = direction;
  mapping.address = address;
  mapping.size = size;
  mapping.dma = *dma;
  mapping.tces = range;
}

void Reference::allocated_coherent(std::uint32_t id, std::uint64_t size, GuestAddress address,
                                   std::uint32_t pages_order, std::optional<DmaAddress> dma) {
  current_mapping_ = id;
  request_ = {};
  const IommuPageShift page = configuration_->window.page;
  const std::uint64_t bytes = coherent_bytes(size, configuration_->system_page);
  const std::uint64_t alignment = coherent_alignment(size, configuration_->system_page);
  if (!dma) {
    // An implementation may have a largest coherent size, but not a smaller one than Linux.
    const std::uint64_t most = configuration_->system_page.bytes() << kCoherentOrder;
    if (alignment == 0 || alignment > most) return failed({});
    // The memory is aligned so, too.
    if (crosses_boundary_within_pages({0}, bytes, configuration_->device.segment_boundary, page))
      return failed({});
    const std::uint64_t entries = std::max<std::uint64_t>(1, alignment >> page.value);
    failed({iommu_pages_touched(GuestAddress{0}, bytes, page), entries, configuration_->device.coherent_mask});
    return;
  }
  if (refused_) {
    violate(Invariant::kFail1, "a call whose table operation or page allocation failed says so",
            "it returned " + hex(*dma), tce_index(*dma, page));
    return;
  }
  if (alignment == 0 || (dma->value & (alignment - 1)) != 0) {
    violate(Invariant::kAlign1, "coherent memory of " + hex(size) + " bytes is aligned to " + hex(alignment),
            "its DMA address is " + hex(*dma), tce_index(*dma, page));
    return;
  }
  if (((dma->value ^ address.value) & page.offset_mask()) != 0) return violate_offset(*dma, address, "memory");
  const TceRange range{tce_index(*dma, page), iommu_pages_touched(address, bytes, page)};
  if (!take(range)) return;
  const GuestAddress first_page = iommu_page_start(address, page);
  const bool installed = check_installed({&range, 1}, {&first_page, 1}, Direction::kBidirectional);
  check_segment(*dma, bytes, configuration_->device.coherent_mask, false);
  if (installed) check_reach(*layout_, page, range, first_page, address, bytes, violations_);
  allocation_.compare_near({&range, 1}, Invariant::kOwn1, Invariant::kFree1, violations_);
  check_flushed(Invariant::kXlat1, {});

  Mapping& mapping = mappings_.add(id, MappingKind::kCoherent);
  mapping.direction = Direction::kBidirectional;
  mapping.address = address;
  mapping.size = size;
  mapping.dma = *dma;
  mapping.tces = range;
  mapping.pages_order = pages_order;
}

void Reference::unmapped(std::uint32_t id) {
  current_mapping_ = id;
  const bool list = mappings_.at(id).kind == MappingKind::kList;
  const Mapping& mapping = mappings_.remove(id);
  const std::span<const TceRange> ranges =
      list ? std::span<const TceRange>(mapping.list_tces) : std::span<const TceRange>(&mapping.tces, 1);
  std::uint64_t pages = 0;
  for (const TceRange range : ranges) {
    allocation_.remove(range.first - configuration_->window.first, range.count);
    pages += range.count;
  }
  // The usual case: the writes are clears of what the mapping had, no more and no less.
  std::uint64_t cleared = 0;
  const auto operations = table_.operations();
  bool plain = true;
  for (const TableOperation& operation : operations) {
    plain = plain && operation.kind == TableOperation::Kind::kClear && !operation.outside;
    cleared += operation.range.count;
  }
  const bool exact = plain && ranges.size() == 1 && operations.size() == 1 && operations[0].range == ranges[0];
  if (!exact) {
    for (const TceRange range : ranges) {
      for (std::uint64_t k = 0; k < range.count; ++k) {
        const TceIndex index = range.first + k;
        if (table_.at(index).value == 0) continue;
        violate(Invariant::kFree1, "TCE " + hex(index) + " is cleared with its mapping",
                "it still maps " + describe(table_.at(index)), index);
        return;
      }
    }
    const std::size_t before = violations_.size();
    check_untouched(Invariant::kFree1);
    if (violations_.size() == before && plain && cleared != pages) {
      violate(Invariant::kFree1, "exactly the mapping's " + std::to_string(pages) + " TCEs are cleared",
              std::to_string(cleared) + " were");
    }
    if (violations_.size() != before) return;
  }
  allocation_.compare_near(ranges, Invariant::kFree1, Invariant::kFree1, violations_);
  check_flushed(Invariant::kFree1, ranges);
}

void Reference::unchanged() {
  check_untouched(Invariant::kFail1);
  // Whatever was written for is what may have been left allocated.
  ranges_.clear();
  for (const TableOperation& operation : table_.operations()) {
    if (!operation.outside) ranges_.push_back(operation.range);
  }
  allocation_.compare_near(ranges_, Invariant::kFail1, Invariant::kFail1, violations_);
}

void Reference::answered_in_use(bool answer) {
  unchanged();
  const bool expected = mappings_.count() != 0 || inherited_live_ != 0;
  // An empty list is live and holds nothing: then either answer is right.
  const bool empty_lists_only = inherited_live_ == 0 && mappings_.hold_nothing();
  if (answer != expected && !(expected && empty_lists_only)) {
    violate(Invariant::kFree1, expected ? "the table is in use" : "the table is not in use",
            answer ? "it says that it is" : "it says that it is not");
  }
}

void Reference::finished() { allocation_.compare_all(Invariant::kFree1, Invariant::kFree1, violations_); }

}  // namespace nospan::model
