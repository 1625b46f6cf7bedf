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

Term Records::offset_of(const Term& index) const {
  const unsigned low = bits_of(stride_);
  return simplified(concatenate(extract(index, 63 - low, 0), Term::bits(low, 0)));
}

Term Records::index_of(const Term& offset) const {
  return simplified(zero_extend(extract(simplified(offset), 63, bits_of(stride_)), 64));
}

Expected<const Records::Field*> Records::find(const Term& offset, unsigned bytes, Term* index) const {
  const Term inside = simplified(extract(offset, bits_of(stride_) - 1, 0));
  const auto member = inside.constant();
  const auto field = std::find_if(fields_.begin(), fields_.end(), [&](const Field& candidate) {
    return member == candidate.offset && bytes == candidate.bytes;
  });
  if (field == fields_.end()) {
    return reports::failure("an array of structs",
                            fmt::format("{} bytes at offset {} of an element are no member of it", bytes,
                                        member ? std::to_string(*member) : "that is not one number"),
                            "the memory model of solver/records.cc has to learn it");
  }
  *index = index_of(offset - word(*member));
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
