// SPDX-License-Identifier: BSD-2-Clause
// One call of a target, and what it came to.
#ifndef NOSPAN_SOLVER_DIFFERENTIAL_CALL_H
#define NOSPAN_SOLVER_DIFFERENTIAL_CALL_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "targets/target.h"

namespace nospan::solver::differential {

enum class EntryPoint : uint8_t {
  kMapPage,
  kUnmapPage,
  kMapList,
  kUnmapList,
  kAllocCoherent,
  kFreeCoherent,
  kInUse,
  kCheckIoba,
  kCheckGpa,
  kTceDirection,
  kDirectionPermissions,
};
inline constexpr std::array kNames = {
    "map_page", "unmap_page", "map_sg",    "unmap_sg",      "alloc_coherent",       "free_coherent",
    "in_use",   "check_ioba", "check_gpa", "tce_direction", "direction_permissions"};

struct Request {
  EntryPoint entry_point = EntryPoint::kMapPage;
  bool without_table = false;
  nospan_map_request map{};
  std::vector<nospan_segment> list;
  std::array<uint64_t, 5> numbers{};  // further arguments, in their order
};

struct Seen {
  bool failed = false;  // environment.fail(), or an obligation that does not hold
  std::string why;
  uint64_t result = 0;
  std::array<uint64_t, 2> out{};
  std::vector<nospan_segment> list;
  std::vector<uint64_t> allocation;
};

}  // namespace nospan::solver::differential

#endif  // NOSPAN_SOLVER_DIFFERENTIAL_CALL_H
