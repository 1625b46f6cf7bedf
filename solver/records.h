// SPDX-License-Identifier: BSD-2-Clause
// Arrays of structs of any length: each member is a function of the element's index.
//
// In bit vectors alone: solvers are much slower on arrays and uninterpreted functions next to shifts.
#ifndef NOSPAN_SOLVER_RECORDS_H
#define NOSPAN_SOLVER_RECORDS_H

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/term.h"

namespace nospan::solver {

// A function of a 64-bit number of which nothing is known, but that equal arguments have equal values: said for
// every two arguments that it was asked about. Copies are the same function.
class FreeFunction {
 public:
  // `name` names its values: the first is name, those after it name#1, name#2...
  FreeFunction(std::string name, unsigned width);
  Term operator()(const Term& argument) const;

 private:
  struct Known {
    std::string name;
    unsigned width;
    std::vector<std::pair<Term, Term>> values;
  };
  std::shared_ptr<Known> known_;
};

// Copies share what they have in common.
class Records {
 public:
  using Content = std::function<Term(const Term& index)>;

  // `stride`: bytes of an element. Where it is no power of two, an element is found if its offset is written as
  // the stride times a number below 2^32 and a constant.
  explicit Records(uint64_t stride) : stride_(stride) {}
  void add(uint64_t offset, unsigned bytes, Content content);

  // `offset` in bytes from the start of the array. An Error unless it is that of a member, whatever the index.
  reports::Expected<Term> load(const Term& offset, unsigned bytes) const;
  reports::Expected<void> store(const Term& offset, unsigned bytes, const Term& value);

  // What the member at `offset` of each element holds. There must be one.
  Content content(uint64_t offset) const;
  void set_content(uint64_t offset, Content content);

  // Where element `index` begins, in bytes, written so that load() finds the index again.
  Term offset_of(const Term& index) const;
  // The element that a pointer to the start of one points to. Strides that are powers of two.
  Term index_of(const Term& offset) const;

  // Offsets of the members that were changed since.
  struct Member {
    uint64_t offset;
    unsigned bytes;
  };
  std::vector<Member> changes_since(const Records& earlier) const;

 private:
  struct Field {
    uint64_t offset;
    unsigned bytes;
    std::shared_ptr<const Content> content;
  };
  // Which element an offset lies in, and where in it; none where that is not one number.
  struct Place {
    Term index;
    uint64_t inside = 0;
  };
  std::optional<Place> place_of(const Term& offset) const;
  reports::Expected<const Field*> find(const Term& offset, unsigned bytes, Term* index) const;

  uint64_t stride_;
  std::vector<Field> fields_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_RECORDS_H
