// SPDX-License-Identifier: BSD-2-Clause
#include "reports/html.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <kainjow/mustache.hpp>
#include <utility>
#include <vector>

#include "reports/html/assets.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/html/view.h"

namespace nospan::reports {
namespace {

namespace mustache = kainjow::mustache;
using html_page::Limits;
using html_page::View;

// As a content security policy names a script or a style sheet: base64 of its SHA-256.
std::string policy_hash(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return "sha256-" + std::string(encoded.begin(), encoded.begin() + length);
}

// What a reader should see first comes first: the worst, and within one verdict the order of the result.
std::vector<const ClaimOutcome*> by_badness(const std::vector<ClaimOutcome>& claims) {
  std::vector<const ClaimOutcome*> sorted;
  sorted.reserve(claims.size());
  for (const ClaimOutcome& claim : claims) sorted.push_back(&claim);
  std::stable_sort(sorted.begin(), sorted.end(), [](const ClaimOutcome* a, const ClaimOutcome* b) {
    return a->verdict != b->verdict && worst(a->verdict, b->verdict) == a->verdict;
  });
  return sorted;
}

void add_findings(View& view, const Result& result, const Limits& limits) {
  const std::vector<const Finding*> all = findings_of(result);
  std::vector<View> findings;
  for (const Finding* finding : all) {
    if (findings.size() == limits.findings) break;
    findings.push_back(finding_view(*finding, findings.size() + 1, limits));
  }
  view.whole("finding_count", all.empty() ? "" : html_page::grouped(all.size()));
  view.whole("findings_left_out",
             all.size() == findings.size() ? "" : html_page::grouped(all.size() - findings.size()));
  view.list("findings", findings);
}

// What is not proved one by one; what is, by target.
void add_claims(View& view, const Result& result, const Limits& limits) {
  struct Group {
    std::string target;
    std::vector<View> claims;
  };
  std::vector<View> open;
  std::vector<Group> groups;
  std::size_t told = 0;
  std::size_t proved = 0;
  for (const ClaimOutcome* claim : by_badness(result.claims)) {
    if (claim->verdict == Verdict::kProved) ++proved;
    if (told == limits.claims) continue;
    ++told;
    View one = claim_view(*claim, result, limits);
    if (claim->verdict != Verdict::kProved) {
      open.push_back(std::move(one));
      continue;
    }
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& known) { return known.target == claim->target; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{claim->target, {}});
    group->claims.push_back(std::move(one));
  }
  const auto count_words = [](std::size_t count) {
    return html_page::grouped(count) + (count == 1 ? " claim proved" : " claims proved");
  };
  std::vector<View> group_views;
  for (Group& group : groups) {
    View one(limits);
    one.text("group_target", group.target.empty() ? "no target" : group.target);
    one.whole("group_count", count_words(group.claims.size()));
    one.flag("group_open", open.empty() && group_views.empty());
    one.list("group_claims", std::move(group.claims));
    group_views.push_back(std::move(one));
  }
  const std::size_t count = result.claims.size();
  view.whole("claim_count", count == 0 ? "" : html_page::grouped(count));
  view.whole("claims_left_out", count == told ? "" : html_page::grouped(count - told));
  view.whole("proved_count",
             proved == 0 ? "" : html_page::grouped(proved) + " of " + html_page::grouped(count));
  view.list("open_claims", open).list("claim_groups", group_views);
}

void add_campaigns(View& view, const Result& result, const Limits& limits) {
  std::vector<View> campaigns;
  for (const TargetCheck& check : result.targets) {
    if (campaigns.size() == limits.items) break;
    campaigns.push_back(campaign_view(check, limits));
  }
  view.whole("campaigns_left_out", result.targets.size() == campaigns.size()
                                       ? ""
                                       : html_page::grouped(result.targets.size() - campaigns.size()));
  view.flag("has_campaigns", !campaigns.empty()).list("campaigns", campaigns);
}

// The known findings, each with the targets on which its guard is in force.
void add_known(View& view, const Result& result, const Limits& limits) {
  std::vector<View> known;
  std::size_t in_force = 0;
  for (const KnownFinding& finding : result.known_findings) {
    std::vector<std::string> here;
    for (const TargetCheck& check : result.targets) {
      const std::vector<std::string>& guards = check.guards_in_force;
      if (std::find(guards.begin(), guards.end(), finding.id) != guards.end()) here.push_back(check.label);
    }
    if (here.empty() && !result.targets.empty()) continue;
    ++in_force;
    if (known.size() == limits.items) continue;
    View one(limits);
    one.text("known_id", finding.id)
        .text("known_title", finding.title)
        .text("known_invariant", finding.invariant);
    one.flag("known_security", finding.security).text("promise", finding.promise);
    one.text("behaviour", finding.behaviour).text("guard", finding.guard);
    one.texts("known_targets", here);
    known.push_back(std::move(one));
  }
  view.whole("known_count", in_force == 0 ? "" : html_page::grouped(in_force));
  view.list("known", known);
}

mustache::data page_data(const Result& result, const Limits& limits, bool shortened) {
  View view(limits);
  view.whole("style", std::string(html_page::kStyle)).whole("script", std::string(html_page::kScript));
  view.whole("style_hash", policy_hash(std::string(html_page::kStyle)));
  view.whole("script_hash", policy_hash(std::string(html_page::kScript)));
  view.part("the_answer", answer_view(result, limits));
  view.flag("shortened", shortened);
  std::vector<View> matrices = matrix_views(result, limits);
  view.flag("has_matrix", !matrices.empty()).list("matrices", matrices);
  view.flag("has_gate", result.gate.has_value()).list("patches", patch_views(result, limits));
  view.text("gate_tree", result.gate ? result.gate->tree : "");
  view.whole("corpus_entries", result.gate ? html_page::grouped(result.gate->corpus_entries) : "");
  const std::vector<std::string> failing =
      result.gate ? result.gate->corpus_failing : std::vector<std::string>{};
  view.flag("has_corpus_failing", !failing.empty()).texts("corpus_failing", failing);
  add_findings(view, result, limits);
  add_claims(view, result, limits);
  add_campaigns(view, result, limits);
  add_known(view, result, limits);
  view.flag("has_assumptions", !result.assumptions.empty());
  view.list("assumptions", premise_views(result.assumptions, limits, html_page::kAssumptionAnchors));
  view.flag("has_trusted", !result.trusted.empty()).list("trusted", premise_views(result.trusted, limits));
  view.part("the_run", run_view(result, limits));
  mustache::data data = view.data();
  for (const html_page::Template& part : html_page::kTemplates) {
    data.set(std::string(part.name),
             mustache::data(mustache::partial([&part] { return std::string(part.text); })));
  }
  return data;
}

std::string render(const Result& result, const Limits& limits, bool shortened) {
  mustache::mustache page{std::string(html_page::kPage)};
  page.set_custom_escape([](const std::string& text) { return html_page::escape(text); });
  std::string text;
  page.render(page_data(result, limits, shortened), [&text](const std::string& more) {
    if (text.size() < kMostHtmlBytes) text += more;  // else it is thrown away
  });
  return text;
}

}  // namespace

std::string html(const Result& result) {
  // Each tells less than the one before; the last one is small whatever the result is.
  static const std::array<Limits, 4> all{
      Limits{},
      Limits{.text = 2048,
             .scenario = 16384,
             .findings = 40,
             .steps = 60,
             .claims = 1000,
             .cases = 6,
             .items = 200},
      Limits{.text = 512,
             .scenario = 8192,
             .findings = 20,
             .steps = 20,
             .bands = 12,
             .claims = 150,
             .cases = 4,
             .items = 60},
      Limits{.text = 128,
             .scenario = 2048,
             .findings = 5,
             .steps = 6,
             .bands = 6,
             .claims = 25,
             .cases = 1,
             .items = 10},
  };
  std::string page;
  for (const Limits& limits : all) {
    page = render(result, limits, &limits != all.data());
    if (page.size() < kMostHtmlBytes) break;
  }
  return page;
}

}  // namespace nospan::reports
