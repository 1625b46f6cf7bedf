// SPDX-License-Identifier: BSD-2-Clause
// For tests: the builtin target with one function replaced.
#ifndef NOSPAN_PROPS_ALTERED_TARGET_H
#define NOSPAN_PROPS_ALTERED_TARGET_H

#include "targets/builtin/builtin.h"
#include "targets/target.h"

namespace nospan::props {

// A copy of the builtin target with map_page replaced.
inline nospan_target with_map_page(std::uint64_t (*map_page)(void*, const nospan_map_request*)) {
  nospan_target target = *nospan_builtin_target();
  target.map_page = map_page;
  return target;
}

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_ALTERED_TARGET_H
