// SPDX-License-Identifier: BSD-2-Clause
// Replays the counterexamples of solvers on the compiled code, and what they did is kept: one that hangs costs
// its whole time limit every time.
#ifndef NOSPAN_CLI_REPLAYER_H
#define NOSPAN_CLI_REPLAYER_H

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/target_selection.h"
#include "props/executor.h"
#include "props/guards.h"
#include "props/scenario.h"
#include "reports/error.h"
#include "targets/toolchain/kept_texts.h"

namespace nospan::cli {

// A scenario that violates an invariant on the compiled code.
struct Replay {
  SelectedTarget target;  // on which it was seen: the plain build, or the one that reports undefined behaviour
  props::Scenario scenario;
  props::Outcome outcome;
};

// An outcome is kept under everything that it depends on: the scenario, the content of the library with the
// target, this program, the limits. A kept one that does not verify is replayed.
class Replayer {
 public:
  // `targets` outlive the object. `kept`: the folder for what is kept; empty: nothing is.
  Replayer(const std::vector<SelectedTarget>& targets, std::filesystem::path kept)
      : targets_(targets), kept_(std::move(kept)) {}

  // What a scenario file's text does on the target with this label, and, if that is nothing wrong, on its
  // sanitized build, and then the same with a mapping on either side: nothing, if nothing of that is wrong. The
  // scenario in the result is the one that was.
  reports::Expected<std::optional<Replay>> replay(const std::string& label, const std::string& scenario_text);

  // The same of a scenario that no model says anything wrong about: under the guards of all known findings,
  // which kernels have whatever was proved of them, and shrunk for a few seconds if it shows something else.
  reports::Expected<std::optional<Replay>> replay_example(const std::string& label,
                                                          const std::string& scenario_text);

  // props::effects() of one of this object's replays.
  std::vector<std::string> effects(const Replay& replay);

 private:
  enum class Guards : std::uint8_t { kNone, kAll };
  static props::GuardSet guard_set(Guards guards, const SelectedTarget& target);

  reports::Expected<std::optional<Replay>> replay_on(const SelectedTarget& target,
                                                     const props::Scenario& scenario, Guards guards);
  // Of an example.
  Replay smallest(Replay replay);
  reports::Expected<const SelectedTarget*> sanitized(const SelectedTarget& target);
  props::Outcome outcome(const SelectedTarget& target, const props::Scenario& scenario, Guards guards);
  std::string key(std::string_view what, const SelectedTarget& target, const props::Scenario& scenario,
                  Guards guards);

  const std::vector<SelectedTarget>& targets_;
  toolchain::KeptTexts kept_;
  std::map<std::string, SelectedTarget> sanitized_;         // by the label of the plain build
  std::map<std::filesystem::path, std::string> libraries_;  // digests; "" of one that cannot be read
};

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_REPLAYER_H
