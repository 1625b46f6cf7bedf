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

#include "model/configuration.h"
#include "model/entry_set.h"
#include "model/invariants.h"
#include "model/tce_table.h"

namespace nospan::model {

// What exactly is wrong, where an invariant covers several things and a known finding is about one of them.
enum class Symptom : std::uint8_t {
  kOther,
  kOffsetMissing,         // XLAT-1: the DMA address lacks bits of the buffer's offset in its IOMMU page
  kMergeCrossesBoundary,  // RANGE-2: a merged segment crosses a boundary between two of its elements
  kNotFlushed,            // XLAT-1, FAIL-1, FREE-1: no flush follows the last change of a TCE
};

// One difference between an implementation and the model.
struct Violation {
  Invariant invariant = Invariant::kSafe1;
  std::string expected;  // what the model says
  std::string actual;    // what the implementation did
  // Places concerned, where there are any: for the picture and the report.
  std::optional<TceIndex> tce;
  std::optional<GuestAddress> page;         // the start of the IOMMU page that the TCE maps
  std::optional<RealAddress> foreign_byte;  // ISO-1: the first reachable byte that the VM does not own,
  std::optional<VmId> foreign_owner;        //        and whose it is; absent: the hypervisor's
  Symptom symptom = Symptom::kOther;
};

// A range of entries in which an implementation looks for space on its own, relative to the window.
struct Pool {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

// What the model asks the implementation about itself.
class Observer {
 public:
  virtual ~Observer() = default;
  // Bit i of words[] is set if entry first + i is allocated or reserved; first is a multiple of 64.
  virtual void read_allocation(std::uint64_t first, std::uint64_t count, std::uint64_t* words) = 0;
  // Valid until the next call.
  virtual std::span<const Pool> pools() = 0;
};

// An element of a scatter/gather list, and a segment that map_sg returned.
struct ListElement {
  GuestAddress address;
  std::uint32_t length = 0;
};
struct ListSegment {
  DmaAddress address;
  std::uint32_t length = 0;
};

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
  const Mapping& mapping(std::uint32_t id) const { return id < mappings_.size() ? mappings_[id] : none_; }
  std::size_t live() const { return live_; }

  // About the current call, for who has to judge a violation: was a table operation refused; the mapping that
  // it made or undid; would the request that it refused (CAP-1) also fit if the last `spared` entries of each
  // pool, or before the end of what the mask allows, were out of bounds? (True if no request was refused yet.)
  bool refused() const { return refused_; }
  std::uint32_t current_mapping() const { return current_mapping_; }
  bool refused_request_fits(std::uint64_t spared) {
    return request_.pages == 0 || fits(request_, spared, nullptr);
  }
  // Is an entry (relative to the window) allocated or reserved?
  bool allocated(std::uint64_t entry) const { return allocated_.holds(entry); }

  // What was found in the current scenario, in the order in which it was found.
  std::span<const Violation> violations() const { return violations_; }
  void add(Violation violation) { violations_.push_back(std::move(violation)); }

 private:
  Mapping& slot(std::uint32_t id);
  // Is the range inside the window and free? Reports RANGE-1 and OWN-1. Marks it as allocated.
  bool take(TceRange range);
  // Do the TCEs of these ranges hold what they must, and was nothing else written? Reports XLAT, PERM, OWN.
  bool check_installed(std::span<const TceRange> ranges, std::span<const GuestAddress> pages,
                       Direction direction);
  void check_installed_slowly(std::span<const TceRange> ranges, std::span<const GuestAddress> pages,
                              Direction direction);
  // What a device reaches through this range, against what the buffer is (ISO-1, XLAT-1 of the second stage).
  void check_reach(TceRange range, GuestAddress page, GuestAddress buffer, std::uint64_t size);
  void check_reach_of_page(TceIndex index, GuestAddress page, GuestAddress buffer, std::uint64_t size);
  // What a device reaches through the TCEs that the call wrote and that are still there (ISO-1).
  void check_reach_as_written();
  void violate_isolation(TceIndex index, GuestAddress page, RealAddress foreign);
  void violate_offset(DmaAddress dma, GuestAddress address, std::string_view of);
  void check_segment(DmaAddress dma, std::uint64_t size, std::uint64_t mask, bool boundary);
  // A segment that crosses a boundary: does none of its elements do so by itself?
  bool crosses_between(const ListSegment& segment, std::span<const ListElement> elements) const;
  // Does a flush follow the last change of a TCE? `undone` are the TCEs that were live before the call and are
  // not any more.
  void check_flushed(Invariant invariant, std::span<const TceRange> undone);
  bool changed_tces(std::size_t operation, std::span<const TceRange> undone) const;
  // Do the pools together hold every entry that can be handed out (CAP-1)?
  void check_pools();
  // A request for entries, for CAP-1. No pages: nothing is claimed.
  struct Request {
    std::uint64_t pages = 0;
    std::uint64_t alignment = 1;  // in entries
    std::uint64_t mask = 0;
  };
  // After a call that failed: nothing changed, and it was allowed to fail.
  void failed(Request request);
  void check_untouched(Invariant invariant);
  // The allocation state near these entries (all of it in a small table) against the model's.
  void check_allocation(std::span<const TceRange> near, Invariant if_missing, Invariant if_extra);
  void compare_words(std::uint64_t first, std::uint64_t count, Invariant if_missing, Invariant if_extra);
  Tce expected_tce(TceIndex index) const;
  bool fits(const Request& request, std::uint64_t spared, TceIndex* place);
  void violate(Invariant invariant, std::string expected, std::string actual,
               std::optional<TceIndex> tce = std::nullopt);

  const Configuration* configuration_ = nullptr;
  const Layout* layout_ = nullptr;
  Observer* observer_ = nullptr;
  TceTable table_;
  EntrySet allocated_;  // expected: reserved, inherited and mapped entries
  std::vector<Mapping> mappings_;
  std::vector<std::uint32_t> used_slots_;
  std::vector<TceRange> ranges_;  // of the current call
  std::vector<GuestAddress> pages_;
  std::vector<std::uint64_t> words_;
  std::vector<Violation> violations_;
  std::uint64_t inherited_live_ = 0;  // inherited entries that count as allocated
  std::uint64_t next_word_ = 0;       // where the sweep over a large table goes on
  std::size_t live_ = 0;
  bool refused_ = false;
  std::uint32_t current_mapping_ = 0;
  Request request_;
  Mapping none_;
};

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_REFERENCE_H
