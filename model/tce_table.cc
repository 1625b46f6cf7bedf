// SPDX-License-Identifier: BSD-2-Clause
#include "model/tce_table.h"

#include <algorithm>
#include <bit>

namespace nospan::model {

void TceTable::reset(const Window& window) {
  for (std::size_t word = 0; word < dirty_.size(); ++word) {
    for (std::uint64_t bits = dirty_[word]; bits != 0; bits &= bits - 1) {
      const std::uint64_t start = (word * 64 + static_cast<unsigned>(std::countr_zero(bits))) * kChunk;
      std::fill_n(tces_.begin() + static_cast<std::ptrdiff_t>(start), kChunk, Tce{});
    }
    dirty_[word] = 0;
  }
  window_ = window;
  const std::uint64_t chunks = (window.entries + kChunk - 1) / kChunk;
  if (tces_.size() < chunks * kChunk) tces_.resize(chunks * kChunk);
  if (dirty_.size() < (chunks + 63) / 64) dirty_.resize((chunks + 63) / 64);
  begin_call();
}

void TceTable::clear_dirty(std::uint64_t entry, std::uint64_t count) {
  for (std::uint64_t chunk = entry / kChunk; chunk <= (entry + count - 1) / kChunk; ++chunk) {
    if ((dirty_[chunk / 64] >> (chunk % 64) & 1) == 0) continue;
    const std::uint64_t start = std::max(entry, chunk * kChunk);
    const std::uint64_t end = std::min(entry + count, (chunk + 1) * kChunk);
    std::fill(tces_.begin() + static_cast<std::ptrdiff_t>(start),
              tces_.begin() + static_cast<std::ptrdiff_t>(end), Tce{});
  }
}

void TceTable::inherit(TceRange range, Tce tce) { fill(range.first - window_.first, range.count, tce); }

bool TceTable::all_live(TceRange range) const {
  const auto start = tces_.begin() + static_cast<std::ptrdiff_t>(range.first - window_.first);
  return std::all_of(start, start + static_cast<std::ptrdiff_t>(range.count),
                     [](Tce tce) { return tce.live(); });
}

bool TceTable::changed(std::size_t operation, std::span<const TceRange> undone) const {
  const auto overlap = [](TceRange a, TceRange b) {
    return a.first - b.first < b.count || b.first - a.first < a.count;
  };
  const TableOperation& latest = operations_[operation];
  if (latest.written == 0) return false;
  if (latest.kind == TableOperation::Kind::kPut) return true;
  // A clear changes what was live: by an earlier write of this call, or before it.
  for (std::size_t i = operation; i-- != 0;) {
    const TableOperation& earlier = operations_[i];
    const TceRange written{earlier.range.first, earlier.written};
    if (earlier.written == 0 || !overlap(written, latest.range)) continue;
    if (earlier.kind == TableOperation::Kind::kPut) return true;
    const std::uint64_t skipped = latest.range.first - written.first;
    if (skipped < written.count && latest.range.count <= written.count - skipped) return false;
  }
  return std::any_of(undone.begin(), undone.end(),
                     [&](TceRange range) { return range.count != 0 && overlap(range, latest.range); });
}

const TableOperation* TceTable::unflushed_change(std::span<const TceRange> undone) const {
  for (std::size_t i = flushed_; i < operations_.size(); ++i) {
    if (changed(i, undone)) return &operations_[i];
  }
  return nullptr;
}

}  // namespace nospan::model
