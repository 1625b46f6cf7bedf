// SPDX-License-Identifier: BSD-2-Clause
// What loads, stores and atomic instructions do to a state, and what must hold before they may.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "solver/engine.h"

namespace nospan::solver {
namespace {

// What lies at one of several places; none if no one value says that.
Maybe<std::optional<Value>> read(const Object& object, const Places& places, unsigned bytes) {
  if (places.choices.empty()) return object.load(places.offset, bytes);
  std::optional<Value> result;
  for (const uint64_t place : places.choices) {
    auto value = object.load(word(place), bytes);
    if (!value) return tl::unexpected(value.error());
    result = result ? chosen(places.offset == word(place), *value, *result) : std::move(*value);
    if (!result) break;
  }
  return result;
}

// Stores the value at one of several places, if `guard` holds or there is none. False, and nothing is stored,
// if a cell would hold what no one value says.
Maybe<bool> write(Object& object, const Places& places, unsigned bytes, const Value& value,
                  const std::optional<Term>& guard) {
  if (places.choices.empty() && !guard) {
    if (auto done = object.store(places.offset, bytes, value); !done) return tl::unexpected(done.error());
    return true;
  }
  std::vector<std::pair<Term, Term>> cells = {{places.offset, Term::boolean(true)}};
  if (!places.choices.empty()) cells.clear();
  for (const uint64_t place : places.choices) cells.emplace_back(word(place), places.offset == word(place));
  Object changed = object;
  for (const auto& [place, is_here] : cells) {
    auto old = object.load(place, bytes);
    if (!old) return tl::unexpected(old.error());
    const auto content = chosen(guard ? *guard & is_here : is_here, value, *old);
    if (!content) return false;
    if (auto done = changed.store(place, bytes, *content); !done) return tl::unexpected(done.error());
  }
  object = std::move(changed);
  return true;
}

Term fits(const Term& offset, const Term& size, uint64_t bytes) {
  return less_equal(word(bytes), size) & less_equal(offset, size - word(bytes));
}

}  // namespace

bool Executor::Engine::check_access(State& state, const Value& pointer, uint64_t bytes,
                                    const llvm::Instruction& instruction) {
  using Kind = Obligation::Kind;
  if (!pointer.is_pointer()) {
    require(state, Kind::kNull, Term::boolean(false),
            pointer.bits.constant() == 0 ? "access through a null pointer"
                                         : "access through a number that is no pointer",
            instruction);
    return false;
  }
  if (has_null(pointer)) {
    require(state, Kind::kNull, !pointer.null_if, "access through a null pointer", instruction);
  }
  const Object& object = state.memory.at(pointer.object);
  if (!object.alive()) {
    require(state, Kind::kBounds, Term::boolean(false), "access to " + object.name() + " after its end",
            instruction);
    return false;
  }
  const Term inside = fits(pointer.bits, object.size(), bytes);
  if (!inside.is_true()) {
    require(state, Kind::kBounds, inside, "access outside " + object.name(), instruction);
  }
  if (object.has_words() && bytes > 1) {
    require(state, Kind::kUndefined, (pointer.bits & word(std::min<uint64_t>(bytes, 8) - 1)) == word(0),
            "access that is not aligned", instruction);
  }
  return !state.impossible();
}

bool Executor::Engine::settle_offset(State& state, const llvm::Instruction& instruction, const Value& pointer,
                                     Places& places) {
  places.offset = pointer.bits;
  if (pointer.bits.constant() || state.memory.at(pointer.object).takes_any_offset()) return true;
  std::vector<uint64_t> values;
  while (true) {
    const auto value = solver().value(state.conditions, pointer.bits, values);
    if (!value) break;
    values.push_back(*value);
    if (values.size() > limits.values_of_an_offset) break;
  }
  if (solver().gave_up() || values.empty() || values.size() > limits.values_of_an_offset) {
    stop(state, unsupported(instruction, fmt::format("an offset into {} that may be anything",
                                                     state.memory.at(pointer.object).name()))
                    .value());
    return false;
  }
  if (limits.join_paths) {
    places.choices = std::move(values);
    return true;
  }
  split_by_offset(state, instruction, pointer, values);
  return false;
}

void Executor::Engine::split_by_offset(State& state, const llvm::Instruction& instruction, const Value& pointer,
                                       const std::vector<uint64_t>& values) {
  if (guard) {
    refused = true;
    return;
  }
  for (const uint64_t value : values) {
    State other = state;
    other.assume(pointer.bits == word(value));
    // Again, now that the offset can only be this.
    other.settled_instruction_ = &instruction;
    other.settled_offset_ = value;
    --top(other).next;
    waiting.push_back(std::move(other));
  }
}

// Takes the offset that settle_offset() split the path for.
void Executor::Engine::apply_settled(State& state, const llvm::Instruction& instruction, Value& pointer) {
  if (state.settled_instruction_ != &instruction) return;
  pointer.bits = word(state.settled_offset_);
  state.settled_instruction_ = nullptr;
}

bool Executor::Engine::settle_null(State& state, const llvm::GetElementPtrInst& instruction) {
  const auto index = top(state).numbering->index.find(instruction.getPointerOperand());
  if (index == top(state).numbering->index.end()) return true;
  const Value pointer = top(state).registers[index->second];
  if (!pointer.is_pointer() || !has_null(pointer)) return true;
  if (guard) {
    refused = true;
    return false;
  }
  for (const bool is_null : {true, false}) {
    const Term taken = is_null ? pointer.null_if : !pointer.null_if;
    if (!possible(state, taken)) continue;
    State other = state;
    other.assume(taken);
    top(other).registers[index->second] =
        is_null ? Value::number(word(0)) : Value::pointer(pointer.object, pointer.bits);
    --top(other).next;
    waiting.push_back(std::move(other));
  }
  return false;
}

bool Executor::Engine::load(State& state, const llvm::LoadInst& instruction) {
  auto pointer = operand(state, *instruction.getPointerOperand());
  if (!pointer) {
    stop(state, pointer.error());
    return false;
  }
  const llvm::Type& type = *instruction.getType();
  const unsigned bytes = bytes_of(type);
  if (bytes > 8 || !std::has_single_bit(bytes)) {
    stop(state, unsupported(instruction, fmt::format("a load of {} bytes", bytes)).value());
    return false;
  }
  apply_settled(state, instruction, *pointer);
  if (!check_access(state, *pointer, bytes, instruction)) return true;
  Places places;
  if (!settle_offset(state, instruction, *pointer, places)) return false;
  auto content = read(state.memory.at(pointer->object), places, bytes);
  if (!content) {
    stop(state, unsupported(instruction, content.error().line()).value());
    return false;
  }
  if (!*content) {
    split_by_offset(state, instruction, *pointer, places.choices);
    return false;
  }
  std::optional<Value>& value = *content;
  if (type.isIntegerTy() && !value->is_pointer() && type.getIntegerBitWidth() < bytes * 8) {
    const unsigned width = type.getIntegerBitWidth();
    const Term low = truncate(value->bits, width);
    value->bits = width == 1 ? low == Term::bits(1, 1) : low;
  }
  define(state, instruction, std::move(*value));
  return true;
}

bool Executor::Engine::store(State& state, const llvm::StoreInst& instruction) {
  auto pointer = operand(state, *instruction.getPointerOperand());
  auto value = operand(state, *instruction.getValueOperand());
  if (!pointer || !value) {
    stop(state, pointer ? value.error() : pointer.error());
    return false;
  }
  const unsigned bytes = bytes_of(*instruction.getValueOperand()->getType());
  if (bytes > 8 || !std::has_single_bit(bytes)) {
    stop(state, unsupported(instruction, fmt::format("a store of {} bytes", bytes)).value());
    return false;
  }
  apply_settled(state, instruction, *pointer);
  if (!check_access(state, *pointer, bytes, instruction)) return true;
  Places places;
  if (!settle_offset(state, instruction, *pointer, places)) return false;
  if (value->is_undefined() && pointer->bits.constant() && !guard) {
    if (auto done = state.memory.change(pointer->object).forget(*pointer->bits.constant(), bytes); !done) {
      stop(state, unsupported(instruction, done.error().line()).value());
      return false;
    }
    return true;
  }
  if (value->bits.sort() == Term::Sort::kNone) {
    stop(state, unsupported(instruction, "a struct or an undefined value is stored").value());
    return false;
  }
  if (!value->is_pointer() && (value->bits.is_boolean() || value->bits.width() < bytes * 8)) {
    value->bits = zero_extend(value->bits, bytes * 8);
  }
  return store_at(state, instruction, *pointer, places, bytes, *value);
}

bool Executor::Engine::store_at(State& state, const llvm::Instruction& instruction, const Value& pointer,
                                const Places& places, unsigned bytes, const Value& value) {
  const auto done = write(state.memory.change(pointer.object), places, bytes, value, guard);
  if (!done) {
    stop(state, unsupported(instruction, done.error().line()).value());
    return false;
  }
  if (!*done) split_by_offset(state, instruction, pointer, places.choices);
  return *done;
}

// What an atomic instruction finds. None: the path has ended or goes on in `waiting`.
std::optional<Value> Executor::Engine::read_number(State& state, const llvm::Instruction& instruction,
                                                   const Value& pointer, const Places& places, unsigned bytes) {
  auto old = read(state.memory.at(pointer.object), places, bytes);
  if (!old) {
    stop(state, unsupported(instruction, old.error().line()).value());
    return std::nullopt;
  }
  if (!*old) {
    split_by_offset(state, instruction, pointer, places.choices);
    return std::nullopt;
  }
  if ((*old)->is_pointer()) {
    stop(state, unsupported(instruction, "an atomic operation on a pointer").value());
    return std::nullopt;
  }
  return std::move(*old);
}

// Other threads are not modelled: an atomic instruction is a plain one.
bool Executor::Engine::update_atomically(State& state, const llvm::AtomicRMWInst& instruction) {
  auto pointer = operand(state, *instruction.getPointerOperand());
  auto value = number(state, *instruction.getValOperand());
  if (!pointer || !value) {
    stop(state, pointer ? value.error() : pointer.error());
    return false;
  }
  const unsigned bytes = bytes_of(*instruction.getType());
  apply_settled(state, instruction, *pointer);
  if (!check_access(state, *pointer, bytes, instruction)) return true;
  Places places;
  if (!settle_offset(state, instruction, *pointer, places)) return false;
  auto old = read_number(state, instruction, *pointer, places, bytes);
  if (!old) return false;
  const Term& before = old->bits;
  Term after;
  switch (instruction.getOperation()) {
    case llvm::AtomicRMWInst::Xchg: after = *value; break;
    case llvm::AtomicRMWInst::Add: after = before + *value; break;
    case llvm::AtomicRMWInst::Sub: after = before - *value; break;
    case llvm::AtomicRMWInst::And: after = before & *value; break;
    case llvm::AtomicRMWInst::Or: after = before | *value; break;
    case llvm::AtomicRMWInst::Xor: after = before ^ *value; break;
    default: stop(state, unsupported(instruction, "an atomic operation").value()); return false;
  }
  if (!store_at(state, instruction, *pointer, places, bytes, Value::number(after))) return false;
  define(state, instruction, std::move(*old));
  return true;
}

bool Executor::Engine::compare_and_exchange(State& state, const llvm::AtomicCmpXchgInst& instruction) {
  auto pointer = operand(state, *instruction.getPointerOperand());
  auto expected = number(state, *instruction.getCompareOperand());
  auto wanted = number(state, *instruction.getNewValOperand());
  if (!pointer || !expected || !wanted) {
    stop(state, !pointer ? pointer.error() : !expected ? expected.error() : wanted.error());
    return false;
  }
  const unsigned bytes = bytes_of(*instruction.getNewValOperand()->getType());
  apply_settled(state, instruction, *pointer);
  if (!check_access(state, *pointer, bytes, instruction)) return true;
  Places places;
  if (!settle_offset(state, instruction, *pointer, places)) return false;
  auto old = read_number(state, instruction, *pointer, places, bytes);
  if (!old) return false;
  const Term equal = old->bits == *expected;
  const Value after = Value::number(choose(equal, *wanted, old->bits));
  if (!store_at(state, instruction, *pointer, places, bytes, after)) return false;
  Value result;
  result.members = {std::move(*old), Value::number(equal)};
  define(state, instruction, std::move(result));
  return true;
}

}  // namespace nospan::solver
