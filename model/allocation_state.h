// SPDX-License-Identifier: BSD-2-Clause
// Which entries of a window are allocated: what the model expects, compared with what the implementation says
// of itself.
#ifndef NOSPAN_MODEL_ALLOCATION_STATE_H
#define NOSPAN_MODEL_ALLOCATION_STATE_H

#include <cstdint>
#include <span>
#include <vector>

#include "model/entry_set.h"
#include "model/tce_table.h"
#include "model/violation.h"
#include "model/window.h"

namespace nospan::model {

// A range of entries in which an implementation looks for space on its own, relative to the window.
struct Pool {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  bool large = false;  // kept for large requests
};

// What the model asks the implementation about itself.
class Observer {
 public:
  virtual ~Observer() = default;
  // Bit i of words[] is set if entry first + i is allocated or reserved; first is a multiple of 64.
  virtual void read_allocation(std::uint64_t first, std::uint64_t count, std::uint64_t* words) = 0;
  // Valid until the next call.
  virtual std::span<const Pool> pools() = 0;
};

// The expected state, and the comparison. Small tables are compared whole after each call; large ones near what
// the call touched, in a sweep over the rest, and whole where compare_all() is called. Not thread-safe.
class AllocationState {
 public:
  // Empties it for a new window. The observer must outlive the scenario.
  void reset(const Window& window, Observer& observer);

  // Expected to be allocated: reserved, inherited and mapped entries, relative to the window.
  const EntrySet& expected() const { return expected_; }
  void insert(std::uint64_t entry, std::uint64_t count) { expected_.insert(entry, count); }
  void remove(std::uint64_t entry, std::uint64_t count) { expected_.remove(entry, count); }

  // What the implementation says of all entries: bit i of the words for entry i. Valid until the next call.
  std::span<const std::uint64_t> observed();

  // Adds the first difference in each part that is compared: `if_missing` for an entry that should be allocated
  // and is not (RANGE-1 if it is reserved), `if_extra` for the opposite.
  void compare_near(std::span<const TceRange> near, Invariant if_missing, Invariant if_extra,
                    std::vector<Violation>& violations);
  void compare_all(Invariant if_missing, Invariant if_extra, std::vector<Violation>& violations);

 private:
  void compare_words(std::uint64_t first, std::uint64_t count, Invariant if_missing, Invariant if_extra,
                     std::vector<Violation>& violations);

  Window window_;
  Observer* observer_ = nullptr;
  EntrySet expected_;
  std::vector<std::uint64_t> words_;
  std::uint64_t next_word_ = 0;  // where the sweep over a large table goes on
};

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_ALLOCATION_STATE_H
