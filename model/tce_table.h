// SPDX-License-Identifier: BSD-2-Clause
// The table that the IOMMU reads: one TCE for every IOMMU page of a window, and a log of what was done to it.
#ifndef NOSPAN_MODEL_TCE_TABLE_H
#define NOSPAN_MODEL_TCE_TABLE_H

#include <cstdint>
#include <span>
#include <vector>

#include "model/tce.h"
#include "model/window.h"

namespace nospan::model {

// One write to the table, as the implementation under test asked for it.
struct TableOperation {
  enum class Kind : std::uint8_t { kPut, kClear };
  Kind kind = Kind::kPut;
  bool failed = false;        // the caller was told that it failed
  bool outside = false;       // reached past the window; nothing was written there
  TceRange range;             // what was asked for
  Tce tce;                    // kPut: the first TCE; the i-th is this + (i << page shift)
  std::uint64_t written = 0;  // TCEs that took effect, from range.first on
};

// Not thread-safe: one table, one thread.
class TceTable {
 public:
  // Empties the table for a new window. Costs what was written since the last reset, not the size of the table.
  void reset(const Window& window);

  // Writes `count` TCEs, of which only the first `effective` take effect; `failed` is what the caller is told.
  void put(TceIndex first, std::uint64_t count, Tce tce, std::uint64_t effective, bool failed);
  void clear(TceIndex first, std::uint64_t count);
  // The device is made to see all that was written so far.
  void flush() { flushed_ = operations_.size(); }
  // A TCE in the window; the zero TCE outside.
  Tce at(TceIndex index) const {
    const std::uint64_t entry = index - window_.first;
    return entry < window_.entries ? tces_[entry] : Tce{};
  }

  // Writes TCEs in the window as firmware or an earlier kernel left them, the i-th is tce + (i << page shift):
  // without a log entry.
  void inherit(TceRange range, Tce tce);
  // Is every one of these TCEs of the window live?
  bool all_live(TceRange range) const;

  // The log of the current call.
  std::span<const TableOperation> operations() const { return operations_; }
  // Did a flush follow all of them?
  bool flushed() const { return flushed_ == operations_.size(); }
  // The first of them that no flush followed and that changed a TCE, though perhaps to what it was before the
  // call; nullptr if none did. `undone` are the TCEs that were live before the call and are not any more.
  const TableOperation* unflushed_change(std::span<const TceRange> undone) const;
  void begin_call() {
    operations_.clear();
    flushed_ = 0;
  }

 private:
  // Entries per bit of dirty_: one bit set means that the chunk may hold a TCE that is not zero.
  static constexpr std::uint64_t kChunk = 512;
  bool changed(std::size_t operation, std::span<const TceRange> undone) const;
  void mark(std::uint64_t entry, std::uint64_t count);
  void fill(std::uint64_t entry, std::uint64_t count, Tce tce);
  void clear_dirty(std::uint64_t entry, std::uint64_t count);

  Window window_;
  std::vector<Tce> tces_;
  std::vector<std::uint64_t> dirty_;
  std::vector<TableOperation> operations_;
  std::size_t flushed_ = 0;
};

// What runs for every command, in line.

inline void TceTable::mark(std::uint64_t entry, std::uint64_t count) {
  for (std::uint64_t chunk = entry / kChunk; chunk <= (entry + count - 1) / kChunk; ++chunk) {
    dirty_[chunk / 64] |= std::uint64_t{1} << (chunk % 64);
  }
}

inline void TceTable::fill(std::uint64_t entry, std::uint64_t count, Tce tce) {
  mark(entry, count);
  const std::uint64_t page = window_.page.bytes();
  std::uint64_t value = tce.value;
  for (Tce *slot = &tces_[entry], *end = slot + count; slot != end; ++slot, value += page) slot->value = value;
}

inline void TceTable::put(TceIndex first, std::uint64_t count, Tce tce, std::uint64_t effective, bool failed) {
  const std::uint64_t entry = first - window_.first;
  TableOperation& operation = operations_.emplace_back();
  operation.failed = failed;
  operation.range = {first, count};
  operation.tce = tce;
  operation.written = effective;
  if (entry >= window_.entries || count > window_.entries - entry) {
    operation.outside = true;
    operation.written = 0;
  } else if (effective != 0) {
    fill(entry, effective, tce);
  }
}

inline void TceTable::clear(TceIndex first, std::uint64_t count) {
  const std::uint64_t entry = first - window_.first;
  TableOperation& operation = operations_.emplace_back();
  operation.kind = TableOperation::Kind::kClear;
  operation.range = {first, count};
  operation.written = count;
  if (entry >= window_.entries || count > window_.entries - entry) {
    operation.outside = true;
    operation.written = 0;
  } else if (count == 1) {
    tces_[entry] = Tce{};
  } else if (count <= kChunk) {
    for (Tce *slot = &tces_[entry], *end = slot + count; slot != end; ++slot) *slot = Tce{};
  } else {
    // A whole window is cleared when a table is made: touch only what holds something.
    clear_dirty(entry, count);
  }
}

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_TCE_TABLE_H
