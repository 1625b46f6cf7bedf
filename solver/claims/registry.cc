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
      {"lemmas", Subject::kKernel, isolation_lemmas, {"page-in-granule", "page-in-frame"}},
      {"lemmas", Subject::kBuiltin, isolation_lemmas, {"page-in-granule", "page-in-frame"}},
      {"bitmap",
       Subject::kKernel,
       linux_bitmap,
       {"__bitmap_set", "__bitmap_clear", "_find_next_bit", "_find_next_zero_bit",
        "bitmap_find_next_zero_area_off"}},
      {"area_alloc", Subject::kKernel, linux_area_alloc, {"iommu_area_alloc"}},
      {"range_alloc",
       Subject::kKernel,
       linux_range_alloc,
       {"iommu_range_alloc", "dma_get_seg_boundary_nr_pages"}},
      {"get_pool", Subject::kKernel, linux_get_pool, {"get_pool"}},
      {"num_pages", Subject::kKernel, linux_num_pages, {"iommu_num_pages"}},
      {"map_page", Subject::kKernel, linux_map_page, {"iommu_map_page"}},
      {"unmap_page", Subject::kKernel, linux_unmap_page, {"iommu_unmap_page", "iommu_map_page"}},
      {"coherent", Subject::kKernel, linux_coherent, {"iommu_alloc_coherent", "iommu_free_coherent"}},
      {"map_sg", Subject::kKernel, linux_map_sg, {"ppc_iommu_map_sg"}},
      {"map_sg-segments",
       Subject::kKernel,
       linux_map_sg_segments,
       {"ppc_iommu_map_sg"},
       /*is_twin=*/false,
       /*takes_minutes=*/true},
      {"map_sg-undone",
       Subject::kKernel,
       linux_map_sg_undone,
       {"ppc_iommu_map_sg"},
       /*is_twin=*/false,
       /*takes_minutes=*/true},
      {"map_sg-bounded",
       Subject::kKernel,
       linux_map_sg_bounded,
       {"ppc_iommu_map_sg-bounded"},
       /*is_twin=*/true},
      {"checks",
       Subject::kKernel,
       linux_checks,
       {"iommu_tce_check_ioba", "iommu_tce_check_gpa", "iommu_tce_direction", "iommu_direction_to_tce_perm"}},
      {"platform_tce", Subject::kPlatform, platform_tce, {}},
      {"page_shift", Subject::kPlatform, platform_page_shift, {"iommu_get_page_shift"}},
      {"builtin_checks",
       Subject::kBuiltin,
       builtin_checks,
       {"check_ioba", "check_gpa", "tce_direction", "direction_permissions"}},
      {"builtin-runs",
       Subject::kBuiltin,
       builtin_runs,
       {"countr_zero", "bit_width", "low_bits", "multiples_of", "bits_between", "classes_of", "class_that_fits",
        "class_that_holds", "starts_inside", "starts_across"}},
      {"builtin-regions",
       Subject::kBuiltin,
       builtin_regions,
       {"EntrySpace::lock_all", "EntrySpace::unlock_all", "EntrySpace::words_of", "EntrySpace::count"}},
      {"builtin-bits",
       Subject::kBuiltin,
       builtin_bits,
       {"EntrySpace::mark", "EntrySpace::unmark", "EntrySpace::all_marked", "EntrySpace::last_taken"}},
      {"builtin-hints",
       Subject::kBuiltin,
       builtin_hints,
       {"EntrySpace::lower_hints", "EntrySpace::raise_hints", "EntrySpace::update_hints",
        "EntrySpace::next_candidate_in_region", "EntrySpace::next_candidate", "EntrySpace::next_word"}},
      {"builtin-search",
       Subject::kBuiltin,
       builtin_search,
       {"EntrySpace::translate", "EntrySpace::allowed_starts", "EntrySpace::search_within_words",
        "EntrySpace::search_exactly"}},
      {"builtin-search-words",
       Subject::kBuiltin,
       builtin_search_words,
       {"EntrySpace::adjusted", "EntrySpace::search_junctions", "EntrySpace::search_long",
        "EntrySpace::search_region"}},
      {"builtin-space", Subject::kBuiltin, builtin_space, {"EntrySpace::take"}},
      {"builtin-ways-to-take",
       Subject::kBuiltin,
       builtin_ways_to_take,
       {"EntrySpace::take_at_hint", "EntrySpace::take_by_search"}},
      {"builtin-give_back", Subject::kBuiltin, builtin_give_back, {"EntrySpace::give_back"}},
      {"builtin-give_back-words", Subject::kBuiltin, builtin_give_back_words, {"EntrySpace::give_back_words"}},
      {"builtin-buffer", Subject::kBuiltin, builtin_buffer, {"Buffer::from", "EntrySpace::is_ordinary"}},
      {"builtin-map_page", Subject::kBuiltin, builtin_map_page, {"Mapper::map_page"}},
      {"builtin-place",
       Subject::kBuiltin,
       builtin_place,
       {"Mapper::place", "Mapper::preferred_shift", "direction_permissions"}},
      {"builtin-unmap_page", Subject::kBuiltin, builtin_unmap_page, {"Mapper::unmap_page"}},
      {"builtin-coherent",
       Subject::kBuiltin,
       builtin_coherent,
       {"Mapper::allocate_coherent", "Mapper::free_coherent", "Mapper::coherent_size"}},
      {"builtin-list-groups",
       Subject::kBuiltin,
       builtin_list_groups,
       {"Mapper::next_group", "Mapper::install_group"}},
      {"builtin-map_list", Subject::kBuiltin, builtin_map_list, {"Mapper::map_list", "Mapper::unmap_list"}},
      {"builtin-map_list-segments",
       Subject::kBuiltin,
       builtin_map_list_segments,
       {"Mapper::map_list", "Mapper::unmap_list"},
       /*is_twin=*/false,
       /*takes_minutes=*/true},
  };
  return groups;
}

bool ClaimGroup::is_about(const std::string& id) const {
  if (functions.empty()) return true;
  const std::size_t slash = id.find('/');
  return slash != id.npos &&
         std::find(functions.begin(), functions.end(), id.substr(slash + 1)) != functions.end();
}

bool ClaimGroup::may_make(const std::set<std::string>& claims) const {
  return claims.empty() || std::any_of(claims.begin(), claims.end(), [&](const std::string& claim) {
           return claim.find('/') == claim.npos || is_about(claim);
         });
}

const ClaimGroup* claim_group(const std::string& name, Subject subject) {
  const auto& groups = claim_groups();
  const auto found = std::find_if(groups.begin(), groups.end(), [&](const ClaimGroup& group) {
    return group.name == name && group.subject == subject;
  });
  return found == groups.end() ? nullptr : &*found;
}

}  // namespace nospan::solver
