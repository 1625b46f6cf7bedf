// SPDX-License-Identifier: BSD-2-Clause
// Scenarios and outcomes as plain bytes, for memory that a worker and its parent share. Both are the same
// program: this is no file format, and what is read is trusted to be what was stored.
//
// Nothing here has state: safe to use from any thread, on memory that no one else writes meanwhile.
#ifndef NOSPAN_PROPS_SCENARIO_TRANSFER_H
#define NOSPAN_PROPS_SCENARIO_TRANSFER_H

#include <cstddef>
#include <cstdint>
#include <span>

#include "props/bounded_text.h"
#include "props/executor.h"
#include "props/scenario.h"

namespace nospan::props {

// The bytes that store_scenario() needs.
std::size_t stored_size(const Scenario& scenario);

// Stores all but the note, which no run looks at. Throws std::length_error, and stores nothing, if there is too
// little room.
void store_scenario(const Scenario& scenario, std::span<std::byte> to);

// Leaves the note of `scenario` as it is; keeps its buffers.
void load_scenario(std::span<const std::byte> from, Scenario& scenario);

// An Outcome without pointers: its first few violations, their texts cut where they are long.
struct OutcomeRecord {
  static constexpr std::size_t kMostViolations = 4;

  struct Violation {
    model::Invariant invariant;
    bool has_tce, has_page, has_foreign, has_owner;
    std::uint64_t tce, page, foreign;
    std::uint32_t owner;
    model::Symptom symptom;
    BoundedText<512> expected;
    BoundedText<512> actual;
  };

  std::uint64_t command;
  std::uint64_t violation_count;
  BoundedText<64> tolerated;  // the finding of the guard; empty: none. Loaded as its first guard
  Violation violations[kMostViolations];

  void store(const Outcome& outcome);
  Outcome load() const;
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_SCENARIO_TRANSFER_H
