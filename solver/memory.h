// SPDX-License-Identifier: BSD-2-Clause
// Memory of a program under symbolic execution: objects that pointers point into, one object and an offset
// each.
#ifndef NOSPAN_SOLVER_MEMORY_H
#define NOSPAN_SOLVER_MEMORY_H

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/records.h"
#include "solver/term.h"

namespace llvm {
class Value;
}  // namespace llvm

namespace nospan::solver {

// Names an object. kNone: the value is a plain number; a pointer that is a plain number points nowhere.
enum class ObjectId : uint32_t { kNone = 0 };

// What a register or a memory cell holds: a number, or a pointer into an object, or several values (a struct
// that a function returns in registers). Default-constructed, it is undefined: it may be moved about, but not
// be used.
struct Value {
  Term bits;  // the number; of a pointer into an object, the offset in bytes
  ObjectId object = ObjectId::kNone;
  // Of a pointer into an object: it is null instead if this holds. Without a term: never.
  Term null_if;
  std::vector<Value> members;

  bool is_pointer() const { return object != ObjectId::kNone; }
  bool is_undefined() const { return bits.sort() == Term::Sort::kNone && members.empty(); }
  static Value number(Term bits) { return Value{std::move(bits), ObjectId::kNone, {}, {}}; }
  static Value pointer(ObjectId object, Term offset = word(0)) {
    return Value{std::move(offset), object, {}, {}};
  }
};

// An object. Three forms: cells at constant offsets, which may hold pointers (structs, locals), a map of 64-bit
// words with any offset (bitmaps, tables of any length), or records (arrays of structs of any length).
class Object {
 public:
  // What is found where nothing was stored.
  enum class Initial : uint8_t {
    kZero,
    kUndefined,  // reading it is an error
    kFree,       // any value; the same each time
  };

  Object(std::string name, Term size, Initial initial)
      : name_(std::move(name)), size_(std::move(size)), initial_(initial) {}
  // An object of any size that holds `words`: word i lies at byte 8 i.
  static Object of_words(std::string name, Term size, Term words);
  static Object of_records(std::string name, Term size, Records records);
  // Stands for a function; it cannot be read or written.
  static Object of_function(std::string name);

  const std::string& name() const { return name_; }
  const Term& size() const { return size_; }  // bytes
  bool has_words() const { return words_.sort() == Term::Sort::kMap; }
  // Only if it was made of records.
  const Records* records() const { return records_ ? &*records_ : nullptr; }
  Records* records() { return records_ ? &*records_ : nullptr; }
  // Can be read and written at an offset that is not one number.
  bool takes_any_offset() const { return has_words() || records_.has_value(); }
  bool is_function() const { return is_function_; }
  bool alive() const { return alive_; }
  void die() { alive_ = false; }

  // `offset` and `bytes` (1, 2, 4 or 8) must lie inside the object; callers make that an obligation. An Error
  // says what this memory model cannot do.
  reports::Expected<Value> load(const Term& offset, unsigned bytes) const;
  reports::Expected<void> store(const Term& offset, unsigned bytes, const Value& value);

  // Sets `count` bytes from `offset` on to `byte`. Words: whole ones only.
  reports::Expected<void> fill(uint64_t offset, uint64_t count, uint8_t byte);

  // Makes `count` bytes from `offset` on undefined: padding that was copied, a local whose scope has ended.
  reports::Expected<void> forget(uint64_t offset, uint64_t count);

  const Term& words() const { return words_; }
  void set_words(Term words) { words_ = std::move(words); }

  // Where this object, the same one later, holds something else than `earlier`, and when it does not all the
  // same. What was undefined earlier is left out.
  struct Change {
    uint64_t offset;
    unsigned bytes;
    Term unchanged;
  };
  std::vector<Change> changes_since(const Object& earlier) const;

  // What a copy goes along: the cells of [offset, offset + count), and what lies between them in the longest
  // aligned pieces of at most 8 bytes.
  struct Piece {
    uint64_t offset;
    unsigned bytes;
    bool defined;  // something can be read there
  };
  std::vector<Piece> pieces(uint64_t offset, uint64_t count) const;

 private:
  struct Cell {
    Value value;
    unsigned bytes;
  };

  reports::Expected<Value> load_cell(uint64_t offset, unsigned bytes) const;
  reports::Expected<void> cut(uint64_t offset, uint64_t count);
  reports::Expected<Value> fresh(uint64_t offset, unsigned bytes) const;
  tl::unexpected<reports::Error> read_before_written(uint64_t offset, unsigned bytes) const;

  std::string name_;
  Term size_;
  Initial initial_ = Initial::kUndefined;
  // By offset; they do not overlap. Reading kFree memory adds a cell: the name of what was any value before,
  // the same in all states that share the object.
  mutable std::map<uint64_t, Cell> cells_;
  Term words_;
  std::optional<Records> records_;
  bool is_function_ = false;
  bool alive_ = true;
};

// All objects of one state. Copies share objects until one of them is changed.
class Memory {
 public:
  ObjectId add(Object object);
  const Object& at(ObjectId id) const { return *objects_[index(id)]; }
  Object& change(ObjectId id);
  // True only if nobody changed the object since the two were copies of each other.
  bool shares(const Memory& other, ObjectId id) const {
    return objects_[index(id)] == other.objects_[index(id)];
  }
  bool knows(ObjectId id) const { return id != ObjectId::kNone && index(id) < objects_.size(); }
  std::size_t count() const { return objects_.size(); }

  // Variables and functions of the program that a pointer was made to.
  std::map<const llvm::Value*, ObjectId> globals;

  // Where the object lies, for comparing and printing pointers: a free 64-bit constant.
  Term address(ObjectId id) const;
  // A value as the number it is in memory.
  Term number(const Value& value) const;

 private:
  static std::size_t index(ObjectId id) { return static_cast<std::size_t>(id) - 1; }
  std::vector<std::shared_ptr<Object>> objects_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MEMORY_H
