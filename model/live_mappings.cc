// SPDX-License-Identifier: BSD-2-Clause
#include "model/live_mappings.h"

#include <algorithm>

namespace nospan::model {
namespace {

// The list of mappings that were live is cleaned up when it has at least this many and half of them are not.
constexpr std::size_t kUsedKept = 64;

}  // namespace

void LiveMappings::clear() {
  for (const std::uint32_t id : used_) mappings_[id].kind = MappingKind::kNone;
  used_.clear();
  live_ = 0;
}

Mapping& LiveMappings::add(std::uint32_t id, MappingKind kind) {
  if (id >= mappings_.size()) mappings_.resize(id + 1);
  used_.push_back(id);
  ++live_;
  mappings_[id].kind = kind;
  return mappings_[id];
}

const Mapping& LiveMappings::remove(std::uint32_t id) {
  mappings_[id].kind = MappingKind::kNone;
  --live_;
  if (used_.size() >= kUsedKept && live_ * 2 < used_.size()) {
    std::erase_if(used_, [this](std::uint32_t used) { return mappings_[used].kind == MappingKind::kNone; });
  }
  return mappings_[id];
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
