// SPDX-License-Identifier: BSD-2-Clause
#include "model/reach.h"

#include <algorithm>
#include <optional>
#include <string>

#include "model/text.h"

namespace nospan::model {
namespace {

void violate_isolation(const Layout& layout, TceIndex index, GuestAddress page, RealAddress foreign,
                       std::vector<Violation>& violations) {
  const Block* owner = layout.owner_block(foreign);
  violate(violations, Invariant::kIso1,
          "every byte of the IOMMU page behind TCE " + hex(index) + " is owned by VM " +
              std::to_string(layout.device_vm().value),
          "real byte " + hex(foreign) + " is reachable and belongs to " +
              (owner == nullptr ? std::string("the hypervisor") : "VM " + std::to_string(owner->owner.value)),
          index);
  violations.back().page = page;
  violations.back().foreign_byte = foreign;
  if (owner != nullptr) violations.back().foreign_owner = owner->owner;
}

void check_reach_of_page(const Layout& layout, IommuPageShift shift, TceIndex index, GuestAddress page,
                         GuestAddress buffer, std::uint64_t size, std::vector<Violation>& violations) {
  const std::uint64_t page_size = shift.bytes();
  const std::optional<RealAddress> real = layout.translate(page);
  if (!real) {
    violate(violations, Invariant::kXlat1,
            "the IOMMU page at guest address " + hex(page) + " has memory behind it",
            "the hypervisor knows no memory there", index);
    return;
  }
  if (const auto foreign = layout.first_foreign_byte(*real, page_size)) {
    violate_isolation(layout, index, page, *foreign, violations);
    return;
  }
  // The page is all this VM's own memory, but is it the memory that the buffer means?
  std::uint64_t from = std::max(page.value, buffer.value);
  const std::uint64_t end = std::min(page.value + (page_size - 1), buffer.value + (size - 1)) + 1;
  while (from < end) {
    const std::optional<RealAddress> own = layout.translate(GuestAddress{from});
    const RealAddress reached = *real + (from - page.value);
    if (!own || *own != reached) {
      violate(violations, Invariant::kXlat1,
              "the byte at guest address " + hex(from) + " translates to real address " +
                  (own ? hex(*own) : std::string("(none)")),
              "the device reaches " + hex(reached), index);
      violations.back().page = page;
      return;
    }
    const Block* block = layout.device_block(GuestAddress{from});
    if (block == nullptr) return;  // identity: the same everywhere
    from = block->guest.value + block->size;
  }
}

}  // namespace

void check_reach_as_written(const Layout& layout, IommuPageShift page, const TceTable& table,
                            std::vector<Violation>& violations) {
  for (const TableOperation& operation : table.operations()) {
    if (operation.kind != TableOperation::Kind::kPut || !operation.tce.live()) continue;
    const GuestAddress first = iommu_page_start(operation.tce.address(), page);
    for (std::uint64_t k = 0; k < operation.written; ++k) {
      const GuestAddress start = first + (k << page.value);
      // A call that goes wrong may write millions of TCEs: what lies in one block is passed over at once.
      if (const Block* block = layout.device_block(start)) {
        const std::uint64_t contained = (block->size - (start - block->guest)) >> page.value;
        if (contained != 0) {
          k += contained - 1;
          continue;
        }
      }
      const std::optional<RealAddress> real = layout.translate(start);
      if (!real) continue;
      const auto foreign = layout.first_foreign_byte(*real, page.bytes());
      if (!foreign) continue;
      const TceIndex index = operation.range.first + k;
      const Tce now = table.at(index);
      if (!now.live() || iommu_page_start(now.address(), page) != start) continue;  // not there any more
      violate_isolation(layout, index, start, *foreign, violations);
      return;
    }
  }
}

void check_reach_by_page(const Layout& layout, IommuPageShift iommu_page, TceRange range, GuestAddress page,
                         GuestAddress buffer, std::uint64_t size, std::vector<Violation>& violations) {
  const unsigned shift = iommu_page.value;
  TceIndex index = range.first;
  std::uint64_t rest = range.count;
  while (rest != 0) {
    const Block* block = layout.device_block(page);
    const std::uint64_t contained =
        block == nullptr ? 0 : std::min(rest, (block->size - (page - block->guest)) >> shift);
    if (contained == rest) [[likely]]
      return;
    page = page + (contained << shift);
    index = index + contained;
    rest -= contained;
    // This IOMMU page leaves the block: the device reaches what lies behind its first byte in real memory.
    if (contained == 0) {
      const std::size_t before = violations.size();
      check_reach_of_page(layout, iommu_page, index, page, buffer, size, violations);
      if (violations.size() != before) return;
      page = page + (std::uint64_t{1} << shift);
      index = index + 1;
      --rest;
    }
  }
}

}  // namespace nospan::model
