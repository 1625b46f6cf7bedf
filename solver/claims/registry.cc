// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/registry.h"

#include "solver/claims/builtin_map.h"
#include "solver/claims/linux_map_page.h"

namespace nospan::solver {

const std::vector<ClaimGroup>& claim_groups() {
  static const std::vector<ClaimGroup> groups = {
      {"map_page", Subject::kKernel, linux_map_page},
      {"builtin-map_page", Subject::kBuiltin, builtin_map_page},
      {"builtin-place", Subject::kBuiltin, builtin_place},
      {"builtin-unmap_page", Subject::kBuiltin, builtin_unmap_page},
      {"builtin-coherent", Subject::kBuiltin, builtin_coherent},
  };
  return groups;
}

}  // namespace nospan::solver
