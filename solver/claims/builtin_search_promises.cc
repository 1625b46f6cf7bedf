// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_search_promises.h"

#include "solver/claims/builtin_bits.h"
#include "solver/claims/builtin_runs.h"

namespace nospan::solver {
namespace {

const uint64_t kAll = ~uint64_t{0};

Term is_power(const Term& number) { return (number & (number - word(1))) == word(0); }

}  // namespace

Term pattern_keeps_alignment(const Search& search, const Term& place) {
  return implies(less(place, word(64)) & has_bit(search.pattern, place),
                 (place & (search.alignment - word(1))) == word(0));
}

Term pattern_keeps_boundary(const Search& search, const Term& place) {
  const Term small_boundary = (search.boundary != word(0)) & less(search.boundary, word(64));
  return implies(less(place, word(64)) & has_bit(search.pattern, place) & small_boundary,
                 less_equal((place & (search.boundary - word(1))) + search.entries, search.boundary));
}

Term has_limits(const Space& space, const Search& search) {
  return less_equal(word(1), search.entries) & less_equal(search.entries, space.table.end_slot) &
         less_equal(search.last_slot, space.table.end_slot - search.entries) &
         ((search.boundary == word(0)) | less_equal(search.entries, search.boundary));
}

Term has_alignment(const Search& search) {
  return (search.alignment != word(0)) & is_power(search.alignment) &
         (search.aligned_words_mask == shift_right(search.alignment - word(1), word(6)));
}

Term has_boundary(const Search& search) {
  return is_power(search.boundary) & less_equal(search.boundary, word(uint64_t{1} << 52)) &
         (search.boundary_words_mask ==
          choose(search.boundary == word(0), word(kAll), shift_right(search.boundary - word(1), word(6))));
}

Term is_search(const Space& space, const Search& search, const Term& place) {
  return has_limits(space, search) & has_alignment(search) & has_boundary(search) &
         pattern_keeps_alignment(search, place) & pattern_keeps_boundary(search, place);
}

Term allowed_promises(const Space& space, const Search& search, const Term& number, const Term& allowed,
                      const Term& place) {
  const Term slot = slot_of(number, place);
  const Term index = space.table.origin + slot;
  const Term small_boundary = less(search.boundary, word(64));
  return implies(less(place, word(64)) & has_bit(allowed, place),
                 less_equal(slot, search.last_slot) & ((index & (search.alignment - word(1))) == word(0)) &
                     implies(small_boundary, in_one_boundary(index, search.entries, search.boundary)));
}

Term allowed_promised(const Space& space, const Search& search, const Path& path, const Term& place) {
  if (!path.ghosts.contains("allowed.starts")) return Term::boolean(true);
  return allowed_promises(space, search, path.ghosts.at("allowed.word"), path.ghosts.at("allowed.starts"),
                          place);
}

Term adjusted_promises(const Space& space, const Search& search, const Term& from, const Term& slot) {
  const Term index = space.table.origin + slot;
  return less_equal(from, slot) & ((index & (search.alignment - word(1))) == word(0)) &
         in_one_boundary(index, search.entries, search.boundary);
}

Term are_slots(const Space& space, const Search& search, const Term& slot) {
  return less_equal(word(1), search.entries) & space.is_range(slot, search.entries);
}

Term are_words(const Space& space, const Term& begin, const Term& end) {
  return less_equal(begin, space.table.words) & less_equal(end, space.table.words);
}

Term asked_of_search(const Space& space, const std::string& function, const Search& search, const Term& begin,
                     const Term& end) {
  Term asked = is_search(space, search, space.start) & are_words(space, begin, end);
  if (function == "search_within_words" || function == "search_junctions") {
    asked = asked & less_equal(search.entries, word(64));
  }
  return asked;
}

}  // namespace nospan::solver
