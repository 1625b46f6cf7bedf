// SPDX-License-Identifier: BSD-2-Clause
// A scatter/gather list of any length before nospan's own mapper, and what its parts say to each other.
//
// One arbitrary element and one arbitrary TCE are chosen before anything happens: what is shown of them holds
// for all.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_LIST_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_LIST_H

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/claims/builtin_table.h"
#include "solver/claims/claim.h"
#include "solver/claims/registry.h"
#include "solver/executor.h"
#include "solver/records.h"

namespace nospan::solver {

inline constexpr uint64_t kIoError = uint32_t(-5);  // kErrorInputOutput, targets/builtin/types.h
inline constexpr uint64_t kNoMemoryError = uint32_t(-12);
inline constexpr uint64_t kInvalidError = uint32_t(-22);

// Mapper::Group: elements [begin, end) that become one segment. 64-bit terms, whatever the code has.
struct GroupTerms {
  Term begin;
  Term end;
  Term elements;
  Term bytes;
  Term base;
  Term offset;
  Term last_offset;
  Term entries;

  // Free constants, whose names begin so.
  static GroupTerms any(const std::string& name);
  // What the contract of next_group() left in a state's ghosts.
  using Ghosts = std::map<std::string, Term, std::less<>>;
  static GroupTerms last_collected(const Ghosts& ghosts);
  void keep_collected(Ghosts& ghosts) const;
};

// What the account says, in State::ghosts. Truth values speak about the TCE `BuiltinList::index`.
struct TceAccount {
  static constexpr const char* kMine = "mine";    // its entry is taken by this call
  static constexpr const char* kSet = "set";      // it may be written by this call, and was not cleared since
  static constexpr const char* kTce = "tce";      // the guest address that was written last
  static constexpr const char* kOwner = "owner";  // the element whose page that is
  static constexpr const char* kDirty = "dirty";  // TCEs were changed since the last flush
};

// A function of a 64-bit number whose values have plain names. That equal arguments have equal values is said
// only where somebody says so, in BuiltinList::in_order(): sums of values that are chosen among others are what
// solvers are slow on.
class NamedFunction {
 public:
  explicit NamedFunction(std::string name, unsigned width = 64)
      : known_(std::make_shared<Known>(Known{std::move(name), width, {}})) {}
  Term operator()(const Term& argument) const;

 private:
  struct Known {
    std::string name;
    unsigned width;
    std::vector<Term> arguments;
  };
  std::shared_ptr<Known> known_;
};

struct BuiltinList {
  BuiltinTable table;
  ObjectId object = ObjectId::kNone;  // nospan_segment[count]
  uint64_t dma_address_at = 0;        // in an element
  uint64_t dma_length_at = 0;
  Term count;    // elements, at most 2^31 - 1
  Term element;  // an arbitrary one
  Term index;    // an arbitrary TCE
  Term permissions;
  Term cpu;

  // Of each element.
  NamedFunction addresses{"address"};
  NamedFunction lengths{"length", 32};
  NamedFunction pages{"pages"};  // that it touches; see definition()
  // Of all elements before it, together: pages and bytes.
  NamedFunction pages_before{"pages_before"};
  NamedFunction bytes_before{"bytes_before"};

  // A list of a table; the address and length of each element anything.
  static reports::Expected<std::shared_ptr<BuiltinList>> make(Executor& executor);

  Term length(const Term& at) const { return zero_extend(lengths(at), 64); }
  Term last(const Term& at) const { return addresses(at) + (length(at) - word(1)); }
  // It is not empty, and ends at or below the highest address.
  Term has_bytes(const Term& at) const;
  Term low_bits() const { return shift_left(word(1), table.page_shift) - word(1); }
  Term offset(const Term& at) const { return addresses(at) & low_bits(); }

  // What the functions above are: pages of an element, and the sums.
  Term definition(const Term& at) const;
  Term next_sum(const Term& at) const;  // of the element behind it
  // What follows for sums of at most 2^31 numbers of at most 2^21 (pages) or 2^32 (bytes): they do not wrap, so
  // that of a later element is no smaller. The claim contract/Mapper::next_group shows that an element has no
  // more pages.
  Term in_order(const Term& one, const Term& other) const;

  // Page `of` the list's pages, counted from that of the first element of a group, is one of the element's.
  Term is_page_of(const Term& at, const GroupTerms& group, const Term& page) const;
  // What a TCE holds that is `page` behind the group's first one and belongs to that element.
  Term tce_of(const Term& at, const GroupTerms& group, const Term& page) const;

  // What next_group() says of a group that it collected from element `begin` on, of at most `most` elements.
  Term is_group(const Term& begin, const Term& most, const GroupTerms& group) const;
  // The same of an arbitrary element.
  Term has_element(const Term& begin, const GroupTerms& group, const Term& at) const;

  // What install_group() asks of its callers besides.
  std::vector<Term> asked_of_install(const GroupTerms& group, const Term& start) const;

  Instance base(const Setting& setting, std::string function) const;
};

// A GroupTerms in memory.
reports::Expected<GroupTerms> read_group(const Program& program, const Memory& memory, const Value& group);
reports::Expected<void> write_group(const Program& program, Memory& memory, const Value& group,
                                    const GroupTerms& terms);

// How far the arbitrary TCE lies behind the TCE `first`: a constant of its own for those of a group, whose
// place is in the state's ghosts, so that solvers need not see through how it was computed.
Term page_behind(const BuiltinList& list, const GroupTerms::Ghosts& ghosts, const Term& first);
void name_page(const BuiltinList& list, State& state, const Term& first, const std::string& name);

// put_tces(), clear_tces() and flush() with the account: that only what was taken is written and cleared is an
// obligation.
void add_accounting(Executor& executor, const std::shared_ptr<const BuiltinList>& list);

// place() and give_back() with it: entries that are taken were free; what is given back was taken by this call,
// and is so no more.
void add_taking(Executor& executor, const std::shared_ptr<const BuiltinList>& list);

// Contracts for next_group() and install_group(), proved by the claims contract/Mapper::next_group and
// contract/Mapper::install_group.
void add_groups(Executor& executor, const std::shared_ptr<const BuiltinList>& list);

// The same as implies(condition, facts), fact by fact: a question about one is much faster than about all.
Term each_implied(const Term& condition, const Term& facts);

// How solvers get it: in parts for each page shift if it is about that, else first without what is.
void settle(Case& question, const Term& page_shift);

// What loops and contracts have to meet on these paths, fact by fact.
void add_facts(Instance& instance, const std::vector<Path>& paths, const Term& page_shift);

// Those two claims.
reports::Expected<std::vector<Instance>> builtin_list_groups(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_LIST_H
