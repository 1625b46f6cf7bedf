// SPDX-License-Identifier: BSD-2-Clause
// What nospan answers, and how a process says it (design section 9).
#ifndef NOSPAN_REPORTS_VERDICT_H
#define NOSPAN_REPORTS_VERDICT_H

#include <cstdint>
#include <string_view>

namespace nospan::reports {

// The answer to one question, or to a whole run. The default is the pessimistic one: a verdict that nobody set
// is an error.
enum class Verdict : std::uint8_t {
  kError,     // bad usage, bad input, broken tree
  kHolds,     // no violation in the stated campaign
  kProved,    // unsatisfiable negation, with a witness
  kRefuted,   // a counterexample that was replayed on the compiled code
  kUnknown,   // time-out, out of memory, solver gave up, campaign cut short
  kVacuous,   // no witness, or coverage below its minimum
  kDisagree,  // two solvers, or model and compiled code, disagree: a bug of ours
  kSkip,      // this tree cannot be built: `git bisect run` skips it
};

// The verdict's name in reports and JSON: "holds", "refuted", ...
std::string_view name(Verdict verdict);

// The exit code of a process whose verdict this is: 0, 1, 2, 3, 4, 5 or 125.
int exit_code(Verdict verdict);

// The verdict of a run of two parts: the worse in the order error, disagree, refuted, vacuous, unknown, holds.
// kSkip is as bad as kError but for its exit code; kError wins over it. kHolds and kProved: kHolds wins, as it
// claims less.
Verdict worst(Verdict a, Verdict b);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_VERDICT_H
