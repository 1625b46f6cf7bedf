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

Object Object::of_records(std::string name, Term size, Records records) {
  Object object(std::move(name), std::move(size), Initial::kUndefined);
  object.records_ = std::move(records);
  return object;
}

Object Object::of_function(std::string name) {
  Object object(std::move(name), word(0), Initial::kUndefined);
  object.is_function_ = true;
  return object;
}

Expected<Value> Object::fresh(uint64_t offset, unsigned bytes) const {
  switch (initial_) {
    case Initial::kZero: return Value::number(Term::bits(bytes * 8, 0));
    case Initial::kFree: {
      Value value = Value::number(Term::free_bits(bytes * 8, fmt::format("{}+{:#x}:{}", name_, offset, bytes)));
      cells_.emplace(offset, Cell{value, bytes});
      return value;
    }
    case Initial::kUndefined: break;
  }
  return read_before_written(offset, bytes);
}

tl::unexpected<reports::Error> Object::read_before_written(uint64_t offset, unsigned bytes) const {
  return beyond(name_, fmt::format("{} bytes at offset {} are read before they are written", bytes, offset));
}

Expected<Value> Object::load_cell(uint64_t offset, unsigned bytes) const {
  auto next = cells_.lower_bound(offset);
  if (next != cells_.end() && next->first == offset && next->second.bytes == bytes) {
    if (next->second.value.is_undefined()) return read_before_written(offset, bytes);
    return next->second.value;
  }
  // A part of one cell.
  auto holder = next;
  if (holder == cells_.end() || holder->first != offset) {
    if (holder != cells_.begin()) --holder;
  }
  if (holder != cells_.end() && holder->first <= offset &&
      holder->first + holder->second.bytes >= offset + bytes) {
    if (holder->second.value.is_undefined()) return read_before_written(offset, bytes);
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

Expected<Value> Object::load(const Term& offset, unsigned bytes) const {
  if (is_function_) return beyond(name_, "a function is read");
  if (records_) return records_->load(offset, bytes).map([](const Term& term) { return Value::number(term); });
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
      const Value rest =
          old.value.is_undefined() ? Value{} : Value::number(part(old.value.bits, at - begin, 1));
      cells_.emplace(at, Cell{rest, 1});
    }
  }
  return {};
}

Expected<void> Object::store(const Term& offset, unsigned bytes, const Value& value) {
  if (is_function_) return beyond(name_, "a function is written");
  if (records_) {
    if (value.is_pointer()) return beyond(name_, "a pointer is stored in an array of structs");
    return records_->store(offset, bytes, value.bits);
  }
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
  if (records_) return beyond(name_, "an array of structs is filled");
  const uint64_t pattern = 0x0101010101010101u * byte;
  if (has_words()) {
    if (offset % 8 != 0 || count % 8 != 0) return beyond(name_, "a part of a word is filled");
    for (uint64_t at = offset; at < offset + count; at += 8) {
      words_ = solver::store(words_, word(at / 8), word(pattern));
    }
    return {};
  }
  if (byte == 0 && offset == 0 && size_.constant() == count) {
    // Large arrays are zeroed as a whole: no need for a cell each.
    cells_.clear();
    initial_ = Initial::kZero;
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

Expected<void> Object::forget(uint64_t offset, uint64_t count) {
  if (records_) return beyond(name_, "an array of structs becomes undefined");
  if (has_words()) return beyond(name_, "a part of a word becomes undefined");
  if (offset == 0 && size_.constant() == count) {
    cells_.clear();
    initial_ = Initial::kUndefined;
    return {};
  }
  if (auto done = cut(offset, count); !done) return done;
  if (initial_ == Initial::kUndefined) return {};
  for (uint64_t at = offset; at < offset + count; ++at) cells_.emplace(at, Cell{Value{}, 1});
  return {};
}

std::vector<Object::Change> Object::changes_since(const Object& earlier) const {
  std::vector<Change> changes;
  if (records_) {
    for (const Records::Member& member : records_->changes_since(*earlier.records_)) {
      changes.push_back({member.offset, member.bytes, Term::boolean(false)});
    }
    return changes;
  }
  if (has_words() || earlier.has_words()) {
    if (!words_.same(earlier.words_)) changes.push_back({0, 8, words_ == earlier.words_});
    return changes;
  }
  const auto look = [&](uint64_t offset, unsigned bytes) {
    const auto before = earlier.load_cell(offset, bytes);
    if (!before) return;
    const auto now = load_cell(offset, bytes);
    if (!now || now->object != before->object) {
      changes.push_back({offset, bytes, Term::boolean(false)});
    } else if (!now->bits.same(before->bits)) {
      changes.push_back({offset, bytes, now->bits == before->bits});
    }
  };
  // Copies: reading free memory adds cells.
  for (const auto& [offset, cell] : std::map<uint64_t, Cell>(cells_)) look(offset, cell.bytes);
  for (const auto& [offset, cell] : std::map<uint64_t, Cell>(earlier.cells_)) {
    if (!cells_.contains(offset)) look(offset, cell.bytes);
  }
  return changes;
}

std::vector<Object::Piece> Object::pieces(uint64_t offset, uint64_t count) const {
  std::vector<Piece> result;
  const uint64_t end = offset + count;
  const bool holes_defined = has_words() || initial_ != Initial::kUndefined;
  for (uint64_t at = offset; at < end;) {
    const auto next = cells_.upper_bound(at);
    if (next != cells_.begin()) {
      const auto& [begin, cell] = *std::prev(next);
      if (begin + cell.bytes > at) {
        // A cell that the range cuts goes byte by byte.
        const unsigned bytes = begin == at && at + cell.bytes <= end ? cell.bytes : 1;
        result.push_back({at, bytes, !cell.value.is_undefined()});
        at += bytes;
        continue;
      }
    }
    const uint64_t limit = next != cells_.end() && next->first < end ? next->first : end;
    unsigned bytes = 8;
    while (at % bytes != 0 || at + bytes > limit) bytes /= 2;
    result.push_back({at, bytes, holes_defined});
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
  Term address = this->address(value.object) + value.bits;
  if (value.null_if.sort() == Term::Sort::kNone) return address;
  return choose(value.null_if, word(0), address);
}

}  // namespace nospan::solver
