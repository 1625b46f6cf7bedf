// SPDX-License-Identifier: BSD-2-Clause
// The parts of the page, each as what its template is filled with. Pure functions, safe to use from any thread.
#ifndef NOSPAN_REPORTS_HTML_SECTIONS_H
#define NOSPAN_REPORTS_HTML_SECTIONS_H

#include <string>
#include <string_view>
#include <vector>

#include "reports/html/view.h"
#include "reports/result.h"

namespace nospan::reports::html_page {

// templates/answer.html: the answer in one sentence, what is new, what was found, how to read it.
View answer_view(const Result& result, const Limits& limits);

// templates/matrix.html, one for each target; the first one is shown open.
std::vector<View> matrix_views(const Result& result, const Limits& limits);

// templates/patch.html: what a gate says about each patch.
std::vector<View> patch_views(const Result& result, const Limits& limits);

// templates/finding.html. `number` counts from 1.
View finding_view(const Finding& finding, std::size_t number, const Limits& limits);

// templates/picture.svg, drawn `width` units wide; false for a picture without bands.
View picture_view(const MemoryPicture& picture, unsigned width, const Limits& limits);

// templates/claim.html. What it rests on is looked up in the result.
View claim_view(const ClaimOutcome& claim, const Result& result, const Limits& limits);

// templates/campaign.html: what a campaign generated and covered.
View campaign_view(const TargetCheck& check, const Limits& limits);

// templates/run.html: versions, command line, seed, tree, times.
View run_view(const Result& result, const Limits& limits);

// Name, words and source. With `anchors`, the place of number N on the page is called "anchors-N".
std::vector<View> premise_views(const std::vector<Premise>& premises, const Limits& limits,
                                std::string_view anchors = "");
// Of what all claims together take for granted, Result::assumptions.
constexpr std::string_view kAssumptionAnchors = "assumption";

// Where claims and findings are on the page.
std::string claim_anchor(const ClaimOutcome& claim);
std::string finding_anchor(const Finding& finding);

}  // namespace nospan::reports::html_page

#endif  // NOSPAN_REPORTS_HTML_SECTIONS_H
