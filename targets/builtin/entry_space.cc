// SPDX-License-Identifier: BSD-2-Clause
#include "targets/builtin/entry_space.h"

#include <bit>

namespace nospan::builtin {
namespace {

constexpr uint64_t kAll = ~uint64_t{0};

// Regions smaller than this would cost more memory than contention.
constexpr uint64_t kLeastRegionWords = 256;

void* allocate(const nospan_environment& environment, uint64_t size) {
  return environment.allocate(environment.context, size);
}

}  // namespace

bool EntrySpace::create(const nospan_environment& environment, const nospan_configuration& configuration) {
  const uint64_t first_index = configuration.first_index;
  const uint64_t entries = configuration.entries;
  if (entries == 0 || entries > kMostEntries) return false;

  first_slot_ = first_index & (kWordEntries - 1);
  origin_ = first_index - first_slot_;
  end_slot_ = first_slot_ + entries;
  words_ = (end_slot_ + kWordEntries - 1) >> kWordShift;

  // As many regions as CPUs, as long as they are worth their locks. Their size is a power of two.
  const uint32_t cpus = configuration.cpus < kMostRegions ? configuration.cpus : kMostRegions;
  const uint32_t wanted = std::bit_floor(cpus == 0 ? 1 : cpus);
  uint64_t region_words = std::bit_ceil((words_ + wanted - 1) / wanted);
  if (region_words < kLeastRegionWords) region_words = kLeastRegionWords;
  region_shift_ = static_cast<uint32_t>(std::countr_zero(region_words));
  region_count_ = region_of(words_ - 1) + 1;
  home_mask_ = std::bit_ceil(region_count_) - 1;
  shared_ = configuration.cpus != 1;
  const uint64_t groups = (words_ + kWordEntries - 1) >> kWordShift;
  group_words_ = ((region_words >> kWordShift) + kWordEntries - 1) >> kWordShift;

  bits_ = static_cast<uint64_t*>(allocate(environment, words_ * sizeof(uint64_t)));
  word_hints_ = static_cast<uint64_t*>(allocate(environment, groups * kHintStride * sizeof(uint64_t)));
  group_hints_ = static_cast<uint64_t*>(
      allocate(environment, region_count_ * group_words_ * kHintStride * sizeof(uint64_t)));
  regions_ = static_cast<Region*>(allocate(environment, region_count_ * sizeof(Region)));
  if (bits_ == nullptr || word_hints_ == nullptr || group_hints_ == nullptr || regions_ == nullptr) {
    destroy(environment);
    return false;
  }

  // Hints: anything may be free. The first search that is disappointed corrects them.
  for (uint64_t group = 0; group < groups; ++group) {
    const uint64_t words_in_group = words_ - (group << kWordShift);
    for (uint32_t class_ = 0; class_ < kClasses; ++class_) {
      word_hints_[group * kHintStride + class_] = low_bits(words_in_group);
    }
    const uint32_t region = region_of(group << kWordShift);
    const uint64_t group_in_region = group - (words_of(region).begin >> kWordShift);
    for (uint32_t class_ = 0; class_ < kClasses; ++class_) {
      group_hints(region, group_in_region, class_) |= uint64_t{1} << (group_in_region & (kWordEntries - 1));
    }
  }

  // What is no entry of the window: the slots before the first and behind the last.
  bits_[0] |= low_bits(first_slot_);
  bits_[words_ - 1] |= ~low_bits(end_slot_ - ((words_ - 1) << kWordShift));

  lowest_slot_ = first_slot_ + (first_index == 0 ? 1 : 0);
  if (first_index == 0) bits_[0] |= 1;

  // The reserved range, clipped to the window, without adding to indices that may be close to 2^64.
  reserved_begin_slot_ = end_slot_;
  reserved_end_slot_ = end_slot_;
  const uint64_t last_index = entries - 1 > kAll - first_index ? kAll : first_index + (entries - 1);
  if (configuration.reserved_start < configuration.reserved_end && configuration.reserved_start <= last_index &&
      configuration.reserved_end > first_index) {
    const uint64_t begin =
        configuration.reserved_start > first_index ? configuration.reserved_start - first_index : 0;
    const uint64_t end =
        configuration.reserved_end - first_index < entries ? configuration.reserved_end - first_index : entries;
    reserved_begin_slot_ = first_slot_ + begin;
    reserved_end_slot_ = first_slot_ + end;
    mark(reserved_begin_slot_, end - begin);
  }

  for (uint32_t number = 0; number < region_count_; ++number) {
    const Words words = words_of(number);
    Region& region = regions_[number];
    for (uint32_t& hint : region.hint) hint = static_cast<uint32_t>(words.begin);
    region.long_hint = words.begin << kWordShift;
    uint64_t available = 0;
    for (uint64_t word = words.begin; word < words.end; ++word) {
      available += static_cast<uint64_t>(std::popcount(~bits_[word]));
    }
    region.available = available;
    region.ordinary = available;
  }
  return true;
}

void EntrySpace::destroy(const nospan_environment& environment) {
  environment.release(environment.context, regions_);
  environment.release(environment.context, group_hints_);
  environment.release(environment.context, word_hints_);
  environment.release(environment.context, bits_);
}

bool EntrySpace::take_by_search(const SpaceRequest& request, uint32_t home, TceIndex* start) {
  Search search;
  if (!translate(request, &search)) return false;
  uint64_t slot = 0;
  bool found = false;
  if (!request.lowest) {
    uint32_t number = home;
    do {
      Region& region = regions_[number];
      lock(region);
      found = search_region(search, number, &slot);
      if (found) {
        mark(slot, search.entries);
        region.available -= search.entries;
      }
      unlock(region);
      number = number + 1 == region_count_ ? 0 : number + 1;
    } while (!found && number != home);
    // The search of a region is exact, so that one region has nothing left to search.
    if (found || region_count_ == 1) {
      start->value = origin_ + slot;
      return found;
    }
  }

  lock_all();
  found = search_exactly(search, Words{0, words_}, &slot);
  if (found) {
    mark(slot, search.entries);
    count(slot, search.entries, true);
  }
  unlock_all();
  start->value = origin_ + slot;
  return found;
}

// A run that lies in several words, perhaps in several regions.
bool EntrySpace::give_back_words(uint64_t slot, uint64_t entries) {
  const uint32_t first_region = region_of(slot >> kWordShift);
  const uint32_t last_region = region_of((slot + entries - 1) >> kWordShift);
  // Always in ascending order, as lock_all() does.
  for (uint32_t region = first_region; region <= last_region; ++region) lock(regions_[region]);
  const bool taken = all_marked(slot, entries);
  if (taken) {
    unmark(slot, entries);
    count(slot, entries, false);
    if (entries > kWordEntries) regions_[first_region].long_hint = slot;
  }
  for (uint32_t region = first_region; region <= last_region; ++region) unlock(regions_[region]);
  return taken;
}

// Counts entries as taken or given back, each in its region.
void EntrySpace::count(uint64_t slot, uint64_t entries, bool taken) {
  const uint64_t end = slot + entries;
  while (slot < end) {
    const uint32_t number = region_of(slot >> kWordShift);
    const uint64_t region_end = words_of(number).end << kWordShift;
    const uint64_t part = (end < region_end ? end : region_end) - slot;
    Region& region = regions_[number];
    region.available = taken ? region.available - part : region.available + part;
    slot += part;
  }
}

void EntrySpace::take_inherited(TceIndex index) {
  const uint64_t slot = index.value - origin_;
  if (all_marked(slot, 1)) return;  // reserved
  mark(slot, 1);
  Region& region = regions_[region_of(slot >> kWordShift)];
  region.available -= 1;
}

bool EntrySpace::any_taken() {
  lock_all();
  bool taken = false;
  for (uint32_t number = 0; number < region_count_; ++number) {
    taken = taken || regions_[number].available != regions_[number].ordinary;
  }
  unlock_all();
  return taken;
}

void EntrySpace::read(uint64_t first, uint64_t count, uint64_t* words) {
  // Entry 0 is slot `first_slot_`, so that each word of the answer is put together from two of ours.
  const uint32_t shift = static_cast<uint32_t>(first_slot_);
  const uint64_t answers = (count >> kWordShift) + ((count & (kWordEntries - 1)) != 0 ? 1 : 0);
  lock_all();
  for (uint64_t i = 0; i < answers; ++i) {
    const uint64_t word = (first >> kWordShift) + i;
    uint64_t answer = word < words_ ? bits_[word] >> shift : 0;
    if (shift != 0 && word + 1 < words_) answer |= bits_[word + 1] << (kWordEntries - shift);
    words[i] = answer;
  }
  unlock_all();
}

EntrySpace::Words EntrySpace::words_of(uint32_t region) const {
  const uint64_t begin = uint64_t{region} << region_shift_;
  const uint64_t end = begin + (uint64_t{1} << region_shift_);
  return Words{begin, end < words_ ? end : words_};
}

void EntrySpace::lock_all() {
  for (uint32_t region = 0; region < region_count_; ++region) lock(regions_[region]);
}

void EntrySpace::unlock_all() {
  for (uint32_t region = 0; region < region_count_; ++region) unlock(regions_[region]);
}

void EntrySpace::mark(uint64_t slot, uint64_t entries) {
  const uint64_t end = slot + entries;
  for (uint64_t word = slot >> kWordShift; word << kWordShift < end; ++word) {
    bits_[word] |= bits_between(word, slot, end);
  }
}

void EntrySpace::unmark(uint64_t slot, uint64_t entries) {
  const uint64_t end = slot + entries;
  for (uint64_t word = slot >> kWordShift; word << kWordShift < end; ++word) {
    const uint64_t mask = bits_between(word, slot, end);
    bits_[word] &= ~mask;
    update_hints(word, static_cast<uint64_t>(std::countr_zero(mask)));
  }
}

bool EntrySpace::all_marked(uint64_t slot, uint64_t entries) const {
  const uint64_t end = slot + entries;
  for (uint64_t word = slot >> kWordShift; word << kWordShift < end; ++word) {
    const uint64_t mask = bits_between(word, slot, end);
    if ((bits_[word] & mask) != mask) return false;
  }
  return true;
}

}  // namespace nospan::builtin
