// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "reports/html/sections.h"

namespace nospan::reports::html_page {
namespace {

// A bar `width` of 100 units long.
std::string bar(double part) { return fmt::format("{:.1f}", std::clamp(part, 0.0, 1.0) * 100); }

std::string readable(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

View distribution_view(const Distribution& distribution, const Limits& limits) {
  View view(limits);
  view.text("distribution", distribution.name);
  std::uint64_t most = 0;
  double total = 0;
  for (const Count& bucket : distribution.buckets) {
    most = std::max(most, bucket.value);
    total += static_cast<double>(bucket.value);
  }
  std::vector<View> buckets;
  for (const Count& bucket : distribution.buckets) {
    if (buckets.size() == limits.items) break;
    View one(limits);
    one.text("bucket", bucket.name.empty() ? "(none)" : bucket.name)
        .whole("bucket_count", grouped(bucket.value));
    const auto value = static_cast<double>(bucket.value);
    one.whole("bucket_bar", bar(most == 0 ? 0 : value / static_cast<double>(most)));
    one.whole("bucket_share", percent(total > 0 ? value / total : 0));
    buckets.push_back(std::move(one));
  }
  view.list("buckets", buckets);
  return view;
}

View coverage_view(const CoverageShare& coverage, bool judgeable, double most, const Limits& limits) {
  View view(limits);
  view.text("class", coverage.name);
  view.whole("share", percent(coverage.share)).whole("least", percent(coverage.least_share));
  view.whole("share_bar", bar(coverage.share / most)).whole("least_bar", bar(coverage.least_share / most));
  view.flag("fallen", judgeable && coverage.share < coverage.least_share);
  view.flag("judged", judgeable);
  return view;
}

}  // namespace

View campaign_view(const TargetCheck& check, const Limits& limits) {
  View view(limits);
  view.text("label", check.label.empty() ? check.target : check.label);
  view.verdict("check_verdict", check.verdict).flag("interrupted", check.interrupted);
  view.whole("check_seconds", duration(check.seconds)).flag("sanitized", check.sanitized);
  view.text("tree_version", check.tree.version).text("tree_git", check.tree.git);
  view.text("tree_content", check.tree.content).text("tree_path", check.tree.path);
  view.flag("has_tree", !check.tree.version.empty() || !check.tree.git.empty() || !check.tree.content.empty());

  std::vector<View> patches;
  patches.reserve(check.patches.size());
  for (const PatchIdentity& patch : check.patches) {
    patches.push_back(View(limits)
                          .text("patch_file", patch.file)
                          .text("patch_subject", patch.subject)
                          .whole("patch_hash", patch.sha256.substr(0, 12)));
  }
  view.flag("has_patches", !patches.empty()).list("check_patches", patches);

  std::vector<View> tally;
  std::string scenarios;
  for (const Count& count : check.tally) {
    if (count.name == "scenarios") scenarios = grouped(count.value);
    tally.push_back(View(limits).text("count_name", readable(count.name)).whole("count", grouped(count.value)));
  }
  view.whole("scenarios", scenarios).flag("has_tally", !tally.empty()).list("tally", tally);

  double most = 0.01;
  std::size_t fallen = 0;
  for (const CoverageShare& share : check.coverage) {
    most = std::max({most, share.share, share.least_share});
    if (check.coverage_judgeable && share.share < share.least_share) ++fallen;
  }
  std::vector<View> coverage;
  for (const CoverageShare& share : check.coverage) {
    if (coverage.size() == limits.items) break;
    coverage.push_back(coverage_view(share, check.coverage_judgeable, most, limits));
  }
  view.flag("has_coverage", !coverage.empty()).flag("judgeable", check.coverage_judgeable);
  view.whole("fallen_count", fallen == 0 ? "" : grouped(fallen) + (fallen == 1 ? " class" : " classes"))
      .list("coverage", coverage);

  std::vector<View> distributions;
  for (const Distribution& distribution : check.distributions) {
    if (distributions.size() == limits.items) break;
    distributions.push_back(distribution_view(distribution, limits));
  }
  view.flag("has_distributions", !distributions.empty()).list("distributions", distributions);

  std::vector<View> invariants;
  invariants.reserve(check.invariants.size());
  for (const InvariantResult& invariant : check.invariants) {
    invariants.push_back(View(limits)
                             .text("invariant_id", invariant.id)
                             .text("says", invariant.says)
                             .text("invariant_source", invariant.source)
                             .verdict("invariant_verdict", invariant.verdict));
  }
  view.flag("has_invariants", !invariants.empty()).list("invariants", invariants);
  view.texts("guards", check.guards_in_force).flag("has_guards", !check.guards_in_force.empty());
  view.texts("fixed", check.fixed).flag("has_fixed", !check.fixed.empty());
  return view;
}

}  // namespace nospan::reports::html_page
