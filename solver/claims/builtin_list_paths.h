// SPDX-License-Identifier: BSD-2-Clause
// The calls that map and unmap a list of any length with nospan's own mapper, executed: what the claims about
// them (builtin_map_list.h) speak of.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_LIST_PATHS_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_LIST_PATHS_H

#include <memory>
#include <vector>

#include "reports/error.h"
#include "solver/claims/builtin_list_loops.h"
#include "solver/claims/registry.h"
#include "solver/path.h"

namespace nospan::solver {

struct ListPaths {
  std::shared_ptr<BuiltinList> list;
  ListLoopTerms loops;
  std::vector<Path> once;      // map_list_once()
  std::vector<Path> unmapped;  // unmap_list() behind all of them that succeeded
  std::vector<Path> mapped;    // map_list(), with what map_list_once() is shown to be

  // Not thread-safe, as terms are. An error if the program lacks one of the functions, or they cannot be
  // executed.
  static reports::Expected<ListPaths> execute(const Setting& setting);

  // The result of 32 bits is one of the errors that map_list() may return.
  static Term is_error(const Term& result);
  // A path on which the arbitrary group was mapped, and the loop goes on.
  static bool is_iteration(const Path& path);
  // The call returned the number of segments.
  bool has_succeeded(const Path& path) const;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_LIST_PATHS_H
