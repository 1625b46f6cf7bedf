// SPDX-License-Identifier: BSD-2-Clause
// What all proofs about EntrySpace (targets/builtin/entry_space.cc) share: a space with any allocation state
// and any hints, and how a function that was executed on it becomes a claim.
//
// "For all slots" is said of one arbitrary slot, a free constant. What regions remember is kept by all
// functions
// (`keeps_regions`): claims assume it for the hint that the code looks at, and show it for an arbitrary one.
// Summaries of free words (word_hints, group_hints) may hold anything at any time: nothing rests on them.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_SPACE_PROOF_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_SPACE_PROOF_H

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/claims/builtin_table.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// Where struct Region keeps what, in bytes.
struct RegionLayout {
  uint64_t size = 0;
  uint64_t hint = 0;
  uint64_t hint_bit = 0;
  uint64_t long_hint = 0;
  uint64_t available = 0;
  static reports::Expected<RegionLayout> of(const Program& program);
};

// A space, and what promises are made for. A value: contracts keep copies.
struct Space {
  BuiltinTable table;
  RegionLayout layout;
  Term slot;        // an arbitrary slot
  Term start;       // an arbitrary place in a word, 64 bits
  Term region;      // an arbitrary region, 64 bits
  Term size_class;  // an arbitrary class, 32 bits

  Term bits(const Memory& memory) const { return memory.at(table.bits).words(); }
  Term regions(const Memory& memory) const { return memory.at(table.regions).words(); }
  // What a space is, whatever the IOMMU page: follows from the table's domain.
  std::vector<Term> domain() const;
  Term slots() const;  // of all words, also those that are no entries
  // The words of a region, [begin, end).
  Term begin_of(const Term& number) const;
  Term end_of(const Term& number) const;
  // What a region remembers for a class lies in it.
  Term region_holds(const Term& regions, const Term& number, const Term& of_class) const;
  // Besides what is available and ordinary nothing of the arbitrary region changes.
  Term remembers_the_same(const Term& before, const Term& after) const;
  // A function that keeps region_holds() for all regions and classes, as far as the arbitrary ones can tell.
  Term keeps_regions(const Term& before, const Term& after) const;
  // The slot is an entry of the window that can be handed out.
  Term is_ordinary(const Term& slot) const;
  // Slots of words.
  Term is_range(const Term& first, const Term& count) const;

  // Replaces summaries, or what regions remember, by anything.
  void forget_summaries(State& state, const std::string& name) const;
  void forget_regions(State& state, const std::string& name) const;
};

struct SpaceProof {
  explicit SpaceProof(const Setting& setting);
  // With contracts for free_runs.h and locks.
  static reports::Expected<std::unique_ptr<SpaceProof>> make(const Setting& setting);

  // A function of EntrySpace, executed.
  struct Claim {
    std::string claim = "contract";
    std::string function;  // "mark"
    std::string words;
    std::vector<Value> arguments;  // without `this`
    std::vector<Term> asked;       // of the arguments
    std::vector<std::string> rests_on;
    std::vector<Named> inputs;
    std::vector<Split> obligation_splits = {};
    // Asked path by path: shorter questions, but more of them.
    bool in_parts = false;
  };
  // A goal on each path that returns.
  struct Goal {
    std::string name;
    std::function<Term(const Path&)> holds;
    std::vector<Split> splits = {};
    // Follow from what is asked alone, and help.
    std::vector<Term> lemmas = {};
    std::vector<Split> lemma_splits = {};
  };
  reports::Expected<Instance> prove(const Claim& claim, const std::vector<Goal>& goals,
                                    const std::function<Term(const Path&)>& witness);

  const Setting& setting;
  Executor executor;
  Space space;
  State state;
};

// 8 bytes that a function fills in; `cell` reads them at the end of a path.
Value add_cell(State& state, const std::string& name);
Term cell(const Path& path, const Value& pointer);

// All places in a word of the arbitrary slot.
std::vector<Split> split_slot_place();

// All values of a region's shift.
std::vector<Split> split_region_shift();

// Contracts for lock(), unlock(), lock_all(), unlock_all() and words_of(), proved by the claims
// contract/EntrySpace::lock_all and so on.
void add_regions(Executor& executor, const Space& space);
// Contract for count().
void add_count(Executor& executor, const Space& space);

// Those claims.
reports::Expected<std::vector<Instance>> builtin_regions(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_SPACE_PROOF_H
