// SPDX-License-Identifier: BSD-2-Clause
#include "solver/term.h"

#include <fmt/format.h>

#include <bit>
#include <cstdlib>

#include "solver/term_form.h"

namespace nospan::solver {
namespace {

uint64_t mask_of(unsigned width) { return width >= 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

int64_t signed_value(uint64_t value, unsigned width) {
  const unsigned unused = 64 - width;
  return static_cast<int64_t>(value << unused) >> unused;
}

[[noreturn]] void misuse(const char* what) {
  fmt::print(stderr, "nospan: error of its own: {}\n", what);
  std::abort();
}

void need_same_width(const Term& a, const Term& b) {
  if (a.sort() != b.sort() || a.width() != b.width()) misuse("terms of different widths are combined");
}

using Number = uint64_t (*)(uint64_t, uint64_t, unsigned);
using Formula = z3::expr (*)(const z3::expr&, const z3::expr&);

// Numbers give a number, anything else a formula.
Term combine(const Term& a, const Term& b, Number number, Formula formula) {
  need_same_width(a, b);
  const auto left = a.constant();
  const auto right = b.constant();
  if (left && right) return Term::bits(a.width(), number(*left, *right, a.width()));
  return Term::from_expression(formula(a.expression(), b.expression()));
}

Term compare(const Term& a, const Term& b, bool (*number)(uint64_t, uint64_t, unsigned), Formula formula) {
  need_same_width(a, b);
  const auto left = a.constant();
  const auto right = b.constant();
  if (left && right) return Term::boolean(number(*left, *right, a.width()));
  return Term::from_expression(formula(a.expression(), b.expression()));
}

uint64_t formulas = 0;

}  // namespace

uint64_t formulas_made() { return formulas; }

z3::context& term_context() {
  static z3::context* context = new z3::context;  // outlives every term
  return *context;
}

Term Term::bits(unsigned width, uint64_t value) {
  if (width == 0 || width > 64) misuse("a bit vector that is not 1 to 64 bits wide");
  return Term(Sort::kBits, width, value & mask_of(width));
}

Term Term::boolean(bool value) { return Term(Sort::kBoolean, 1, value ? 1 : 0); }

Term Term::free_bits(unsigned width, std::string_view name) {
  return from_expression(term_context().bv_const(std::string(name).c_str(), width));
}

Term Term::free_boolean(std::string_view name) {
  return from_expression(term_context().bool_const(std::string(name).c_str()));
}

Term Term::free_map(std::string_view name) {
  z3::context& context = term_context();
  const z3::sort word_sort = context.bv_sort(64);
  return from_expression(context.constant(std::string(name).c_str(), context.array_sort(word_sort, word_sort)));
}

Term Term::apply(std::string_view function, unsigned width, const Term& argument) {
  z3::context& context = term_context();
  const z3::func_decl declaration = context.function(std::string(function).c_str(),
                                                     context.bv_sort(argument.width()), context.bv_sort(width));
  return from_expression(declaration(argument.expression()));
}

std::optional<uint64_t> Term::constant() const {
  if (sort_ == Sort::kBits && !expression_) return value_;
  return std::nullopt;
}

std::optional<bool> Term::truth() const {
  if (sort_ == Sort::kBoolean && !expression_) return value_ != 0;
  return std::nullopt;
}

z3::expr Term::expression() const {
  if (expression_) return *expression_;
  switch (sort_) {
    case Sort::kBits: return term_context().bv_val(value_, width_);
    case Sort::kBoolean: return term_context().bool_val(value_ != 0);
    case Sort::kMap:
    case Sort::kNone: break;
  }
  misuse("a term without a value is used");
}

Term Term::from_expression(const z3::expr& expression) {
  Term term;
  if (expression.is_bool()) {
    if (expression.is_true() || expression.is_false()) return boolean(expression.is_true());
    term.sort_ = Sort::kBoolean;
    term.width_ = 1;
  } else if (expression.is_bv()) {
    uint64_t value = 0;
    if (expression.is_numeral_u64(value)) return bits(expression.get_sort().bv_size(), value);
    term.sort_ = Sort::kBits;
    term.width_ = expression.get_sort().bv_size();
  } else if (expression.is_array()) {
    term.sort_ = Sort::kMap;
    term.width_ = 64;
  } else {
    misuse("an expression that is no truth value, bit vector or map");
  }
  term.expression_ = expression;
  ++formulas;
  return term;
}

bool Term::same(const Term& other) const {
  if (sort_ != other.sort_ || width_ != other.width_) return false;
  if (expression_.has_value() != other.expression_.has_value()) return false;
  return expression_ ? z3::eq(*expression_, *other.expression_) : value_ == other.value_;
}

std::string Term::text() const {
  if (!expression_) return is_boolean() ? (value_ != 0 ? "true" : "false") : fmt::format("{:#x}", value_);
  return expression_->to_string();
}

// The identities below keep addresses recognizable that code takes apart and puts together again, as page +
// offset: the solver would find them, but each time anew.
Term operator+(const Term& a, const Term& b) {
  if (a.constant() == 0) return b;
  if (b.constant() == 0) return a;
  if (const auto difference = operands_of(b, Z3_OP_BSUB); difference && difference->right.same(a)) {
    return difference->left;
  }
  if (const auto difference = operands_of(a, Z3_OP_BSUB); difference && difference->right.same(b)) {
    return difference->left;
  }
  return combine(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return x + y; },
      [](const z3::expr& x, const z3::expr& y) { return x + y; });
}

Term operator-(const Term& a, const Term& b) {
  if (b.constant() == 0) return a;
  if (const auto sum = operands_of(a, Z3_OP_BADD)) {
    if (sum->left.same(b)) return sum->right;
    if (sum->right.same(b)) return sum->left;
  }
  return combine(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return x - y; },
      [](const z3::expr& x, const z3::expr& y) { return x - y; });
}

Term operator*(const Term& a, const Term& b) {
  if (a.constant() == 1) return b;
  if (b.constant() == 1) return a;
  return combine(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return x * y; },
      [](const z3::expr& x, const z3::expr& y) { return x * y; });
}

Term unsigned_divide(const Term& a, const Term& b) {
  return combine(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return y == 0 ? ~uint64_t{0} : x / y; },
      [](const z3::expr& x, const z3::expr& y) { return z3::udiv(x, y); });
}

Term unsigned_remainder(const Term& a, const Term& b) {
  return combine(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return y == 0 ? x : x % y; },
      [](const z3::expr& x, const z3::expr& y) { return z3::urem(x, y); });
}

Term signed_divide(const Term& a, const Term& b) {
  return combine(
      a, b,
      [](uint64_t x, uint64_t y, unsigned width) {
        const int64_t dividend = signed_value(x, width);
        const int64_t divisor = signed_value(y, width);
        if (divisor == 0) return dividend >= 0 ? ~uint64_t{0} : uint64_t{1};
        // INT64_MIN / -1 wraps in SMT-LIB and traps on x86.
        return divisor == -1 ? uint64_t{0} - x : static_cast<uint64_t>(dividend / divisor);
      },
      [](const z3::expr& x, const z3::expr& y) { return x / y; });
}

Term signed_remainder(const Term& a, const Term& b) {
  return combine(
      a, b,
      [](uint64_t x, uint64_t y, unsigned width) {
        const int64_t dividend = signed_value(x, width);
        const int64_t divisor = signed_value(y, width);
        if (divisor == 0) return x;
        return divisor == -1 ? uint64_t{0} : static_cast<uint64_t>(dividend % divisor);
      },
      [](const z3::expr& x, const z3::expr& y) { return z3::srem(x, y); });
}

Term operator&(const Term& a, const Term& b) {
  if (a.is_boolean()) {
    if (a.is_false() || b.is_true()) return a;
    if (a.is_true() || b.is_false()) return b;
    return Term::from_expression(a.expression() && b.expression());
  }
  return combine(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return x & y; },
      [](const z3::expr& x, const z3::expr& y) { return x & y; });
}

Term operator|(const Term& a, const Term& b) {
  if (a.is_boolean()) {
    if (a.is_true() || b.is_false()) return a;
    if (a.is_false() || b.is_true()) return b;
    return Term::from_expression(a.expression() || b.expression());
  }
  if (a.constant() == 0) return b;
  if (b.constant() == 0) return a;
  return combine(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return x | y; },
      [](const z3::expr& x, const z3::expr& y) { return x | y; });
}

Term operator^(const Term& a, const Term& b) {
  if (a.is_boolean()) {
    if (a.is_false()) return b;
    if (b.is_false()) return a;
    if (a.is_true()) return !b;
    if (b.is_true()) return !a;
    return Term::from_expression(a.expression() != b.expression());
  }
  return combine(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return x ^ y; },
      [](const z3::expr& x, const z3::expr& y) { return x ^ y; });
}

Term operator~(const Term& a) {
  if (a.is_boolean()) return !a;
  if (const auto value = a.constant()) return Term::bits(a.width(), ~*value);
  return Term::from_expression(~a.expression());
}

Term operator!(const Term& a) {
  if (const auto value = a.truth()) return Term::boolean(!*value);
  const z3::expr expression = a.expression();
  if (expression.is_app() && expression.decl().decl_kind() == Z3_OP_NOT) {
    return Term::from_expression(expression.arg(0));
  }
  return Term::from_expression(!expression);
}

Term shift_left(const Term& a, const Term& count) {
  if (count.constant() == 0) return a;
  return combine(
      a, count, [](uint64_t x, uint64_t y, unsigned width) { return y >= width ? 0 : x << y; },
      [](const z3::expr& x, const z3::expr& y) { return z3::shl(x, y); });
}

Term shift_right(const Term& a, const Term& count) {
  if (count.constant() == 0) return a;
  if (const auto places = count.constant(); places && *places < a.width()) {
    if (const auto shifted = operands_of(a, Z3_OP_BSHL); shifted && shifted->right.same(count)) {
      return shifted->left & Term::bits(a.width(), mask_of(a.width() - static_cast<unsigned>(*places)));
    }
  }
  return combine(
      a, count, [](uint64_t x, uint64_t y, unsigned width) { return y >= width ? 0 : x >> y; },
      [](const z3::expr& x, const z3::expr& y) { return z3::lshr(x, y); });
}

Term arithmetic_shift_right(const Term& a, const Term& count) {
  return combine(
      a, count,
      [](uint64_t x, uint64_t y, unsigned width) {
        return static_cast<uint64_t>(signed_value(x, width) >> (y >= width ? width - 1 : y));
      },
      [](const z3::expr& x, const z3::expr& y) { return z3::ashr(x, y); });
}

Term extract(const Term& a, unsigned high, unsigned low) {
  if (low == 0 && high + 1 == a.width()) return a;
  if (const auto value = a.constant()) return Term::bits(high - low + 1, *value >> low);
  return Term::from_expression(a.expression().extract(high, low));
}

Term concatenate(const Term& high, const Term& low) {
  const auto left = high.constant();
  const auto right = low.constant();
  const unsigned width = high.width() + low.width();
  if (left && right && width <= 64) return Term::bits(width, (*left << low.width()) | *right);
  return Term::from_expression(z3::concat(high.expression(), low.expression()));
}

Term zero_extend(const Term& a, unsigned width) {
  if (a.is_boolean()) return choose(a, Term::bits(width, 1), Term::bits(width, 0));
  if (width == a.width()) return a;
  if (const auto value = a.constant()) return Term::bits(width, *value);
  return Term::from_expression(z3::zext(a.expression(), width - a.width()));
}

Term sign_extend(const Term& a, unsigned width) {
  if (a.is_boolean()) return choose(a, Term::bits(width, ~uint64_t{0}), Term::bits(width, 0));
  if (width == a.width()) return a;
  if (const auto value = a.constant()) {
    return Term::bits(width, static_cast<uint64_t>(signed_value(*value, a.width())));
  }
  return Term::from_expression(z3::sext(a.expression(), width - a.width()));
}

Term truncate(const Term& a, unsigned width) { return extract(a, width - 1, 0); }

Term swap_bytes(const Term& a) {
  Term result = extract(a, 7, 0);
  for (unsigned low = 8; low < a.width(); low += 8) result = concatenate(result, extract(a, low + 7, low));
  return result;
}

Term trailing_zeros(const Term& a) {
  const unsigned width = a.width();
  Term count = Term::bits(width, 0);
  Term rest = a;
  for (unsigned step = std::bit_floor(width - 1); step > 0; step /= 2) {
    const Term none = truncate(rest, step) == Term::bits(step, 0);
    count = count + choose(none, Term::bits(width, step), Term::bits(width, 0));
    rest = choose(none, shift_right(rest, Term::bits(width, step)), rest);
  }
  return choose(a == Term::bits(width, 0), Term::bits(width, width), count);
}

Term leading_zeros(const Term& a) {
  const unsigned width = a.width();
  Term count = Term::bits(width, 0);
  Term rest = a;
  for (unsigned step = std::bit_floor(width - 1); step > 0; step /= 2) {
    const Term none = extract(rest, width - 1, width - step) == Term::bits(step, 0);
    count = count + choose(none, Term::bits(width, step), Term::bits(width, 0));
    rest = choose(none, shift_left(rest, Term::bits(width, step)), rest);
  }
  return choose(a == Term::bits(width, 0), Term::bits(width, width), count);
}

Term count_ones(const Term& a) {
  const unsigned width = a.width();
  Term count = Term::bits(width, 0);
  for (unsigned bit = 0; bit < width; ++bit) count = count + zero_extend(extract(a, bit, bit), width);
  return count;
}

Term operator==(const Term& a, const Term& b) {
  need_same_width(a, b);
  if (a.same(b)) return Term::boolean(true);
  if (a.is_boolean()) {
    if (const auto value = a.truth()) return *value ? b : !b;
    if (const auto value = b.truth()) return *value ? a : !a;
    return Term::from_expression(a.expression() == b.expression());
  }
  // Shifting left by anything but 0 leaves an even number.
  for (const auto& [shifted, number] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    const auto parts = number->constant() ? operands_of(*shifted, Z3_OP_BSHL) : std::nullopt;
    if (parts && (*number->constant() & 1) == 1) {
      return (parts->right == Term::bits(a.width(), 0)) & (parts->left == *number);
    }
  }
  if (a.sort() == Term::Sort::kMap) return Term::from_expression(a.expression() == b.expression());
  return compare(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return x == y; },
      [](const z3::expr& x, const z3::expr& y) { return x == y; });
}

Term operator!=(const Term& a, const Term& b) { return !(a == b); }

Term less(const Term& a, const Term& b) {
  return compare(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return x < y; },
      [](const z3::expr& x, const z3::expr& y) { return z3::ult(x, y); });
}

Term less_equal(const Term& a, const Term& b) {
  return compare(
      a, b, [](uint64_t x, uint64_t y, unsigned) { return x <= y; },
      [](const z3::expr& x, const z3::expr& y) { return z3::ule(x, y); });
}

Term signed_less(const Term& a, const Term& b) {
  return compare(
      a, b,
      [](uint64_t x, uint64_t y, unsigned width) { return signed_value(x, width) < signed_value(y, width); },
      [](const z3::expr& x, const z3::expr& y) { return z3::slt(x, y); });
}

Term signed_less_equal(const Term& a, const Term& b) {
  return compare(
      a, b,
      [](uint64_t x, uint64_t y, unsigned width) { return signed_value(x, width) <= signed_value(y, width); },
      [](const z3::expr& x, const z3::expr& y) { return z3::sle(x, y); });
}

Term add_overflows(const Term& a, const Term& b) { return less(a + b, a); }

Term multiply_overflows(const Term& a, const Term& b) {
  const auto left = a.constant();
  const auto right = b.constant();
  if (left && right) {
    return Term::boolean(*left != 0 && *right > mask_of(a.width()) / *left);
  }
  return Term::from_expression(!z3::bvmul_no_overflow(a.expression(), b.expression(), false));
}

Term choose(const Term& condition, const Term& yes, const Term& no) {
  need_same_width(yes, no);
  if (const auto value = condition.truth()) return *value ? yes : no;
  if (yes.same(no)) return yes;
  return Term::from_expression(z3::ite(condition.expression(), yes.expression(), no.expression()));
}

Term implies(const Term& a, const Term& b) { return (!a) | b; }

Term all_of(const std::vector<Term>& terms) {
  Term result = Term::boolean(true);
  for (const Term& term : terms) result = result & term;
  return result;
}

Term any_of(const std::vector<Term>& terms) {
  Term result = Term::boolean(false);
  for (const Term& term : terms) result = result | term;
  return result;
}

Term select(const Term& map, const Term& index) {
  // Of what was stored last, without the solver's theory of arrays: most questions need no more.
  const z3::expr expression = map.expression();
  if (expression.is_app() && expression.decl().decl_kind() == Z3_OP_STORE) {
    return choose(index == Term::from_expression(expression.arg(1)), Term::from_expression(expression.arg(2)),
                  select(Term::from_expression(expression.arg(0)), index));
  }
  return Term::from_expression(z3::select(map.expression(), index.expression()));
}

Term store(const Term& map, const Term& index, const Term& value) {
  return Term::from_expression(z3::store(map.expression(), index.expression(), value.expression()));
}

}  // namespace nospan::solver
