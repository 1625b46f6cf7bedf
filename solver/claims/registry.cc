// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/registry.h"

#include "solver/claims/linux_alloc.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_coherent.h"
#include "solver/claims/linux_map_page.h"
#include "solver/claims/linux_unmap_page.h"

namespace nospan::solver {

const std::vector<ClaimGroup>& claim_groups() {
  static const std::vector<ClaimGroup> groups = {
      {"bitmap", Subject::kKernel, linux_bitmap},
      {"alloc", Subject::kKernel, linux_alloc},
      {"map_page", Subject::kKernel, linux_map_page},
      {"unmap_page", Subject::kKernel, linux_unmap_page},
      {"coherent", Subject::kKernel, linux_coherent},
  };
  return groups;
}

}  // namespace nospan::solver
