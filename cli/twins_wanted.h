// SPDX-License-Identifier: BSD-2-Clause
// Which bounded twins have to be asked: claims about lists of a few elements, of which counterexamples can be
// replayed, beside claims about any number, of which they cannot.
#ifndef NOSPAN_CLI_TWINS_WANTED_H
#define NOSPAN_CLI_TWINS_WANTED_H

#include <set>
#include <string>
#include <vector>

#include "solver/result.h"

namespace nospan::cli {

struct TwinsWanted {
  std::set<std::string> ids;      // of claims: "safe/ppc_iommu_map_sg-bounded"
  std::set<std::string> targets;  // about which of them
};

// `results` are those of all other claims; `asked_for` what the user named, by id or name, empty for
// everything; `targets` those that have twins. Wanted are the twins of claims that are not proved, and what was
// asked for by an id that no result has. Some ids may be nobody's.
TwinsWanted twins_wanted(const std::vector<solver::ClaimResult>& results,
                         const std::set<std::string>& asked_for, const std::set<std::string>& targets);

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_TWINS_WANTED_H
