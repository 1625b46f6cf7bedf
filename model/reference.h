// SPDX-License-Identifier: BSD-2-Clause
// The reference model: what every call may do to the table, to the allocation state and to its caller. It
// follows an implementation call by call and says where the two part.
//
// It does not predict which entries an implementation picks. It checks that the choice was allowed, notes it,
// and holds the implementation to it from then on.
#ifndef NOSPAN_MODEL_REFERENCE_H
#define NOSPAN_MODEL_REFERENCE_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/allocation_state.h"
#include "model/capacity.h"
#include "model/configuration.h"
#include "model/live_mappings.h"
#include "model/tce_table.h"
#include "model/violation.h"

namespace nospan::model {

// An element of a scatter/gather list, and a segment that map_sg returned.
struct ListElement {
  GuestAddress address;
  std::uint32_t length = 0;
};
struct ListSegment {
  DmaAddress address;
  std::uint32_t length = 0;
};

// Not thread-safe. Calls follow one another like this: begin_call(), the implementation's call with its writes
// going to table(), then the function below that is named after the call. After the first violation the model
// and the implementation have parted: throw both away.
class Reference {
 public:
  TceTable& table() { return table_; }
  const TceTable& table() const { return table_; }

  // Starts a scenario: an empty table, but for what the configuration inherits. The layout and the observer
  // must outlive the scenario.
  void reset(const Configuration& configuration, const Layout& layout, Observer& observer);
  void begin_call() {
    table_.begin_call();
    refused_ = false;
  }
  // A table operation of this call was refused, by a fault or by the hypervisor.
  void note_refusal() { refused_ = true; }

  // After the implementation made its table: it holds what the configuration inherits and nothing else.
  void created();

  // The result of a map call; `dma` is absent if it failed. `mapping` must not be live.
  void mapped_page(std::uint32_t mapping, GuestAddress address, std::uint64_t size, Direction direction,
                   std::optional<DmaAddress> dma);
  // `segments` are the first of the list, as many as map_sg said; absent if it failed.
  void mapped_list(std::uint32_t mapping, std::span<const ListElement> elements, Direction direction,
                   std::optional<std::span<const ListSegment>> segments);
  // `pages_order` is the order of what the implementation took from the page allocator.
  void allocated_coherent(std::uint32_t mapping, std::uint64_t size, GuestAddress address,
                          std::uint32_t pages_order, std::optional<DmaAddress> dma);

  // After the inverse of a map call. The mapping is not live any more.
  void unmapped(std::uint32_t mapping);

  // After a call that must not change anything, because it had no table or asks only.
  void unchanged();
  void answered_in_use(bool answer);

  // At the end, with no mapping live: the whole table and allocation state are as they were after created().
  void finished();

  // After a call that violated something, before it is told: judges what a device reaches through the TCEs that
  // the call left behind, right or wrong (ISO-1), and puts the violations in the order in which they are told.
  void conclude();
  // Forgets the violations of a call after which the model and the implementation agree all the same, as after
  // a missing flush: the scenario may go on.
  void forgive() { violations_.clear(); }

  // The live mapping with this id; its kind is kNone if there is none.
  const Mapping& mapping(std::uint32_t id) const { return mappings_.at(id); }
  std::size_t live() const { return mappings_.count(); }

  // About the current call, for who has to judge a violation: was a table operation refused; the mapping that
  // it made or undid; would the request that it refused (CAP-1) also fit if the last `spared` entries of each
  // pool, or before the end of what the mask allows, were out of bounds? (True if no request was refused yet.)
  bool refused() const { return refused_; }
  std::uint32_t current_mapping() const { return current_mapping_; }
  bool refused_request_fits(std::uint64_t spared) {
    return request_.pages == 0 ||
           place_for(request_, *configuration_, allocation_.expected(), pools_, spared).has_value();
  }
  // Is an entry (relative to the window) allocated or reserved?
  bool allocated(std::uint64_t entry) const { return allocation_.expected().holds(entry); }

  // What was found in the current scenario, in the order in which it was found.
  std::span<const Violation> violations() const { return violations_; }
  void add(Violation violation) { violations_.push_back(std::move(violation)); }

 private:
  // Is the range inside the window and free? Reports RANGE-1 and OWN-1. Marks it as allocated.
  bool take(TceRange range);
  // Do the TCEs of these ranges hold what they must, and was nothing else written? Reports XLAT, PERM, OWN.
  bool check_installed(std::span<const TceRange> ranges, std::span<const GuestAddress> pages,
                       Direction direction);
  void check_installed_slowly(std::span<const TceRange> ranges, std::span<const GuestAddress> pages,
                              Direction direction);
  void violate_offset(DmaAddress dma, GuestAddress address, std::string_view of);
  // To how many entries Linux aligns a streaming mapping of this buffer: those of a system page if it is made
  // of whole ones (arch/powerpc/kernel/iommu.c, iommu_map_page(), ppc_iommu_map_sg()), else 1.
  std::uint64_t preferred_alignment(GuestAddress address, std::uint64_t size) const;
  // ALIGN-1, of a mapping that is not taken yet. False: it is violated.
  bool check_preferred_alignment(TceRange range, std::uint64_t alignment) {
    return ((range.first.value | configuration_->window.first.value) & (alignment - 1)) == 0 ||
           check_unaligned(range, alignment);
  }
  bool check_unaligned(TceRange range, std::uint64_t alignment);
  // CAP-1, of a mapping that is not taken yet: what is kept for large requests is not spent on others. False:
  // it is violated.
  bool check_kept_pool(TceRange range, std::uint64_t alignment) {
    return range.count > kSmallRequest || range.first - configuration_->window.first < kept_pool_ ||
           check_in_kept_pool(range, alignment);
  }
  bool check_in_kept_pool(TceRange range, std::uint64_t alignment);
  void check_segment(DmaAddress dma, std::uint64_t size, std::uint64_t mask, bool boundary);
  // A segment that crosses a boundary: does none of its elements do so by itself?
  bool crosses_between(const ListSegment& segment, std::span<const ListElement> elements) const;
  // Does a flush follow the last change of a TCE? `undone` are the TCEs that were live before the call and are
  // not any more.
  void check_flushed(Invariant invariant, std::span<const TceRange> undone) {
    if (!table_.flushed()) [[unlikely]]
      check_unflushed(invariant, undone);
  }
  void check_unflushed(Invariant invariant, std::span<const TceRange> undone);
  // After a call that failed: nothing changed, and it was allowed to fail.
  void failed(Request request);
  void check_untouched(Invariant invariant);
  Tce expected_tce(TceIndex index) const;
  Violation& violate(Invariant invariant, std::string expected, std::string actual,
                     std::optional<TceIndex> tce = std::nullopt) {
    return model::violate(violations_, invariant, std::move(expected), std::move(actual), tce);
  }

  const Configuration* configuration_ = nullptr;
  const Layout* layout_ = nullptr;
  Observer* observer_ = nullptr;
  std::vector<Pool> pools_;  // as the implementation told them of the new table: they are not to change
  // The entry where the pool begins that is kept for large requests; UINT64_MAX: there is none.
  std::uint64_t kept_pool_ = UINT64_MAX;
  TceTable table_;
  AllocationState allocation_;
  LiveMappings mappings_;
  std::vector<TceRange> ranges_;  // of the current call
  std::vector<GuestAddress> pages_;
  std::vector<Violation> violations_;
  std::uint64_t inherited_live_ = 0;  // inherited entries that count as allocated
  bool refused_ = false;
  std::uint32_t current_mapping_ = 0;
  Request request_;
};

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_REFERENCE_H
