// SPDX-License-Identifier: BSD-2-Clause
// Fills structs of a program under execution by the names of their members.
#ifndef NOSPAN_SOLVER_CLAIMS_FILLER_H
#define NOSPAN_SOLVER_CLAIMS_FILLER_H

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "solver/memory.h"
#include "solver/program.h"

namespace nospan::solver {

// Stores a value at a member, and remembers the first thing that went wrong.
class Filler {
 public:
  Filler(const Program& program, Memory& memory) : program_(program), memory_(memory) {}

  void set(ObjectId object, std::string_view type, std::string_view member, const Value& value,
           uint64_t more = 0) {
    auto offset = program_.offset_of(type, member);
    auto size = program_.member_size(type, member);
    if (!offset || !size) {
      if (!error_) error_ = offset ? size.error() : offset.error();
      return;
    }
    const unsigned bytes = static_cast<unsigned>(*size);
    Value stored = value;
    if (!stored.is_pointer()) {
      stored.bits = stored.bits.width() < bytes * 8 ? zero_extend(stored.bits, bytes * 8)
                                                    : truncate(stored.bits, bytes * 8);
    }
    if (auto done = memory_.change(object).store(word(*offset + more), bytes, stored); !done && !error_) {
      error_ = done.error();
    }
  }
  void set(ObjectId object, std::string_view type, std::string_view member, const Term& value,
           uint64_t more = 0) {
    set(object, type, member, Value::number(value), more);
  }
  ObjectId add(std::string name, std::string_view type) {
    auto size = program_.size_of(type);
    if (!size && !error_) error_ = size.error();
    return memory_.add(Object(std::move(name), word(size.value_or(0)), Object::Initial::kFree));
  }
  const std::optional<reports::Error>& error() const { return error_; }

 private:
  const Program& program_;
  Memory& memory_;
  std::optional<reports::Error> error_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_FILLER_H
