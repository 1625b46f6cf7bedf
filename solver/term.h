// SPDX-License-Identifier: BSD-2-Clause
// Bit-vector formulas, built by the executor and by claims, read by a solver.
//
// The one place that includes z3++.h. Nobody else sees a type of Z3's: its C++ operators are signed, which for
// addresses is a trap, and a formula that is a number never needs to become an expression of Z3's at all.
#ifndef NOSPAN_SOLVER_TERM_H
#define NOSPAN_SOLVER_TERM_H

#include <z3++.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nospan::solver {

// A formula: a truth value, a bit vector of 1 to 64 bits, or a map from 64-bit words to 64-bit words.
//
// Constants are plain numbers and are folded, so that executing with concrete inputs makes no formula at all.
// All operations on bit vectors are modulo 2^width; both operands have the same width. Using a
// default-constructed term is an error of ours and ends the process. Not thread-safe: all terms of a process
// share one Z3 context.
class Term {
 public:
  enum class Sort : uint8_t { kNone, kBoolean, kBits, kMap };

  Term() = default;
  static Term bits(unsigned width, uint64_t value);
  static Term boolean(bool value);
  // A free constant. The same name and width give the same constant.
  static Term free_bits(unsigned width, std::string_view name);
  static Term free_boolean(std::string_view name);
  static Term free_map(std::string_view name);
  // An uninterpreted function of one 64-bit argument, with a result of `width` bits.
  static Term apply(std::string_view function, unsigned width, const Term& argument);

  Sort sort() const { return sort_; }
  bool is_boolean() const { return sort_ == Sort::kBoolean; }
  // In bits; 1 for a truth value.
  unsigned width() const { return width_; }
  // The number, if it is one.
  std::optional<uint64_t> constant() const;
  std::optional<bool> truth() const;
  bool is_true() const { return truth() == true; }
  bool is_false() const { return truth() == false; }

  // As an expression of Z3's, for the solver classes of this folder.
  z3::expr expression() const;
  static Term from_expression(const z3::expr& expression);
  // Equal by structure: true means equal in every model, false means nothing.
  bool same(const Term& other) const;
  std::string text() const;

 private:
  Term(Sort sort, unsigned width, uint64_t value) : sort_(sort), width_(width), value_(value) {}

  Sort sort_ = Sort::kNone;
  unsigned width_ = 0;
  uint64_t value_ = 0;  // if expression_ is empty
  std::optional<z3::expr> expression_;
};

// How many formulas were made in this process so far, numbers not counted.
uint64_t formulas_made();

// The context that all terms of this process live in.
z3::context& term_context();

// Arithmetic.
Term operator+(const Term& a, const Term& b);
Term operator-(const Term& a, const Term& b);
Term operator*(const Term& a, const Term& b);
Term unsigned_divide(const Term& a, const Term& b);  // by zero: SMT-LIB's all ones; callers rule it out
Term unsigned_remainder(const Term& a, const Term& b);
Term signed_divide(const Term& a, const Term& b);
Term signed_remainder(const Term& a, const Term& b);

// Bits. Shifts by the width or more give SMT-LIB's answer (0, or copies of the sign); callers rule them out.
Term operator&(const Term& a, const Term& b);  // of truth values, too
Term operator|(const Term& a, const Term& b);
Term operator^(const Term& a, const Term& b);
Term operator~(const Term& a);
Term operator!(const Term& a);  // of a truth value
Term shift_left(const Term& a, const Term& count);
Term shift_right(const Term& a, const Term& count);             // zeros come in
Term arithmetic_shift_right(const Term& a, const Term& count);  // the sign comes in
Term extract(const Term& a, unsigned high, unsigned low);       // bits high..low, inclusive
Term concatenate(const Term& high, const Term& low);
Term zero_extend(const Term& a, unsigned width);
Term sign_extend(const Term& a, unsigned width);
Term truncate(const Term& a, unsigned width);
Term swap_bytes(const Term& a);  // of whole bytes

// How many zeros below the lowest set bit, above the highest, how many set bits; of 0: the width, the width, 0.
Term trailing_zeros(const Term& a);
Term leading_zeros(const Term& a);
Term count_ones(const Term& a);

// Relations.
Term operator==(const Term& a, const Term& b);
Term operator!=(const Term& a, const Term& b);
Term less(const Term& a, const Term& b);        // unsigned
Term less_equal(const Term& a, const Term& b);  // unsigned
Term signed_less(const Term& a, const Term& b);
Term signed_less_equal(const Term& a, const Term& b);
inline Term greater(const Term& a, const Term& b) { return less(b, a); }
inline Term greater_equal(const Term& a, const Term& b) { return less_equal(b, a); }

// The exact sum or product of unsigned numbers does not fit the width.
Term add_overflows(const Term& a, const Term& b);
Term multiply_overflows(const Term& a, const Term& b);

Term choose(const Term& condition, const Term& yes, const Term& no);
Term implies(const Term& a, const Term& b);
Term all_of(const std::vector<Term>& terms);  // true if there are none
Term any_of(const std::vector<Term>& terms);  // false if there are none

// Maps from words to words.
Term select(const Term& map, const Term& index);
Term store(const Term& map, const Term& index, const Term& value);

// 64-bit shorthands: most of what is said about addresses is.
inline Term word(uint64_t value) { return Term::bits(64, value); }
inline Term free_word(std::string_view name) { return Term::free_bits(64, name); }

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_TERM_H
