// SPDX-License-Identifier: BSD-2-Clause
#include "model/live_mappings.h"

#include <algorithm>

namespace nospan::model {

void LiveMappings::clear() {
  for (const std::uint32_t id : used_) mappings_[id].kind = MappingKind::kNone;
  used_.clear();
  live_ = 0;
}

void LiveMappings::forget_dead() {
  std::erase_if(used_, [this](std::uint32_t used) { return mappings_[used].kind == MappingKind::kNone; });
}

std::optional<Tce> LiveMappings::tce_at(TceIndex index, IommuPageShift page) const {
  const auto with_permissions = [](GuestAddress address, Direction direction) {
    std::uint64_t bits = direction == Direction::kToDevice ? Tce::kRead : Tce::kWrite;
    if (direction == Direction::kBidirectional) bits = Tce::kRead | Tce::kWrite;
    return Tce{address.value | bits};
  };
  for (const std::uint32_t id : used_) {
    const Mapping& mapping = mappings_[id];
    if (mapping.kind == MappingKind::kPage || mapping.kind == MappingKind::kCoherent) {
      if (!mapping.tces.holds(index)) continue;
      return with_permissions(
          iommu_page_start(mapping.address, page) + ((index - mapping.tces.first) << page.value),
          mapping.direction);
    }
    if (mapping.kind == MappingKind::kList) {
      for (std::size_t i = 0; i < mapping.list_tces.size(); ++i) {
        if (!mapping.list_tces[i].holds(index)) continue;
        return with_permissions(mapping.list_pages[i] + ((index - mapping.list_tces[i].first) << page.value),
                                mapping.direction);
      }
    }
  }
  return std::nullopt;
}

bool LiveMappings::hold_nothing() const {
  return std::all_of(used_.begin(), used_.end(), [this](std::uint32_t id) {
    const Mapping& mapping = mappings_[id];
    return mapping.kind == MappingKind::kNone ||
           (mapping.kind == MappingKind::kList && mapping.list_tces.empty());
  });
}

}  // namespace nospan::model
