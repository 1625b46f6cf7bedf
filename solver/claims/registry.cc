// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/registry.h"

#include "solver/claims/builtin_map.h"
#include "solver/claims/builtin_space.h"
#include "solver/claims/linux_alloc.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_checks.h"
#include "solver/claims/linux_coherent.h"
#include "solver/claims/linux_map_page.h"
#include "solver/claims/linux_unmap_page.h"
#include "solver/claims/platform_page_shift.h"
#include "solver/claims/platform_tce.h"

namespace nospan::solver {

const std::vector<ClaimGroup>& claim_groups() {
  static const std::vector<ClaimGroup> groups = {
      {"bitmap", Subject::kKernel, linux_bitmap},
      {"alloc", Subject::kKernel, linux_alloc},
      {"map_page", Subject::kKernel, linux_map_page},
      {"unmap_page", Subject::kKernel, linux_unmap_page},
      {"coherent", Subject::kKernel, linux_coherent},
      {"checks", Subject::kKernel, linux_checks},
      {"platform_tce", Subject::kPlatform, platform_tce},
      {"page_shift", Subject::kPlatform, platform_page_shift},
      {"builtin_checks", Subject::kBuiltin, builtin_checks},
      {"builtin-map_page", Subject::kBuiltin, builtin_map_page},
      {"builtin-place", Subject::kBuiltin, builtin_place},
      {"builtin-unmap_page", Subject::kBuiltin, builtin_unmap_page},
      {"builtin-coherent", Subject::kBuiltin, builtin_coherent},
  };
  return groups;
}

}  // namespace nospan::solver
