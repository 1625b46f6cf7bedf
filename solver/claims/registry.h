// SPDX-License-Identifier: BSD-2-Clause
// Everything that can be claimed: which code it is about, and who executes it.
#ifndef NOSPAN_SOLVER_CLAIMS_REGISTRY_H
#define NOSPAN_SOLVER_CLAIMS_REGISTRY_H

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/claims/claim.h"
#include "solver/program.h"

namespace nospan::solver {

// What a group of claims executes.
enum class Subject : uint8_t {
  kKernel,    // linux_target::build_bitcode(): arch/powerpc/kernel/iommu.c and lib/
  kPlatform,  // linux_target::build_platform_bitcode(): pseries and powernv
  kBuiltin,   // builtin::build_bitcode()
};

struct Setting {
  const Program& program;
  unsigned system_page_shift;  // 12 or 16; of builtin: what it is configured with
  std::string target;          // as results name it: "linux 6.12.90, 4K pages"
};

// Claims that share one execution of the code, or one part of it; made and decided in one process.
struct ClaimGroup {
  std::string name;  // "map_page"
  Subject subject;
  std::function<reports::Expected<std::vector<Instance>>(const Setting&)> make;
  // What its claims are about, as their ids name it: "iommu_map_page" of "exact/iommu_map_page". Groups that
  // cannot make what is asked for are not executed. A group that makes a claim about anything else is an error.
  // Empty: the code that is executed names them.
  std::vector<std::string> functions;
  // Its claims say about a few elements what others say about any number, which name them as replayed_by. They
  // are asked only where one of those is not proved, for a counterexample that can be replayed.
  bool is_twin = false;
  // Its questions take minutes: it begins first, so that no processor waits for it alone at the end.
  bool takes_minutes = false;

  bool is_about(const std::string& id) const;
  // `claims`: ids, or names of claims ("exact"), which can be about anything.
  bool may_make(const std::set<std::string>& claims) const;
};

// In the order of results. Claims that others rest on are among them.
const std::vector<ClaimGroup>& claim_groups();
// Nullptr: there is no such group.
const ClaimGroup* claim_group(const std::string& name, Subject subject);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_REGISTRY_H
