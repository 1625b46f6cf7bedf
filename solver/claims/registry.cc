// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/registry.h"

#include <algorithm>

#include "solver/claims/builtin_bits.h"
#include "solver/claims/builtin_buffer.h"
#include "solver/claims/builtin_coherent.h"
#include "solver/claims/builtin_give_back.h"
#include "solver/claims/builtin_hints.h"
#include "solver/claims/builtin_list.h"
#include "solver/claims/builtin_map.h"
#include "solver/claims/builtin_map_list.h"
#include "solver/claims/builtin_place.h"
#include "solver/claims/builtin_runs.h"
#include "solver/claims/builtin_search_proof.h"
#include "solver/claims/builtin_space.h"
#include "solver/claims/builtin_space_proof.h"
#include "solver/claims/isolation_lemmas.h"
#include "solver/claims/linux_alloc.h"
#include "solver/claims/linux_area_alloc.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_checks.h"
#include "solver/claims/linux_coherent.h"
#include "solver/claims/linux_map_page.h"
#include "solver/claims/linux_map_sg.h"
#include "solver/claims/linux_num_pages.h"
#include "solver/claims/linux_pools.h"
#include "solver/claims/linux_unmap_page.h"
#include "solver/claims/platform_page_shift.h"
#include "solver/claims/platform_tce.h"

namespace nospan::solver {

const std::vector<ClaimGroup>& claim_groups() {
  static const std::vector<ClaimGroup> groups = {
      {"lemmas", Subject::kKernel, isolation_lemmas},
      {"lemmas", Subject::kBuiltin, isolation_lemmas},
      {"bitmap", Subject::kKernel, linux_bitmap},
      {"area_alloc", Subject::kKernel, linux_area_alloc},
      {"range_alloc", Subject::kKernel, linux_range_alloc},
      {"get_pool", Subject::kKernel, linux_get_pool},
      {"num_pages", Subject::kKernel, linux_num_pages},
      {"map_page", Subject::kKernel, linux_map_page},
      {"unmap_page", Subject::kKernel, linux_unmap_page},
      {"coherent", Subject::kKernel, linux_coherent},
      {"map_sg", Subject::kKernel, linux_map_sg},
      {"map_sg-segments", Subject::kKernel, linux_map_sg_segments, false, {}, true},
      {"map_sg-undone", Subject::kKernel, linux_map_sg_undone, false, {}, true},
      {"map_sg-bounded", Subject::kKernel, linux_map_sg_bounded, true},
      {"checks", Subject::kKernel, linux_checks},
      {"platform_tce", Subject::kPlatform, platform_tce},
      {"page_shift", Subject::kPlatform, platform_page_shift},
      {"builtin_checks", Subject::kBuiltin, builtin_checks},
      {"builtin-runs", Subject::kBuiltin, builtin_runs},
      {"builtin-regions", Subject::kBuiltin, builtin_regions},
      {"builtin-bits", Subject::kBuiltin, builtin_bits},
      {"builtin-hints", Subject::kBuiltin, builtin_hints},
      {"builtin-search", Subject::kBuiltin, builtin_search},
      {"builtin-search-words", Subject::kBuiltin, builtin_search_words},
      {"builtin-space", Subject::kBuiltin, builtin_space},
      {"builtin-ways-to-take", Subject::kBuiltin, builtin_ways_to_take},
      {"builtin-give_back", Subject::kBuiltin, builtin_give_back},
      {"builtin-give_back-words", Subject::kBuiltin, builtin_give_back_words},
      {"builtin-buffer", Subject::kBuiltin, builtin_buffer},
      {"builtin-map_page", Subject::kBuiltin, builtin_map_page},
      {"builtin-place", Subject::kBuiltin, builtin_place},
      {"builtin-unmap_page", Subject::kBuiltin, builtin_unmap_page},
      {"builtin-coherent", Subject::kBuiltin, builtin_coherent},
      {"builtin-list-groups", Subject::kBuiltin, builtin_list_groups},
      {"builtin-map_list", Subject::kBuiltin, builtin_map_list},
      {"builtin-map_list-segments", Subject::kBuiltin, builtin_map_list_segments, false, {}, true},
  };
  return groups;
}

const ClaimGroup* claim_group(const std::string& name, Subject subject) {
  const auto& groups = claim_groups();
  const auto found = std::find_if(groups.begin(), groups.end(), [&](const ClaimGroup& group) {
    return group.name == name && group.subject == subject;
  });
  return found == groups.end() ? nullptr : &*found;
}

}  // namespace nospan::solver
