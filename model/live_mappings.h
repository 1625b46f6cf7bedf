// SPDX-License-Identifier: BSD-2-Clause
// The mappings that are live, as the model knows them: what they map, and which TCEs they hold.
#ifndef NOSPAN_MODEL_LIVE_MAPPINGS_H
#define NOSPAN_MODEL_LIVE_MAPPINGS_H

#include <cstdint>
#include <optional>
#include <vector>

#include "model/page.h"
#include "model/tce.h"
#include "model/window.h"

namespace nospan::model {

// What a mapping is undone with.
enum class MappingKind : std::uint8_t { kNone, kPage, kList, kCoherent };

// A mapping that is live, as the model knows it.
struct Mapping {
  MappingKind kind = MappingKind::kNone;
  Direction direction = Direction::kBidirectional;
  GuestAddress address;
  std::uint64_t size = 0;
  DmaAddress dma;
  TceRange tces;                         // kPage, kCoherent
  std::uint32_t pages_order = 0;         // kCoherent
  std::vector<TceRange> list_tces;       // kList: one range per element that is not empty
  std::vector<GuestAddress> list_pages;  // kList: the first IOMMU page of each
};

// Mappings by number; a number is free again once its mapping is removed. Keeps the capacity of what it held.
// Not thread-safe.
class LiveMappings {
 public:
  void clear();
  // The mapping with this number; its kind is kNone if there is none.
  const Mapping& at(std::uint32_t id) const { return id < mappings_.size() ? mappings_[id] : none_; }
  std::size_t count() const { return live_; }

  // Makes this number live, which it is not; the caller fills the mapping in.
  Mapping& add(std::uint32_t id, MappingKind kind) {
    if (id >= mappings_.size()) mappings_.resize(id + 1);
    used_.push_back(id);
    ++live_;
    mappings_[id].kind = kind;
    return mappings_[id];
  }
  // The mapping is not live any more; what it held can be read until the number is used again.
  const Mapping& remove(std::uint32_t id) {
    mappings_[id].kind = MappingKind::kNone;
    --live_;
    if (used_.size() >= kUsedKept && live_ * 2 < used_.size()) forget_dead();
    return mappings_[id];
  }

  // The TCE that a mapping needs at this index; none if no mapping holds it.
  std::optional<Tce> tce_at(TceIndex index, IommuPageShift page) const;
  // Does none of them hold a TCE? (Lists may be empty.)
  bool hold_nothing() const;

 private:
  // The list of mappings that were live is cleaned up when it has at least this many and half of them are not.
  static constexpr std::size_t kUsedKept = 64;
  void forget_dead();

  std::vector<Mapping> mappings_;
  std::vector<std::uint32_t> used_;  // numbers, of live mappings and some that were
  std::size_t live_ = 0;
  Mapping none_;
};

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_LIVE_MAPPINGS_H
