// SPDX-License-Identifier: BSD-2-Clause
// Where a run of free entries is, and the hints that make that quick. The locks are held.
#include <bit>

#include "targets/builtin/entry_space.h"

namespace nospan::builtin {

// False if no run can fit, whatever is allocated.
bool EntrySpace::translate(const SpaceRequest& request, Search* search) const {
  const uint64_t entries = request.entries;
  if (entries == 0 || entries > end_slot_ - lowest_slot_) return false;
  if (request.last_start < origin_) return false;
  if (request.boundary != 0 && entries > request.boundary) return false;
  const uint64_t last_by_mask = request.last_start - origin_;
  const uint64_t last_by_window = end_slot_ - entries;
  search->entries = entries;
  search->last_slot = last_by_mask < last_by_window ? last_by_mask : last_by_window;
  search->alignment = uint64_t{1} << request.alignment_shift;
  search->boundary = request.boundary;

  if (request.alignment_shift <= kWordShift) {
    search->pattern = multiples_of(request.alignment_shift);
    search->aligned_words_mask = 0;
  } else {
    search->pattern = 1;
    search->aligned_words_mask = (search->alignment >> kWordShift) - 1;
  }

  if (request.boundary == 0) {
    search->boundary_words_mask = ~uint64_t{0};  // anywhere
  } else if (request.boundary >= kWordEntries) {
    search->boundary_words_mask = (request.boundary >> kWordShift) - 1;
  } else {
    // Within each block of `boundary` entries a run may start at 0 to boundary - entries.
    const uint32_t shift = static_cast<uint32_t>(std::countr_zero(request.boundary));
    search->pattern &= multiples_of(shift) * low_bits(request.boundary - entries + 1);
    search->boundary_words_mask = 0;
  }
  return search->last_slot >= lowest_slot_;
}

// Finds a run inside a region whose lock is held: near where the last one was found if possible.
bool EntrySpace::search_region(const Search& search, uint32_t number, uint64_t* slot) {
  Region& region = regions_[number];
  if (region.available < search.entries) return false;
  const Words words = words_of(number);
  if ((words.begin << kWordShift) > search.last_slot) return false;
  if (search.entries > kWordEntries) return search_region_for_long(search, region, words, slot);
  const uint32_t class_ = class_that_fits(search.entries);
  const uint64_t hint = region.hint[class_];
  bool found = search_within_words(search, class_, Words{hint, words.end}, slot) ||
               search_within_words(search, class_, Words{words.begin, hint}, slot);
  // Words that hold the run though their class does not promise it.
  const uint32_t lower_class = class_that_holds(search.entries);
  if (!found && lower_class != class_) found = search_within_words(search, lower_class, words, slot);
  if (!found) found = search_junctions(search, words, slot);
  if (found) {
    region.hint[class_] = static_cast<uint32_t>(*slot >> kWordShift);
    region.hint_bit[class_] = static_cast<uint8_t>((*slot + search.entries) & (kWordEntries - 1));
  }
  return found;
}

bool EntrySpace::search_region_for_long(const Search& search, Region& region, Words words, uint64_t* slot) {
  const bool found = search_long(search, region.long_hint, words, slot) ||
                     search_long(search, words.begin << kWordShift, words, slot);
  if (found) region.long_hint = *slot;
  return found;
}

// Finds the lowest run in words whose locks are held.
bool EntrySpace::search_exactly(const Search& search, Words words, uint64_t* slot) {
  if (search.entries > kWordEntries) return search_long(search, words.begin << kWordShift, words, slot);
  const bool found = search_within_words(search, class_that_holds(search.entries), words, slot);
  // A run that goes on in the next word is lower only if it starts in a lower word.
  if (found) words.end = (*slot >> kWordShift) + 1;
  return search_junctions(search, words, slot) || found;
}

// Finds the lowest run that lies inside one word, among the words of a class.
bool EntrySpace::search_within_words(const Search& search, uint32_t class_, Words words, uint64_t* slot) {
  const uint64_t last_word = search.last_slot >> kWordShift;
  const uint64_t end = words.end <= last_word ? words.end : last_word + 1;
  uint64_t word = words.begin;
  while (word < end) {
    const uint64_t free = ~bits_[word];
    const uint64_t starts = starts_inside(free, search.entries) & allowed_starts(search, word);
    if (starts != 0) {
      *slot = (word << kWordShift) + static_cast<uint64_t>(std::countr_zero(starts));
      return true;
    }
    lower_hints(word, classes_of(free));
    word = next_candidate(class_, word + 1, end);
  }
  return false;
}

// Finds the lowest run of 2 to 64 entries that starts in one word and ends in the next. One of the two has at
// least half of it: that lets groups of words be skipped.
bool EntrySpace::search_junctions(const Search& search, Words words, uint64_t* slot) {
  if (search.entries < 2 || search.boundary_words_mask == 0) return false;
  const uint32_t class_ = class_that_holds((search.entries + 1) / 2);
  const uint64_t last_word = search.last_slot >> kWordShift;
  uint64_t word = words.begin;
  while (word + 1 < words.end && word <= last_word) {
    if ((word & (kWordEntries - 1)) == 0 || word == words.begin) {
      const uint64_t candidate = next_candidate(class_, word, words.end);
      if (candidate == words.end) return false;
      if (candidate > word + 1) word = candidate - 1;
      if (word > last_word) return false;
    }
    const uint64_t before = static_cast<uint64_t>(std::countl_zero(bits_[word]));
    const uint64_t behind = static_cast<uint64_t>(std::countr_zero(bits_[word + 1]));
    const bool may_go_on = ((((origin_ >> kWordShift) + word + 1) & search.boundary_words_mask) != 0);
    if (before + behind >= search.entries && may_go_on) {
      const uint64_t starts =
          starts_across(~bits_[word], ~bits_[word + 1], search.entries) & allowed_starts(search, word);
      if (starts != 0) {
        *slot = (word << kWordShift) + static_cast<uint64_t>(std::countr_zero(starts));
        return true;
      }
    }
    ++word;
  }
  return false;
}

// Finds the lowest run of more than 64 entries from the slot `place` on: looks at a place, and if something in
// it is taken, goes on behind the last taken entry in it.
bool EntrySpace::search_long(const Search& search, uint64_t place, Words words, uint64_t* slot) {
  // A run that touches at most two words has 33 entries or more in one of them (class 5); one that touches more
  // covers one completely (class 6).
  const uint32_t class_ = search.entries > 2 * kWordEntries - 2 ? 6 : 5;
  const uint64_t end = words.end << kWordShift;
  uint64_t from = 0;  // no word below it has a run of the class, except perhaps below `place`
  while (place < end && place <= search.last_slot) {
    const uint64_t word = place >> kWordShift;
    from = next_word(class_, from < word ? word : from, words.end);
    if (from == words.end) return false;
    // Nothing starts before the word that precedes it.
    if (from > word + 1) place = (from - 1) << kWordShift;
    place = adjusted(search, place);
    if (place > search.last_slot || place > end || search.entries > end - place) return false;
    uint64_t taken = 0;
    if (!last_taken(place, search.entries, &taken)) {
      *slot = place;
      return true;
    }
    place = taken + 1;
  }
  return false;
}

// Starts in a word that alignment, a boundary below 64 entries and the mask allow.
uint64_t EntrySpace::allowed_starts(const Search& search, uint64_t word) const {
  if ((((origin_ >> kWordShift) + word) & search.aligned_words_mask) != 0) return 0;
  const uint64_t first = word << kWordShift;
  if (first > search.last_slot) return 0;
  return search.pattern & low_bits(search.last_slot - first + 1);
}

// The lowest slot from `slot` on at which alignment and boundary allow a run to start; may lie behind the
// highest allowed. Does not overflow: absolute indices up to the highest allowed start are below 2^52, as IOMMU
// pages have 12 bits or more, and alignment and boundary are at most 2^63.
uint64_t EntrySpace::adjusted(const Search& search, uint64_t slot) const {
  uint64_t index = (origin_ + slot + (search.alignment - 1)) & ~(search.alignment - 1);
  if (search.boundary != 0) {
    const uint64_t inside = index & (search.boundary - 1);
    // Alignment and boundary are powers of two, and no run is longer than the boundary: an aligned index inside
    // of it is one of the smaller alignments, so that the next boundary is aligned, too.
    if (inside + search.entries > search.boundary) index += search.boundary - inside;
  }
  return index - origin_;
}

// The highest taken slot in a run, looking from its end: that is how far the search can skip.
bool EntrySpace::last_taken(uint64_t slot, uint64_t entries, uint64_t* found) const {
  const uint64_t end = slot + entries;
  uint64_t word = ((end - 1) >> kWordShift) + 1;
  while (word > slot >> kWordShift) {
    --word;
    const uint64_t taken = bits_[word] & bits_between(word, slot, end);
    if (taken != 0) {
      *found = (word << kWordShift) + static_cast<uint64_t>(std::bit_width(taken)) - 1;
      return true;
    }
  }
  return false;
}

// The lowest word in [from, end) that has a run of the class, or `end`. Hints that promised one in vain are
// lowered.
uint64_t EntrySpace::next_word(uint32_t class_, uint64_t from, uint64_t end) {
  while (from < end) {
    const uint64_t word = next_candidate(class_, from, end);
    if (word == end) return end;
    const uint32_t classes = classes_of(~bits_[word]);
    if (classes > class_) return word;
    lower_hints(word, classes);
    from = word + 1;
  }
  return end;
}

// The lowest word in [from, end) whose hint says that it may have a run of the class, or `end`.
uint64_t EntrySpace::next_candidate(uint32_t class_, uint64_t from, uint64_t end) {
  while (from < end) {
    const uint64_t region_end = words_of(region_of(from)).end;
    const uint64_t part_end = end < region_end ? end : region_end;
    const uint64_t word = next_candidate_in_region(class_, from, part_end);
    if (word < part_end) return word;
    from = part_end;
  }
  return end;
}

uint64_t EntrySpace::next_candidate_in_region(uint32_t class_, uint64_t from, uint64_t end) {
  uint64_t hints = word_hints(from, class_) & ~low_bits(from & (kWordEntries - 1));
  uint64_t group = from >> kWordShift;
  if (hints == 0) {
    const uint32_t region = region_of(from);
    const uint64_t region_begin = words_of(region).begin >> kWordShift;
    const uint64_t groups_end = ((end - 1) >> kWordShift) + 1 - region_begin;
    uint64_t next = group + 1 - region_begin;
    while (next < groups_end) {
      const uint64_t bit = next & (kWordEntries - 1);
      const uint64_t groups = group_hints(region, next, class_) & ~low_bits(bit);
      if (groups != 0) {
        next += static_cast<uint64_t>(std::countr_zero(groups)) - bit;
        break;
      }
      next += kWordEntries - bit;
    }
    if (next >= groups_end) return end;
    group = region_begin + next;
    hints = word_hints(group << kWordShift, class_);
  }
  const uint64_t word = (group << kWordShift) + static_cast<uint64_t>(std::countr_zero(hints));
  return word < end ? word : end;
}

// The word turned out to have only the lowest `classes` classes: clears the hints of those above.
void EntrySpace::lower_hints(uint64_t word, uint32_t classes) {
  const uint64_t bit = uint64_t{1} << (word & (kWordEntries - 1));
  for (uint32_t class_ = classes; class_ < kClasses; ++class_) {
    uint64_t& hints = word_hints(word, class_);
    if ((hints & bit) == 0) return;  // then those of higher classes are clear, too
    hints &= ~bit;
    if (hints == 0) {
      const uint32_t region = region_of(word);
      const uint64_t group = (word - words_of(region).begin) >> kWordShift;
      group_hints(region, group, class_) &= ~(uint64_t{1} << (group & (kWordEntries - 1)));
    }
  }
}

// The word has at least the lowest `classes` classes now: sets their hints.
void EntrySpace::raise_hints(uint64_t word, uint32_t classes) {
  const uint64_t bit = uint64_t{1} << (word & (kWordEntries - 1));
  for (uint32_t class_ = classes; class_ > 0; --class_) {
    uint64_t& hints = word_hints(word, class_ - 1);
    if ((hints & bit) != 0) return;  // then those of lower classes are set, too
    if (hints == 0) {
      const uint32_t region = region_of(word);
      const uint64_t group = (word - words_of(region).begin) >> kWordShift;
      group_hints(region, group, class_ - 1) |= uint64_t{1} << (group & (kWordEntries - 1));
    }
    hints |= bit;
  }
}

}  // namespace nospan::builtin
