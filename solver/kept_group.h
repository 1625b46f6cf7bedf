// SPDX-License-Identifier: BSD-2-Clause
// What is kept of a group of claims between runs: what it came to, and which claims it makes.
#ifndef NOSPAN_SOLVER_KEPT_GROUP_H
#define NOSPAN_SOLVER_KEPT_GROUP_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/result.h"
#include "solver/runner.h"
#include "targets/toolchain/kept_texts.h"

namespace nospan::solver {

// The text in which a group's process tells a result, which is also the text that is kept. `place`: among the
// claims of the group.
std::string result_line(std::size_t place, const ClaimResult& result);
// The results of such lines, by place. The last line may be cut off. Nothing: some other line is no result.
std::optional<std::vector<ClaimResult>> results_of(std::string_view lines);

// One group. Safe to use from any process; a process that is killed leaves no half of a text behind.
class KeptGroup {
 public:
  // `module`: the digest of the task's bitcode. Results depend on it, on this program and on what is asked; the
  // claims that there are, on the first two. Nothing is kept where one of them is "" or cannot be read, and no
  // results where the questions are to be written.
  KeptGroup(const GroupTask& task, const std::string& module, const RunnerOptions& options);

  std::optional<std::vector<ClaimResult>> results() const;
  void keep_results(std::string_view lines) const;

  // Ids of the claims.
  std::optional<std::vector<std::string>> ids() const;
  void keep_ids(const std::vector<Instance>& instances) const;

 private:
  toolchain::KeptTexts texts_;
  std::string key_of_results_;
  std::string key_of_ids_;
};

// Of all tasks, in their order. Many tasks are about one module, which is read once.
std::vector<KeptGroup> kept_groups(const std::vector<GroupTask>& tasks, const RunnerOptions& options);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_KEPT_GROUP_H
