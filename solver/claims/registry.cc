// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/registry.h"

#include "solver/claims/linux_checks.h"
#include "solver/claims/linux_map_page.h"
#include "solver/claims/platform_page_shift.h"
#include "solver/claims/platform_tce.h"

namespace nospan::solver {

const std::vector<ClaimGroup>& claim_groups() {
  static const std::vector<ClaimGroup> groups = {
      {"map_page", Subject::kKernel, linux_map_page},
      {"checks", Subject::kKernel, linux_checks},
      {"platform_tce", Subject::kPlatform, platform_tce},
      {"page_shift", Subject::kPlatform, platform_page_shift},
      {"builtin_checks", Subject::kBuiltin, builtin_checks},
  };
  return groups;
}

}  // namespace nospan::solver
