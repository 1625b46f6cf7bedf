// SPDX-License-Identifier: BSD-2-Clause
#include "model/allocation_state.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "model/text.h"

namespace nospan::model {
namespace {

// A table of at most this many words of allocation state is compared whole after every command; a larger one
// near the command and in a sweep, kSweepWords a command, and whole at the end.
constexpr std::uint64_t kWholeWords = 32;
constexpr std::uint64_t kSweepWords = 4;

// Words that compare_all() asks for at a time.
constexpr std::uint64_t kWordsAtOnce = 1024;

}  // namespace

void AllocationState::reset(const Window& window, Observer& observer) {
  window_ = window;
  observer_ = &observer;
  expected_.reset(window.entries);
  next_word_ = 0;
}

std::span<const std::uint64_t> AllocationState::observed() {
  words_.assign(std::max<std::size_t>(words_.size(), expected_.word_count()), 0);
  observer_->read_allocation(0, window_.entries, words_.data());
  return {words_.data(), expected_.word_count()};
}

void AllocationState::compare_words(std::uint64_t first, std::uint64_t count, Invariant if_missing,
                                    Invariant if_extra, std::vector<Violation>& violations) {
  words_.resize(std::max<std::size_t>(words_.size(), count));
  const std::uint64_t entries = std::min(count * 64, expected_.entries() - first * 64);
  observer_->read_allocation(first * 64, entries, words_.data());
  if (first + count == expected_.word_count()) words_[count - 1] &= expected_.last_word_mask();
  const std::uint64_t* expected = expected_.words() + first;
  if (std::memcmp(expected, words_.data(), count * sizeof *expected) == 0) [[likely]]
    return;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t differing = expected[i] ^ words_[i];
    if (differing == 0) continue;
    const unsigned bit = static_cast<unsigned>(std::countr_zero(differing));
    const TceIndex index = window_.first + ((first + i) * 64 + bit);
    const bool extra = (words_[i] >> bit & 1) != 0;
    if (!extra && window_.reserved(index)) {
      violate(violations, Invariant::kRange1, "entry for TCE " + hex(index) + " is reserved",
              "it is free to be handed out", index);
    } else if (extra) {
      violate(violations, if_extra, "the entry for TCE " + hex(index) + " is free", "it is marked as allocated",
              index);
    } else {
      violate(violations, if_missing, "the entry for TCE " + hex(index) + " is allocated",
              "it is marked as free", index);
    }
    return;
  }
}

void AllocationState::compare_near(std::span<const TceRange> near, Invariant if_missing, Invariant if_extra,
                                   std::vector<Violation>& violations) {
  const std::uint64_t all = expected_.word_count();
  if (all <= kWholeWords) {
    compare_words(0, all, if_missing, if_extra, violations);
    return;
  }
  for (const TceRange range : near) {
    const std::uint64_t entry = range.first - window_.first;
    if (range.count == 0 || entry >= expected_.entries()) continue;
    const std::uint64_t first = entry / 64 == 0 ? 0 : entry / 64 - 1;
    const std::uint64_t last = std::min(all - 1, (entry + range.count - 1) / 64 + 1);
    compare_words(first, last - first + 1, if_missing, if_extra, violations);
  }
  const std::uint64_t sweep = std::min(kSweepWords, all - next_word_);
  compare_words(next_word_, sweep, if_missing, if_extra, violations);
  next_word_ += sweep;
  if (next_word_ == all) next_word_ = 0;
}

void AllocationState::compare_all(Invariant if_missing, Invariant if_extra,
                                  std::vector<Violation>& violations) {
  for (std::uint64_t word = 0; word < expected_.word_count(); word += kWordsAtOnce) {
    const std::size_t before = violations.size();
    compare_words(word, std::min(kWordsAtOnce, expected_.word_count() - word), if_missing, if_extra,
                  violations);
    if (violations.size() != before) return;
  }
}

}  // namespace nospan::model
