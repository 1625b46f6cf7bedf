// SPDX-License-Identifier: BSD-2-Clause
#include "cli/twins_wanted.h"

#include <algorithm>

namespace nospan::cli {

TwinsWanted twins_wanted(const std::vector<solver::ClaimResult>& results,
                         const std::set<std::string>& asked_for, const std::set<std::string>& targets) {
  TwinsWanted wanted;
  for (const solver::ClaimResult& result : results) {
    if (result.replayed_by.empty() || result.verdict == reports::Verdict::kProved) continue;
    wanted.ids.insert(result.replayed_by);
    if (targets.contains(result.target)) wanted.targets.insert(result.target);
  }
  for (const std::string& id : asked_for) {
    const auto is_it = [&](const solver::ClaimResult& result) {
      return result.id == id || result.id.starts_with(id + "/");
    };
    if (std::any_of(results.begin(), results.end(), is_it)) continue;
    wanted.ids.insert(id);
    wanted.targets.insert(targets.begin(), targets.end());
  }
  return wanted;
}

}  // namespace nospan::cli
