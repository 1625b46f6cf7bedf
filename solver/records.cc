// SPDX-License-Identifier: BSD-2-Clause
#include "solver/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "solver/term_form.h"

namespace nospan::solver {
namespace {

using reports::Expected;

unsigned bits_of(uint64_t stride) { return static_cast<unsigned>(std::countr_zero(stride)); }

// Terms that are added up.
std::vector<Term> addends(const Term& sum) {
  if (sum.constant()) return {sum};
  const z3::expr expression = sum.expression();
  if (!expression.is_app() || expression.decl().decl_kind() != Z3_OP_BADD) return {sum};
  std::vector<Term> result;
  result.reserve(expression.num_args());
  for (unsigned i = 0; i < expression.num_args(); ++i) {
    result.push_back(Term::from_expression(expression.arg(i)));
  }
  return result;
}

// A number that is written with at most 32 bits.
bool is_short(const Term& term) {
  if (const auto number = term.constant()) return *number >> 32 == 0;
  const z3::expr expression = term.expression();
  if (!expression.is_app() || expression.decl().decl_kind() != Z3_OP_CONCAT) return false;
  const z3::expr high = expression.arg(0);
  uint64_t value = 1;
  return high.is_numeral_u64(value) && value == 0 && high.get_sort().bv_size() + 32 >= term.width();
}

// zero_extend() to 64 bits, of each part of a sum that cannot wrap: two ways to write a place of an array then
// come to the same term.
Term widened(const Term& number) {
  const std::vector<Term> parts = addends(number);
  const auto bits = static_cast<unsigned>(std::bit_width(parts.size()));
  if (number.width() < 32 + bits || !std::all_of(parts.begin(), parts.end(), is_short))
    return zero_extend(number, 64);
  Term sum = word(0);
  for (const Term& part : parts) sum = sum + zero_extend(part, 64);
  return sum;
}

}  // namespace

FreeFunction::FreeFunction(std::string name, unsigned width)
    : known_(std::make_shared<Known>(Known{std::move(name), width, {}})) {}

Term FreeFunction::operator()(const Term& argument) const {
  const Term at = simplified(argument);
  const std::size_t count = known_->values.size();
  for (const auto& [other, value] : known_->values) {
    if (other.same(at)) return value;
  }
  Term value =
      Term::free_bits(known_->width, count == 0 ? known_->name : fmt::format("{}#{}", known_->name, count));
  for (std::size_t i = count; i-- > 0;) {
    value = choose(at == known_->values[i].first, known_->values[i].second, value);
  }
  known_->values.emplace_back(at, value);
  return value;
}

void Records::add(uint64_t offset, unsigned bytes, Content content) {
  fields_.push_back({offset, bytes, std::make_shared<const Content>(std::move(content))});
}

std::optional<Records::Place> Records::place_of(const Term& offset) const {
  if (std::has_single_bit(stride_)) {
    const auto inside = simplified(extract(offset, bits_of(stride_) - 1, 0)).constant();
    if (!inside) return std::nullopt;
    return Place{index_of(offset - word(*inside)), *inside};
  }
  // Neither sum nor product can wrap: so there is no other element at that offset.
  uint64_t constant = 0;
  Term index = word(0);
  for (const Term& part : addends(simplified(offset))) {
    if (const auto number = part.constant()) {
      if (*number >> 40 != 0) return std::nullopt;
      constant += *number;
      continue;
    }
    const auto product = operands_of(part, Z3_OP_BMUL);
    if (!product || product->left.constant() != stride_ || !is_short(product->right)) return std::nullopt;
    index = index + product->right;
  }
  return Place{simplified(index + word(constant / stride_)), constant % stride_};
}

Term Records::offset_of(const Term& index) const {
  if (!std::has_single_bit(stride_)) return simplified(index * word(stride_));
  const unsigned low = bits_of(stride_);
  return simplified(concatenate(extract(index, 63 - low, 0), Term::bits(low, 0)));
}

Term Records::index_of(const Term& offset) const {
  return simplified(widened(simplified(extract(simplified(offset), 63, bits_of(stride_)))));
}

Expected<const Records::Field*> Records::find(const Term& offset, unsigned bytes, Term* index) const {
  const std::optional<Place> place = place_of(offset);
  const auto is_member = [&](const Field& candidate) {
    return place && place->inside == candidate.offset && bytes == candidate.bytes;
  };
  const auto field = std::find_if(fields_.begin(), fields_.end(), is_member);
  if (field == fields_.end()) {
    return reports::failure("an array of structs",
                            fmt::format("{} bytes at offset {} of an element are no member of it", bytes,
                                        place ? std::to_string(place->inside) : "that is not one number"),
                            "the memory model of solver/records.cc has to learn it");
  }
  *index = place->index;
  return &*field;
}

Expected<Term> Records::load(const Term& offset, unsigned bytes) const {
  Term index;
  auto field = find(offset, bytes, &index);
  if (!field) return tl::unexpected(field.error());
  return (*(*field)->content)(index);
}

Expected<void> Records::store(const Term& offset, unsigned bytes, const Term& value) {
  Term index;
  auto field = find(offset, bytes, &index);
  if (!field) return tl::unexpected(field.error());
  // Indices are compared in their simplest form, so that the same one is known to be the same.
  set_content((*field)->offset, [before = (*field)->content, index, value](const Term& at) {
    return choose(simplified(at) == index, value, (*before)(at));
  });
  return {};
}

Records::Content Records::content(uint64_t offset) const {
  const auto field =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.offset == offset; });
  return *field->content;
}

void Records::set_content(uint64_t offset, Content content) {
  const auto field =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.offset == offset; });
  field->content = std::make_shared<const Content>(std::move(content));
}

std::vector<Records::Member> Records::changes_since(const Records& earlier) const {
  std::vector<Member> changes;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].content != earlier.fields_[i].content)
      changes.push_back({fields_[i].offset, fields_[i].bytes});
  }
  return changes;
}

}  // namespace nospan::solver
