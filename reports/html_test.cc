// SPDX-License-Identifier: BSD-2-Clause
// What reports/html_browser_test looks at in a browser is not tested here again.
#include "reports/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "reports/html/samples.h"

namespace nospan::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count(std::string_view page, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = page.find(what); at != std::string_view::npos; at = page.find(what, at + what.size()))
    ++found;
  return found;
}

// From the tag that opens with `begin` to the end of the element `name`, without nesting.
std::string part(const std::string& page, const std::string& begin, const std::string& end) {
  const auto from = page.find(begin);
  if (from == std::string::npos) return {};
  return page.substr(from, page.find(end, from) - from);
}

std::string answer(const std::string& page) { return part(page, "<section class=\"answer", "</section>"); }

TEST(Html, HasEverySection) {
  const std::string page = html(gate_sample());
  for (const char* id : {"news", "matrix", "findings", "claims", "campaigns", "known", "trust", "run"}) {
    EXPECT_THAT(page, HasSubstr("<section id=\"" + std::string(id) + "\""));
  }
  EXPECT_TRUE(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

TEST(Html, TellsAFindingInFull) {
  const std::string page = html(finding_sample());
  const std::string finding = part(page, "<article class=\"finding\"", "</article>");
  for (const char* text :
       {"violates ISO-1", "one map call of one byte", "linux 6.12.117 64K", "arch/powerpc/kernel/iommu.c:873",
        "the mission; LoPAR, partition isolation", "real byte 0x10000 is reachable and belongs to VM 1",
        "<svg class=\"picture broad\"", "<svg class=\"picture narrow\"", ">VM 1</text>", ">64K of VM 1</text>",
        ">0x10000</text>", "Step <b data-position>1</b> of 2", "mapped at DMA 0x20000; TCE 0x1 := 0x0 r w",
        "unmap_page #0", "Here ISO-1 is violated",
        "./nospan repro nospan-findings/ISO-1-f3b1c2d4.json --target linux --page-shift 16",
        "&quot;iommu_page&quot;: &quot;128K&quot;", "shrunk to 2 in 0.41 s (388 attempts)",
        "report it to the kernel’s security contacts first"}) {
    EXPECT_THAT(finding, HasSubstr(text));
  }
}

TEST(Html, TellsAClaimInFull) {
  const std::string page = html(proved_sample());
  const std::string claim = part(page, "<details class=\"claim\" id=\"claim-exact-iommu_map_page",
                                 "<details class=\"claim\" id=\"claim-iso");
  for (const char* text :
       {"set gets exactly the IOMMU pages", "12 to 31 (4K to 2G)", "IOMMU pages are smaller than 4 GiB",
        "IOMMU_PAGE_MASK(): 1 is an int", "there is a counterexample without it, replayed on the compiled code",
        "yes: a successful call satisfies", "23 questions: 23 unsat", "1 unknown, 22 unsat", "60.0 s", "2.41 s",
        "<code>alloc/iommu_range_alloc</code>", "page shift 12</th>"}) {
    EXPECT_THAT(claim, HasSubstr(text));
  }
}

TEST(Html, TellsTheRest) {
  const std::string page = html(gate_sample());
  for (const char* text :
       {"IOMMU page of 16G", "✗ below", "0.4 %", "last-entry-never-used", "memory lies in the first 2^56 bytes",
        "an unsat answer is right", "nospan gate --tree /home/me/linux --patch series.mbox", "0x5", "Z3",
        "4.8.12", "77aa5c6d7e8f90011223344556673b1e",
        "9c2f0b7d41a6e3855d0f6c1b7a49e28d3b5c0e61f7a8924d6b3c5e7f10a2b4c6", "2026-11-26T15:20:00Z",
        "Claims lost", "buffer-below-2G"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
  EXPECT_THAT(html(proved_sample()), HasSubstr("--tree &#39;/home/me/linux tree&#39;"))
      << "a command line to copy";
}

TEST(Html, EveryTextOfAResultIsToldAndEscaped) {
  int made = 0;
  const std::string page =
      html(filled_sample([&] { return "[" + std::to_string(++made) + "]zq</script><b>&\"'"; }));
  EXPECT_THAT(page, Not(HasSubstr("zq<")));
  EXPECT_EQ(count(page, "</script>"), 1U);
  EXPECT_EQ(count(page, "<script"), 1U);
  EXPECT_THAT(page, Not(HasSubstr("<b>&")));
  ASSERT_GT(made, 80);
  std::vector<int> missing;
  for (int i = 1; i <= made; ++i) {
    if (page.find("[" + std::to_string(i) + "]zq&lt;") == std::string::npos) missing.push_back(i);
  }
  EXPECT_THAT(missing, testing::IsEmpty());
}

TEST(Html, TextsOfAResultAreNoTemplates) {
  const std::string page = html(filled_sample([] { return "{{{script}}}{{answer}}{{>finding_part}}"; }));
  EXPECT_EQ(count(page, "'use strict'"), 1U);
  EXPECT_THAT(page, HasSubstr("{{{script}}}{{answer}}{{&gt;finding_part}}"));
}

TEST(Html, NeedsNothingElse) {
  const std::string page = html(gate_sample());
  for (const char* outside : {"http:", "https:", "src=", "<link", "@import", "url(", "<iframe", "<img"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
  EXPECT_THAT(page, HasSubstr("default-src 'none'; style-src 'sha256-"));
}

TEST(Html, TheSameResultGivesTheSamePage) { EXPECT_EQ(html(gate_sample()), html(gate_sample())); }

TEST(Html, NothingButHoldsAndProvedLooksLikeASuccess) {
  for (const Verdict verdict : {Verdict::kError, Verdict::kRefuted, Verdict::kUnknown, Verdict::kVacuous,
                                Verdict::kDisagree, Verdict::kSkip}) {
    Result result;
    result.verdict = verdict;
    result.claims.push_back({});
    result.claims[0].id = "exact/f";
    result.claims[0].verdict = verdict;
    const std::string page = html(result);
    EXPECT_THAT(answer(page), HasSubstr("> " + std::string(name(verdict)) + "</span>"));
    EXPECT_THAT(answer(page), HasSubstr("exit code <b>" + std::to_string(exit_code(verdict)) + "</b>"));
    EXPECT_THAT(answer(page), Not(HasSubstr("✓")));
    EXPECT_THAT(answer(page), HasSubstr("1 claim " + std::string(name(verdict))));
    EXPECT_THAT(page, Not(HasSubstr("badge proved"))) << name(verdict);
    EXPECT_THAT(page, Not(HasSubstr("badge holds"))) << name(verdict);
    EXPECT_THAT(page, Not(HasSubstr("claim proved"))) << name(verdict);
  }
}

TEST(Html, UnknownAndVacuousSayThatTheyAreNoSuccess) {
  for (const Verdict verdict : {Verdict::kUnknown, Verdict::kVacuous}) {
    Result result;
    result.verdict = verdict;
    EXPECT_THAT(answer(html(result)), HasSubstr("which is not a success"));
  }
  EXPECT_THAT(answer(html(Result{})), HasSubstr("verdict error")) << "a result that nobody filled in";
}

TEST(Html, ACampaignIsNotCalledAProof) {
  Result result = proved_sample();
  result.claims.clear();
  EXPECT_THAT(answer(html(result)), HasSubstr("a campaign tries, it does not prove"));
  result.cut_short = true;
  EXPECT_THAT(answer(html(result)), HasSubstr("This run was cut short"));
}

TEST(Html, WhatIsNotProvedComesFirst) {
  const std::string page = html(gate_sample());
  const auto vacuous = page.find("claim-safe-iommu_free_coherent");
  const auto unknown = page.find("<details class=\"claim\" id=\"claim-exact-iommu_alloc_coherent");
  const auto proved = page.find("<details class=\"claim\" id=\"claim-alloc-iommu_range_alloc");
  EXPECT_LT(vacuous, unknown);
  EXPECT_LT(unknown, proved);
}

TEST(Html, LinksOfTheChainLeadToTheClaimsOfTheSameTarget) {
  const std::string page = html(proved_sample());
  for (std::size_t at = page.find("href=\"#"); at != std::string::npos; at = page.find("href=\"#", at + 1)) {
    const std::string id = page.substr(at + 7, page.find('"', at + 7) - at - 7);
    EXPECT_EQ(count(page, "id=\"" + id + "\""), 1U) << id;
  }
}

TEST(Html, AMissingLinkOfTheChainIsTold) {
  Result result = proved_sample();
  std::erase_if(result.claims, [](const ClaimOutcome& claim) { return claim.claim == "alloc"; });
  EXPECT_THAT(html(result), HasSubstr("not in this result</span> <code>alloc/iommu_range_alloc</code>"));
}

// Each claim repeated in full what many take for granted: a fifth of the page.
TEST(Html, AnAssumptionIsToldOnceAndLinked) {
  Result result = proved_sample();
  const Premise shared{"page-shift-range", "IOMMU pages are 4 KiB to 16 GiB", "LoPAR"};
  result.assumptions = {{"other", "something else", ""}, shared};
  for (ClaimOutcome& claim : result.claims) claim.assumptions = {shared};
  result.claims.front().assumptions.push_back({"unlisted", "words of its own", "a document"});
  const std::string page = html(result);
  EXPECT_EQ(count(page, shared.words), 1U);
  EXPECT_EQ(count(page, "<a href=\"#assumption-1\"><code>page-shift-range</code></a>"), result.claims.size());
  EXPECT_THAT(part(page, "<div id=\"assumption-1\">", "</div>"), HasSubstr(shared.words));
  EXPECT_THAT(page,
              HasSubstr("<code>unlisted</code> words of its own <span class=\"source\">a document</span>"));
}

// Five targets with both system page sizes and as many questions as the prover asks.
TEST(Html, AFullRunFitsWithNothingLeftOut) {
  Result result = proved_sample();
  const Result once = result;
  for (int i = 0; i < 2; ++i) {
    for (ClaimOutcome claim : once.claims) {
      claim.target = "other " + std::to_string(i) + ", " + claim.target;
      result.claims.push_back(claim);
    }
    result.targets.insert(result.targets.end(), once.targets.begin(), once.targets.end());
  }
  const std::string page = html(result);
  EXPECT_LT(page.size(), kMostHtmlBytes);
  EXPECT_THAT(page, Not(HasSubstr("this page tells less")));
}

TEST(Html, NoResultIsTooLarge) {
  Result result = gate_sample();
  const std::string text(300'000, '<');
  Finding finding = *result.targets.back().finding;
  finding.actual = text;
  finding.steps.assign(20'000, {"map_page", text.substr(0, 200), text.substr(0, 200)});
  finding.command = 19'999;
  finding.scenario["note"] = text;
  finding.picture->rows.assign(50, finding.picture->rows[0]);
  for (BandRow& row : finding.picture->rows)
    row.bands.assign(100, {text.substr(0, 100), 0x10000, 0x1ffff, "owner"});
  ClaimOutcome claim = result.claims.front();
  claim.cases.assign(500, {text.substr(0, 300), "unknown", text.substr(0, 300), 1, false, "", "", 0});
  claim.words = text;
  for (int i = 0; i < 100; ++i) {
    claim.id = "claim " + std::to_string(i);
    claim.finding = finding;
    result.claims.push_back(claim);
  }
  claim.finding.reset();
  result.claims.insert(result.claims.end(), 2000, claim);
  result.targets.insert(result.targets.end(), 200, result.targets.back());
  result.known_findings.assign(2000, {text, text, text, true, text, text, text});
  result.assumptions.assign(3000, {text, text, text});
  result.gate->patches.insert(result.gate->patches.end(), 300, result.gate->patches[1]);
  result.summary = text;
  const std::string page = html(result);
  EXPECT_LT(page.size(), kMostHtmlBytes);
  EXPECT_THAT(page, HasSubstr("this page tells less of it than usual"));
  EXPECT_THAT(page, HasSubstr("Here ALIGN-1 is violated")) << "the step that shows it is told even so";
}

TEST(Html, PicturesOfStrangeMemoryAreDrawn) {
  Result result = finding_sample();
  Finding& finding = *result.targets[0].finding;
  finding.picture = MemoryPicture{
      0,
      UINT64_MAX,
      {{"owner", {{"all", 0, UINT64_MAX, "owner"}, {"upside down", 9, 3, "hole"}}}, {"none", {}}}};
  const std::string page = html(result);
  EXPECT_THAT(page, HasSubstr(">all</text>"));
  EXPECT_THAT(page, Not(HasSubstr("upside down")));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  finding.picture = MemoryPicture{};
  EXPECT_THAT(html(result), Not(HasSubstr("<svg class=\"picture")));
}

}  // namespace
}  // namespace nospan::reports
