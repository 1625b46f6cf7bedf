// SPDX-License-Identifier: BSD-2-Clause
// A set of entries of a window: the model's picture of what is allocated. One bit per entry, 64 to a word.
#ifndef NOSPAN_MODEL_ENTRY_SET_H
#define NOSPAN_MODEL_ENTRY_SET_H

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace nospan::model {

// Entries are relative to the window. Ranges [entry, entry + count) must lie inside; count is at least 1.
// Not thread-safe.
class EntrySet {
 public:
  void reset(std::uint64_t entries) {
    entries_ = entries;
    words_.assign((entries + 63) / 64, 0);
  }
  std::uint64_t entries() const { return entries_; }
  std::uint64_t word_count() const { return words_.size(); }
  const std::uint64_t* words() const { return words_.data(); }
  std::uint64_t* words() { return words_.data(); }

  bool holds(std::uint64_t entry) const { return (words_[entry / 64] >> (entry % 64) & 1) != 0; }

  void insert(std::uint64_t entry, std::uint64_t count) {
    for_each_word(entry, count, [](std::uint64_t& word, std::uint64_t mask) { word |= mask; });
  }
  void remove(std::uint64_t entry, std::uint64_t count) {
    for_each_word(entry, count, [](std::uint64_t& word, std::uint64_t mask) { word &= ~mask; });
  }
  // Is at least one of the entries in the set?
  bool holds_any(std::uint64_t entry, std::uint64_t count) const {
    std::uint64_t found = 0;
    const_cast<EntrySet*>(this)->for_each_word(
        entry, count, [&found](std::uint64_t& word, std::uint64_t mask) { found |= word & mask; });
    return found != 0;
  }

  // How many of the entries are in the set?
  std::uint64_t count_in(std::uint64_t entry, std::uint64_t count) const {
    std::uint64_t found = 0;
    const_cast<EntrySet*>(this)->for_each_word(entry, count, [&found](std::uint64_t& word, std::uint64_t mask) {
      found += static_cast<unsigned>(std::popcount(word & mask));
    });
    return found;
  }

  // The first entry in the set from `entry` on, below `end`; `end` if there is none.
  std::uint64_t next(std::uint64_t entry, std::uint64_t end) const {
    while (entry < end) {
      const std::uint64_t rest = words_[entry / 64] >> (entry % 64);
      if (rest != 0) return std::min(end, entry + static_cast<unsigned>(std::countr_zero(rest)));
      entry = (entry / 64 + 1) * 64;
    }
    return end;
  }

  // The first entry that is not in the set from `entry` on, below `end`; `end` if there is none.
  std::uint64_t next_free(std::uint64_t entry, std::uint64_t end) const {
    while (entry < end) {
      const std::uint64_t rest = ~words_[entry / 64] >> (entry % 64);
      if (rest != 0) return std::min(end, entry + static_cast<unsigned>(std::countr_zero(rest)));
      entry = (entry / 64 + 1) * 64;
    }
    return end;
  }

  // The mask of the bits of the last word that stand for entries.
  std::uint64_t last_word_mask() const {
    return entries_ % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (entries_ % 64)) - 1;
  }

 private:
  template <class Function>
  void for_each_word(std::uint64_t entry, std::uint64_t count, Function function) {
    std::uint64_t word = entry / 64;
    std::uint64_t offset = entry % 64;
    while (count != 0) {
      const std::uint64_t here = std::min<std::uint64_t>(count, 64 - offset);
      const std::uint64_t mask = (here == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << here) - 1) << offset;
      function(words_[word], mask);
      ++word;
      offset = 0;
      count -= here;
    }
  }

  std::uint64_t entries_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_ENTRY_SET_H
