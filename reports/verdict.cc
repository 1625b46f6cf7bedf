// SPDX-License-Identifier: BSD-2-Clause
#include "reports/verdict.h"

namespace nospan::reports {
namespace {

// Design section 9: "the worst of its parts in the order 5, 4, 1, 3, 2, 0".
int badness(Verdict verdict) {
  switch (verdict) {
    case Verdict::kError: return 7;
    case Verdict::kSkip: return 6;
    case Verdict::kDisagree: return 5;
    case Verdict::kRefuted: return 4;
    case Verdict::kVacuous: return 3;
    case Verdict::kUnknown: return 2;
    case Verdict::kHolds: return 1;
    case Verdict::kProved: return 0;
  }
  return 7;
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kError: return "error";
    case Verdict::kHolds: return "holds";
    case Verdict::kProved: return "proved";
    case Verdict::kRefuted: return "refuted";
    case Verdict::kUnknown: return "unknown";
    case Verdict::kVacuous: return "vacuous";
    case Verdict::kDisagree: return "disagree";
    case Verdict::kSkip: return "skip";
  }
  return "error";
}

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
    case Verdict::kProved: return 0;
    case Verdict::kRefuted: return 1;
    case Verdict::kUnknown: return 2;
    case Verdict::kVacuous: return 3;
    case Verdict::kDisagree: return 4;
    case Verdict::kError: return 5;
    case Verdict::kSkip: return 125;
  }
  return 5;
}

Verdict worst(Verdict a, Verdict b) { return badness(a) >= badness(b) ? a : b; }

}  // namespace nospan::reports
