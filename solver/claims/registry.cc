// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/registry.h"

#include "solver/claims/builtin_map.h"
#include "solver/claims/linux_alloc.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_checks.h"
#include "solver/claims/linux_coherent.h"
#include "solver/claims/linux_map_page.h"
#include "solver/claims/linux_num_pages.h"
#include "solver/claims/linux_unmap_page.h"
#include "solver/claims/platform_page_shift.h"
#include "solver/claims/platform_tce.h"

namespace nospan::solver {

const std::vector<ClaimGroup>& claim_groups() {
  static const std::vector<ClaimGroup> groups = {
      {"bitmap", Subject::kKernel, linux_bitmap},
      {"area_alloc", Subject::kKernel, linux_area_alloc,
       "termination of its search loop takes longer than a minute"},
      {"range_alloc", Subject::kKernel, linux_range_alloc,
       "its retry loop has thousands of paths, and one invariant for them is not found yet"},
      {"get_pool", Subject::kKernel, linux_get_pool},
      {"num_pages", Subject::kKernel, linux_num_pages},
      {"map_page", Subject::kKernel, linux_map_page},
      {"unmap_page", Subject::kKernel, linux_unmap_page},
      {"coherent", Subject::kKernel, linux_coherent,
       "fail-atomic and handle of iommu_alloc_coherent take longer than a minute"},
      {"checks", Subject::kKernel, linux_checks},
      {"platform_tce", Subject::kPlatform, platform_tce,
       "the invariant of the builders' loops takes longer than a minute"},
      {"page_shift", Subject::kPlatform, platform_page_shift},
      {"builtin_checks", Subject::kBuiltin, builtin_checks},
      {"builtin-map_page", Subject::kBuiltin, builtin_map_page,
       "rests on alloc/EntrySpace::take, which is not written yet"},
      {"builtin-place", Subject::kBuiltin, builtin_place, "the contract of Mapper::place is not proved yet"},
      {"builtin-unmap_page", Subject::kBuiltin, builtin_unmap_page,
       "rests on alloc/EntrySpace::give_back, which is not written yet"},
      {"builtin-coherent", Subject::kBuiltin, builtin_coherent,
       "rests on alloc/EntrySpace::take, which is not written yet"},
  };
  return groups;
}

}  // namespace nospan::solver
