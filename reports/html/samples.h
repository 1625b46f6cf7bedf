// SPDX-License-Identifier: BSD-2-Clause
// Results as real runs make them, for tests of the renderings only. Fixed: each call returns the same.
#ifndef NOSPAN_REPORTS_SAMPLE_RESULT_H
#define NOSPAN_REPORTS_SAMPLE_RESULT_H

#include <functional>
#include <string>

#include "reports/result.h"

namespace nospan::reports {

// Campaigns that hold and claims that are proved, on two targets with both system page sizes. As in the kernel,
// mask-fits-int takes IOMMU pages of 4 GiB and more out of the claims.
Result proved_sample();

// check --assume none on Linux: the README's example, ISO-1 violated by one map call of one byte.
Result finding_sample();

// A gate that refuses a patch of three: ALIGN-1, a claim lost, a class fallen below its minimum.
Result gate_sample();

// Every text that is told to people replaced by what `next` returns, every list with something in it.
Result filled_sample(const std::function<std::string()>& next);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_SAMPLE_RESULT_H
