// SPDX-License-Identifier: BSD-2-Clause
// What the claims about all calls of nospan's own mapper (targets/builtin/mapper.cc) share.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_CALLS_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_CALLS_H

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"
#include "solver/claims/builtin_table.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

inline constexpr uint64_t kMappingError = ~uint64_t{0};  // NOSPAN_MAPPING_ERROR, targets/target.h
inline constexpr uint64_t kMemoryEnd = uint64_t{1} << 56;

// What a call rests on that takes entries and gives them back.
extern const std::vector<std::string> kSpaceClaims;

// An executor with contracts for all that surrounds the mapper, and a table.
struct Stage {
  explicit Stage(const Program& program) : executor(program) {}
  Executor executor;
  BuiltinTable table;

  // `pages`: the guest address that allocate_pages() returns.
  static reports::Expected<std::unique_ptr<Stage>> make(const Setting& setting, const Term& pages);
};

// Without claim, words and cases.
Instance base_of(const Setting& setting, const BuiltinTable& table, std::string function);
void add_paths(Instance& instance, const std::vector<Path>& paths);
Assumption buffer_assumption();

// A buffer from `first` to `last`.
struct Bytes {
  Term first = free_word("first");
  Term last = free_word("last");

  Term size() const { return last - first + word(1); }
  std::vector<Term> domain() const { return {less_equal(first, last), less(last, word(kMemoryEnd))}; }
};

void add_terms(std::vector<Term>& to, const std::vector<Term>& from);
std::vector<const Event*> all_of_kind(const Path& path, Event::Kind kind, std::size_t from = 0);

// Numbers that any table can have, to find a witness in: it is enough that there is one.
void add_witness(Instance& instance, const BuiltinTable& table, std::vector<Term> witness);
// The same for witnesses that are there.
void add_numbers(std::vector<Instance>& instances, const BuiltinTable& table);

// `tce`: TCE i of each set is what the environment makes of it (target.h, put_tces): tce + (i << page_shift).
Instance tce(const MapCall& call, const BuiltinTable& table, const Term& permissions);

// Adds to `handle` what the device asks of a DMA address.
void add_device_limits(Instance& handle, const MapCall& call, const BuiltinTable& table, const Term& mask);

// A mapping that map returned, in terms of its DMA addresses: as buffer and DMA address have the same offset in
// the IOMMU page, both touch equally many of them.
struct Mapping {
  Term address;  // the first DMA address
  Term last;     // the last
  Term index;
  Term count;  // of its entries: a free constant, which the domain says more about

  Mapping(const BuiltinTable& table, const Term& first_address, const Term& last_address);
  Term size() const { return last - address + word(1); }
  // Its entries are those that the bytes touch.
  Term counted(const BuiltinTable& table) const;
  // That, and it is one that map can have returned.
  std::vector<Term> domain(const BuiltinTable& table) const;
};

// `inverse`, of what is such a mapping: one clear and one give-back of exactly the mapping's entries, and
// between them a flush; no other event that changes anything. The first event of the paths is the mapping's
// own.
Instance inverse(Instance base, const std::vector<Path>& paths, const BuiltinTable& table,
                 const Mapping& mapping);

// Safety and what contracts ask of their callers: without it their answers mean nothing.
std::vector<Case> all_safety_cases(const std::vector<Path>& paths, const BuiltinTable& table);
// `safe`, whatever the arguments.
Instance safe_of(Instance base, const std::vector<Path>& paths, const BuiltinTable& table);

// The instance of that claim; null if there is none.
Instance* find(std::vector<Instance>& instances, std::string_view claim);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_CALLS_H
