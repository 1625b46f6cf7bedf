// SPDX-License-Identifier: BSD-2-Clause
// What the functions of EntrySpace that search promise each other, said once for their contracts
// (claims/builtin_search.h) and for the claims that prove these (claims/builtin_search_proof.h).
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_SEARCH_PROMISES_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_SEARCH_PROMISES_H

#include <string>
#include <utility>
#include <vector>

#include "reports/error.h"
#include "solver/claims/builtin_search.h"
#include "solver/claims/builtin_space_proof.h"

namespace nospan::solver {

// struct EntrySpace::Search.
struct Search {
  Term entries;
  Term last_slot;
  Term alignment;
  Term boundary;
  Term pattern;
  Term aligned_words_mask;
  Term boundary_words_mask;

  std::vector<std::pair<const char*, Term*>> members() {
    return {{"entries", &entries},
            {"last_slot", &last_slot},
            {"alignment", &alignment},
            {"boundary", &boundary},
            {"pattern", &pattern},
            {"aligned_words_mask", &aligned_words_mask},
            {"boundary_words_mask", &boundary_words_mask}};
  }
  static reports::Expected<Search> read(const Program& program, State& state, const Value& pointer) {
    Search result;
    for (const auto& [member, to] : result.members()) {
      auto value = read_member(program, state, pointer, "Search", member);
      if (!value) return tl::unexpected(value.error());
      *to = *value;
    }
    return result;
  }
  FoundRun run(const Term& slot) const { return {slot, entries, last_slot, alignment, boundary}; }
};

// The pattern of starts keeps the alignment, and a boundary below 64, at a place of a word.
Term pattern_keeps_alignment(const Search& search, const Term& place);

Term pattern_keeps_boundary(const Search& search, const Term& place);

// What translate() makes of a request, but for the pattern.
Term has_limits(const Space& space, const Search& search);

Term has_alignment(const Search& search);

Term has_boundary(const Search& search);

// With the pattern, as far as one place in a word can tell.
Term is_search(const Space& space, const Search& search, const Term& place);

// of allowed_starts().
Term allowed_promises(const Space& space, const Search& search, const Term& number, const Term& allowed,
                      const Term& place);

Term allowed_promised(const Space& space, const Search& search, const Path& path, const Term& place);

// of adjusted().
Term adjusted_promises(const Space& space, const Search& search, const Term& from, const Term& slot);

// What follows of a run from where the search ends: these are slots, which mark() asks for.
Term are_slots(const Space& space, const Search& search, const Term& slot);

Term are_words(const Space& space, const Term& begin, const Term& end);

// What a search asks, beside a class.
Term asked_of_search(const Space& space, const std::string& function, const Search& search, const Term& begin,
                     const Term& end);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_SEARCH_PROMISES_H
