// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/registry.h"

#include "solver/claims/linux_alloc.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_map_page.h"

namespace nospan::solver {

const std::vector<ClaimGroup>& claim_groups() {
  static const std::vector<ClaimGroup> groups = {
      {"bitmap", Subject::kKernel, linux_bitmap},
      {"area_alloc", Subject::kKernel, linux_area_alloc},
      {"range_alloc", Subject::kKernel, linux_range_alloc},
      {"get_pool", Subject::kKernel, linux_get_pool},
      {"map_page", Subject::kKernel, linux_map_page},
  };
  return groups;
}

}  // namespace nospan::solver
