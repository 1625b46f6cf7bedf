// SPDX-License-Identifier: BSD-2-Clause
#include "solver/memory.h"

#include <fmt/format.h>

namespace nospan::solver {
namespace {

using reports::Expected;

tl::unexpected<reports::Error> beyond(const std::string& object, std::string what) {
  return reports::failure(fmt::format("memory of {}", object), std::move(what),
                          "the memory model of solver/memory.cc has to learn it");
}

// Bytes [from, from + bytes) of a number.
Term part(const Term& number, uint64_t from, unsigned bytes) {
  const unsigned low = static_cast<unsigned>(from * 8);
  return extract(number, low + bytes * 8 - 1, low);
}

}  // namespace

Object Object::of_words(std::string name, Term size, Term words) {
  Object object(std::move(name), std::move(size), Initial::kFree);
  object.words_ = std::move(words);
  return object;
}

Object Object::of_function(std::string name) {
  Object object(std::move(name), word(0), Initial::kUndefined);
  object.is_function_ = true;
  return object;
}

Expected<Value> Object::fresh(uint64_t offset, unsigned bytes) {
  switch (initial_) {
    case Initial::kZero: return Value::number(Term::bits(bytes * 8, 0));
    case Initial::kFree: {
      Value value = Value::number(Term::free_bits(bytes * 8, fmt::format("{}+{:#x}", name_, offset)));
      cells_.emplace(offset, Cell{value, bytes});
      return value;
    }
    case Initial::kUndefined: break;
  }
  return beyond(name_, fmt::format("{} bytes at offset {} are read before they are written", bytes, offset));
}

Expected<Value> Object::load_cell(uint64_t offset, unsigned bytes) {
  auto next = cells_.lower_bound(offset);
  if (next != cells_.end() && next->first == offset && next->second.bytes == bytes) return next->second.value;
  // A part of one cell.
  auto holder = next;
  if (holder == cells_.end() || holder->first != offset) {
    if (holder != cells_.begin()) --holder;
  }
  if (holder != cells_.end() && holder->first <= offset &&
      holder->first + holder->second.bytes >= offset + bytes) {
    if (holder->second.value.is_pointer()) {
      return beyond(name_, fmt::format("a part of the pointer at offset {} is read", holder->first));
    }
    return Value::number(part(holder->second.value.bits, offset - holder->first, bytes));
  }
  // Nothing stored there, or several pieces.
  const bool overlaps =
      (holder != cells_.end() && holder->first < offset && holder->first + holder->second.bytes > offset) ||
      (next != cells_.end() && next->first < offset + bytes);
  if (!overlaps) return fresh(offset, bytes);
  if (bytes == 1) return beyond(name_, "overlapping cells");
  auto low = load_cell(offset, bytes / 2);
  if (!low) return low;
  auto high = load_cell(offset + bytes / 2, bytes / 2);
  if (!high) return high;
  if (low->is_pointer() || high->is_pointer()) return beyond(name_, "a pointer is put together from parts");
  return Value::number(concatenate(high->bits, low->bits));
}

Expected<Value> Object::load(const Term& offset, unsigned bytes) {
  if (is_function_) return beyond(name_, "a function is read");
  if (!has_words()) {
    if (const auto constant = offset.constant()) return load_cell(*constant, bytes);
    return beyond(name_, fmt::format("{} bytes are read at an offset that is not one number", bytes));
  }
  const Term content = select(words_, shift_right(offset, word(3)));
  if (bytes == 8) return Value::number(content);
  const Term bit = shift_left(offset & word(7), word(3));
  return Value::number(truncate(shift_right(content, bit), bytes * 8));
}

// Takes away what is stored in [offset, offset + count), and keeps the rest of cells that reach into it.
Expected<void> Object::cut(uint64_t offset, uint64_t count) {
  const uint64_t end = offset + count;
  auto cell = cells_.lower_bound(offset);
  if (cell != cells_.begin()) {
    auto before = std::prev(cell);
    if (before->first + before->second.bytes > offset) cell = before;
  }
  while (cell != cells_.end() && cell->first < end) {
    const uint64_t begin = cell->first;
    const Cell old = cell->second;
    const uint64_t old_end = begin + old.bytes;
    if ((begin < offset || old_end > end) && old.value.is_pointer()) {
      return beyond(name_, fmt::format("a part of the pointer at offset {} is overwritten", begin));
    }
    cell = cells_.erase(cell);
    for (uint64_t at = begin; at < old_end; ++at) {
      if (at >= offset && at < end) continue;
      cells_.emplace(at, Cell{Value::number(part(old.value.bits, at - begin, 1)), 1});
    }
  }
  return {};
}

Expected<void> Object::store(const Term& offset, unsigned bytes, const Value& value) {
  if (is_function_) return beyond(name_, "a function is written");
  if (!has_words()) {
    const auto constant = offset.constant();
    if (!constant) {
      return beyond(name_, fmt::format("{} bytes are written at an offset that is not one number", bytes));
    }
    const auto same = cells_.find(*constant);
    if (same != cells_.end() && same->second.bytes == bytes) {
      same->second.value = value;
      return {};
    }
    if (auto done = cut(*constant, bytes); !done) return done;
    cells_.emplace(*constant, Cell{value, bytes});
    return {};
  }
  if (value.is_pointer()) return beyond(name_, "a pointer is stored in memory that holds words");
  const Term index = shift_right(offset, word(3));
  if (bytes == 8) {
    words_ = solver::store(words_, index, value.bits);
    return {};
  }
  const Term bit = shift_left(offset & word(7), word(3));
  const Term ones = shift_left(word((uint64_t{1} << (bytes * 8)) - 1), bit);
  const Term rest = select(words_, index) & ~ones;
  words_ = solver::store(words_, index, rest | shift_left(zero_extend(value.bits, 64), bit));
  return {};
}

Expected<void> Object::fill(uint64_t offset, uint64_t count, uint8_t byte) {
  const uint64_t pattern = 0x0101010101010101u * byte;
  if (has_words()) {
    if (offset % 8 != 0 || count % 8 != 0) return beyond(name_, "a part of a word is filled");
    for (uint64_t at = offset; at < offset + count; at += 8) {
      words_ = solver::store(words_, word(at / 8), word(pattern));
    }
    return {};
  }
  if (auto done = cut(offset, count); !done) return done;
  for (uint64_t at = offset; at < offset + count;) {
    unsigned bytes = 8;
    while (at % bytes != 0 || at + bytes > offset + count) bytes /= 2;
    cells_.emplace(at, Cell{Value::number(Term::bits(bytes * 8, pattern)), bytes});
    at += bytes;
  }
  return {};
}

std::vector<std::pair<uint64_t, unsigned>> Object::pieces(uint64_t offset, uint64_t count) const {
  std::vector<std::pair<uint64_t, unsigned>> result;
  const uint64_t end = offset + count;
  for (uint64_t at = offset; at < end;) {
    const auto cell = cells_.lower_bound(at);
    if (cell != cells_.end() && cell->first == at && at + cell->second.bytes <= end) {
      result.emplace_back(at, cell->second.bytes);
      at += cell->second.bytes;
      continue;
    }
    const uint64_t limit = cell != cells_.end() && cell->first > at && cell->first < end ? cell->first : end;
    unsigned bytes = 8;
    while (at % bytes != 0 || at + bytes > limit) bytes /= 2;
    result.emplace_back(at, bytes);
    at += bytes;
  }
  return result;
}

ObjectId Memory::add(Object object) {
  objects_.push_back(std::make_shared<Object>(std::move(object)));
  return static_cast<ObjectId>(objects_.size());
}

Object& Memory::change(ObjectId id) {
  std::shared_ptr<Object>& object = objects_[index(id)];
  if (object.use_count() > 1) object = std::make_shared<Object>(*object);
  return *object;
}

Term Memory::address(ObjectId id) const { return free_word("&" + at(id).name()); }

Term Memory::number(const Value& value) const {
  if (!value.is_pointer()) return value.bits;
  const Term address = this->address(value.object) + value.bits;
  if (value.null_if.sort() == Term::Sort::kNone) return address;
  return choose(value.null_if, word(0), address);
}

}  // namespace nospan::solver
