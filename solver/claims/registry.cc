// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/registry.h"

#include "solver/claims/linux_alloc.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_map_page.h"

namespace nospan::solver {

const std::vector<ClaimGroup>& claim_groups() {
  static const std::vector<ClaimGroup> groups = {
      {"bitmap", Subject::kKernel, linux_bitmap},
      {"alloc", Subject::kKernel, linux_alloc},
      {"map_page", Subject::kKernel, linux_map_page},
  };
  return groups;
}

}  // namespace nospan::solver
