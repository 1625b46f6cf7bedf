// SPDX-License-Identifier: BSD-2-Clause
// Which entries of a window are allocated, and the search for free ones.
#ifndef NOSPAN_TARGETS_BUILTIN_ENTRY_SPACE_H
#define NOSPAN_TARGETS_BUILTIN_ENTRY_SPACE_H

#include <bit>
#include <cstdint>

#include "targets/builtin/free_runs.h"
#include "targets/builtin/spin_lock.h"
#include "targets/builtin/types.h"
#include "targets/target.h"

namespace nospan::builtin {

// What a run of entries has to be like. All in entries or absolute TCE indices.
struct SpaceRequest {
  uint64_t entries;          // length of the run, at least 1
  uint64_t last_start;       // the run starts at this TCE index or below
  uint64_t boundary;         // the run crosses no TCE index that is a multiple of this power of two; 0: none
  uint32_t alignment_shift;  // the run starts at a multiple of 2^this, 0 to 63
  bool lowest;               // take the lowest run that fits, not the one that is found fastest
};

// A window's entries. Thread-safe but for create() and destroy().
//
// One bit per entry says that it is allocated, reserved, or no entry at all. Above these bits lie *hints*: for
// each word of 64 entries and each class (free_runs.h) one bit that says "this word may hold a run of this
// class", and for each 64 words and each class one bit that says "one of these words may". Hints err on one
// side only: a hint that is clear is right. Taking entries leaves the hints alone; a search that meets a word
// that is less free than its hints clears them; giving entries back sets them. So a search looks at each
// disappointing word once, however full the table is, and taking and giving back cost nothing for it.
//
// The bits are arranged by absolute TCE index, so that alignment and boundaries of up to 64 entries are
// patterns within a word: a *slot* is an entry's distance from `origin_`, the window's first index rounded
// down to a multiple of 64.
//
// Words are divided into regions, each with a lock, so that CPUs with different home regions do not meet. A
// request is refused only after a search of the whole window with all locks held: a run that fits is found
// even if it spans regions.
class EntrySpace {
 public:
  // Creates the space for a window: all entries are free but the reserved ones (and entry 0 of a window at
  // index 0: drivers take DMA address 0 for an error, Linux iommu_table_reserve_pages()).
  // False, with nothing left allocated, if environment.allocate() fails or the window is larger than
  // kMostEntries. The space lies in zeroed memory before.
  bool create(const nospan_environment& environment, const nospan_configuration& configuration);
  void destroy(const nospan_environment& environment);

  // Takes a run of free entries. False, with nothing changed, if there is none.
  [[gnu::always_inline]] bool take(const SpaceRequest& request, uint32_t cpu, TceIndex* start);

  // Gives a run of ordinary entries (see is_ordinary()) back. False, with nothing changed, unless each of them
  // was taken.
  bool give_back(TceIndex start, uint64_t entries);

  // Takes one entry if it is free: for TCEs that a previous kernel left. For use before other calls.
  void take_inherited(TceIndex index);

  // Whether a run lies in the window and outside what is reserved.
  bool is_ordinary(TceIndex start, uint64_t entries) const;

  bool any_taken();

  // See read_allocation() in target.h; `first` is relative to the window.
  void read(uint64_t first, uint64_t count, uint64_t* words);

  // 2^37 entries: the bits alone are 16 GiB, and word numbers stay below 2^32.
  static constexpr uint64_t kMostEntries = uint64_t{1} << 37;

 private:
  static constexpr uint32_t kMostRegions = 16;
  static constexpr uint64_t kHintStride = 8;  // words from one class group to the next: a cache line

  struct alignas(64) Region {
    SpinLock lock;
    uint32_t hint[kClasses];     // the word in which a run of each class was last found or given back
    uint8_t hint_bit[kClasses];  // where in it: the run that was given back, or what follows one that was taken
    uint64_t long_hint;          // the slot at which a run of more than 64 entries was
    uint64_t available;          // entries that are free
    uint64_t ordinary;           // entries that are not reserved: these, free or taken
  };

  // A request translated to slots and patterns.
  struct Search {
    uint64_t entries;
    uint64_t last_slot;            // highest slot at which the run may start
    uint64_t alignment;            // in entries
    uint64_t boundary;             // in entries; 0: none
    uint64_t pattern;              // starts within a word that alignment and a boundary below 64 allow
    uint64_t aligned_words_mask;   // a start needs an absolute word number with these bits clear
    uint64_t boundary_words_mask;  // the run may go on in an absolute word number with any of these bits set
  };

  // A range of words, [begin, end), whose locks are held.
  struct Words {
    uint64_t begin;
    uint64_t end;
  };

  bool translate(const SpaceRequest& request, Search* search) const;
  Words words_of(uint32_t region) const;
  uint32_t region_of(uint64_t word) const { return static_cast<uint32_t>(word >> region_shift_); }
  // One CPU at most means one thread at most (target.h, "Threads"): nothing to lock out.
  void lock(Region& region) const {
    if (shared_) region.lock.lock();
  }
  void unlock(Region& region) const {
    if (shared_) region.lock.unlock();
  }
  void lock_all();
  void unlock_all();

  [[gnu::always_inline]] bool take_at_hint(const SpaceRequest& request, uint32_t home, TceIndex* start);
  bool take_by_search(const SpaceRequest& request, uint32_t home, TceIndex* start);
  bool give_back_words(uint64_t slot, uint64_t entries);
  void count(uint64_t slot, uint64_t entries, bool taken);

  bool search_region(const Search& search, uint32_t region, uint64_t* slot);
  bool search_within_words(const Search& search, uint32_t class_, Words words, uint64_t* slot);
  bool search_exactly(const Search& search, Words words, uint64_t* slot);
  bool search_junctions(const Search& search, Words words, uint64_t* slot);
  bool search_long(const Search& search, uint64_t place, Words words, uint64_t* slot);
  bool search_region_for_long(const Search& search, Region& region, Words words, uint64_t* slot);

  uint64_t allowed_starts(const Search& search, uint64_t word) const;
  uint64_t adjusted(const Search& search, uint64_t slot) const;
  bool last_taken(uint64_t slot, uint64_t entries, uint64_t* found) const;
  void mark(uint64_t slot, uint64_t entries);
  void unmark(uint64_t slot, uint64_t entries);
  bool all_marked(uint64_t slot, uint64_t entries) const;

  uint64_t& word_hints(uint64_t word, uint32_t class_) {
    return word_hints_[(word >> kWordShift) * kHintStride + class_];
  }
  uint64_t& group_hints(uint32_t region, uint64_t group_in_region, uint32_t class_) {
    return group_hints_[(region * group_words_ + (group_in_region >> kWordShift)) * kHintStride + class_];
  }
  uint64_t next_word(uint32_t class_, uint64_t from, uint64_t end);
  uint64_t next_candidate(uint32_t class_, uint64_t from, uint64_t end);
  uint64_t next_candidate_in_region(uint32_t class_, uint64_t from, uint64_t end);
  void lower_hints(uint64_t word, uint32_t classes);
  void update_hints(uint64_t word, uint64_t bit);
  void raise_hints(uint64_t word, uint32_t classes);

  uint64_t* bits_;         // a set bit: not free
  uint64_t* word_hints_;   // per 64 words: kHintStride words, word c holding the hints of class c
  uint64_t* group_hints_;  // per region and 64 groups of 64 words: the same one level higher
  Region* regions_;

  uint64_t origin_;       // absolute TCE index of slot 0, a multiple of 64
  uint64_t first_slot_;   // of the window's entry 0
  uint64_t end_slot_;     // behind the window's last entry
  uint64_t lowest_slot_;  // that may be handed out
  uint64_t reserved_begin_slot_;
  uint64_t reserved_end_slot_;  // the reserved slots, clipped to the window; begin == end: none
  uint64_t words_;
  uint64_t group_words_;   // words of group hints per region and class
  uint32_t region_shift_;  // word number to region
  uint32_t region_count_;
  uint32_t home_mask_;  // CPU number to region
  bool shared_;         // there may be several threads
};

// What usually happens to a request, in line: a few nanoseconds matter here.

inline bool EntrySpace::take(const SpaceRequest& request, uint32_t cpu, TceIndex* start) {
  uint32_t home = cpu & home_mask_;
  if (home >= region_count_) home -= region_count_;  // at most once: the mask is below twice the count
  return take_at_hint(request, home, start) || take_by_search(request, home, start);
}

// The usual case in one lock and one word: there is still room where a run of this class was last found or
// given back. False says nothing about other places.
inline bool EntrySpace::take_at_hint(const SpaceRequest& request, uint32_t home, TceIndex* start) {
  // In one word, and any start in it will do that is aligned: words do not cross boundaries of 64 entries or
  // more. A boundary of 0 is one, too.
  const bool simple = request.entries - 1 < kWordEntries && request.alignment_shift <= kWordShift &&
                      request.boundary - 1 >= kWordEntries - 1 && request.last_start >= origin_ &&
                      !request.lowest;
  if (!simple) return false;
  const uint32_t class_ = class_that_fits(request.entries);
  const uint64_t run = low_bits(request.entries);
  Region& region = regions_[home];
  lock(region);
  const uint64_t word = region.hint[class_];
  const uint64_t marked = bits_[word];
  uint64_t bit = region.hint_bit[class_];
  const uint64_t misaligned = bit & ((uint64_t{1} << request.alignment_shift) - 1);
  bool found = ((marked >> bit & run) | misaligned) == 0 && bit + request.entries <= kWordEntries;
  if (!found) [[unlikely]] {
    const uint64_t starts = starts_inside(~marked, request.entries) & multiples_of(request.alignment_shift);
    found = starts != 0;
    bit = static_cast<uint64_t>(std::countr_zero(starts));
  }
  const uint64_t slot = (word << kWordShift) + bit;
  found = found && slot <= request.last_start - origin_;
  if (found) [[likely]] {
    bits_[word] = marked | run << bit;
    region.hint_bit[class_] = static_cast<uint8_t>((bit + request.entries) & (kWordEntries - 1));
    region.available -= request.entries;
  }
  unlock(region);
  start->value = origin_ + slot;
  return found;
}

inline bool EntrySpace::give_back(TceIndex start, uint64_t entries) {
  const uint64_t slot = start.value - origin_;
  const uint64_t word = slot >> kWordShift;
  const uint64_t bit = slot & (kWordEntries - 1);
  if (entries > kWordEntries - bit) return give_back_words(slot, entries);

  Region& region = regions_[region_of(word)];
  const uint64_t mask = low_bits(entries) << bit;
  lock(region);
  const bool taken = (bits_[word] & mask) == mask;
  if (taken) {
    bits_[word] &= ~mask;
    update_hints(word, bit);
    // The next run of this class goes here: its bits and TCEs are in the cache, and neither a full table nor a
    // long run needs a search.
    const uint32_t class_ = class_that_fits(entries);
    region.hint[class_] = static_cast<uint32_t>(word);
    region.hint_bit[class_] = static_cast<uint8_t>(bit);
    region.available += entries;
  }
  unlock(region);
  return taken;
}

inline bool EntrySpace::is_ordinary(TceIndex start, uint64_t entries) const {
  const uint64_t slot = start.value - origin_;
  if (start.value < origin_ || slot < lowest_slot_ || slot >= end_slot_) return false;
  if (entries == 0 || entries > end_slot_ - slot) return false;
  return slot + entries <= reserved_begin_slot_ || slot >= reserved_end_slot_;
}

// Entries of the word from `bit` on were given back: only the run of free entries that they lie in has become
// longer.
inline void EntrySpace::update_hints(uint64_t word, uint64_t bit) {
  const uint64_t free = ~bits_[word];
  const uint64_t behind = static_cast<uint64_t>(std::countr_one(free >> bit));
  const uint64_t before = static_cast<uint64_t>(std::countl_one(free << (kWordEntries - 1 - bit))) - 1;
  const uint32_t classes = static_cast<uint32_t>(std::bit_width(before + behind));
  // Usually that is promised already.
  const uint64_t promised = word_hints(word, classes - 1) >> (word & (kWordEntries - 1));
  if ((promised & 1) == 0) raise_hints(word, classes);
}

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_ENTRY_SPACE_H
