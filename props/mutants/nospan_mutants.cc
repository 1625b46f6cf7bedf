// SPDX-License-Identifier: BSD-2-Clause
// Prints how each mutant dies: nospan_mutants [--seed N] [--no-control] [--scenarios] [NAME]...
// With --list: what each mutant is, as the table of docs/mutants.md. With --trees FOLDER: writes the trees of
// kernel mutants there, FOLDER/NAME each, for nospan prove --tree.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "props/mutants/mutant_build.h"
#include "props/mutants/mutant_run.h"
#include "props/scenario_file.h"

namespace nospan::props {
namespace {

void print_list() {
  fmt::print("| mutant | the mistake | violates | claim |\n|---|---|---|---|\n");
  for (const Mutant& mutant : all_mutants()) {
    std::string violates;
    for (const nospan::model::Invariant invariant : mutant.violates) {
      if (!violates.empty()) violates += ", ";
      violates += nospan::model::rule(invariant).id;
    }
    if (!mutant.why_several.empty()) violates += fmt::format(" ({})", mutant.why_several);
    if (!mutant.missing_rule.empty()) violates = fmt::format("survives; missing: {}", mutant.missing_rule);
    fmt::print("| {} | {} | {} | {} |\n", mutant.name, mutant.mistake, violates, mutant.refuted_claim);
  }
}

bool write_trees(const std::vector<Mutant>& mutants, const std::string& folder) {
  bool well = true;
  for (const Mutant& mutant : mutants) {
    if (mutant.base() != MutantBase::kKernel) continue;
    const auto written = write_mutant_tree(mutant, std::filesystem::path(folder) / mutant.name);
    if (written) continue;
    fmt::print(stderr, "nospan_mutants: {}\n", written.error().line());
    well = false;
  }
  return well;
}

int run(int count, char** arguments) {
  MutantOptions options;
  bool show_scenarios = false;
  std::string trees;
  std::vector<std::string_view> names;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--seed" && i + 1 < count) {
      options.seed = std::strtoull(arguments[++i], nullptr, 0);
    } else if (argument == "--no-control") {
      options.control = false;
    } else if (argument == "--trees" && i + 1 < count) {
      trees = arguments[++i];
    } else if (argument == "--scenarios") {
      show_scenarios = true;
    } else if (argument == "--list") {
      print_list();
      return 0;
    } else if (argument.starts_with("-")) {
      fmt::print(stderr,
                 "usage: nospan_mutants [--list] [--seed N] [--no-control] [--scenarios] [--trees FOLDER] "
                 "[NAME]...\n");
      return 5;
    } else {
      names.push_back(argument);
    }
  }
  std::vector<Mutant> mutants;
  for (const Mutant& mutant : all_mutants()) {
    bool wanted = names.empty();
    for (const std::string_view name : names) wanted = wanted || mutant.name.find(name) != mutant.name.npos;
    if (wanted) mutants.push_back(mutant);
  }

  if (!trees.empty()) return write_trees(mutants, trees) ? 0 : 5;

  bool well = true;
  fmt::print("{}\n", table_heading());
  const auto results = run_all_mutants(mutants, options, [&](const MutantResult& result) {
    fmt::print("{}\n", table_line(result));
    for (const std::string& complaint : result.complaints()) {
      fmt::print("    {}\n", complaint);
      well = false;
    }
    if (show_scenarios && result.failure) {
      const nospan::model::Violation& violation = result.failure->shrunk.outcome.violations.front();
      fmt::print("    expected: {}\n    but: {}\n    {} attempts to shrink it, {}\n{}\n", violation.expected,
                 violation.actual, result.failure->shrunk.attempts,
                 result.failure->shrunk.complete ? "complete" : "out of time",
                 to_json(result.failure->shrunk.scenario));
    }
    std::fflush(stdout);
  });
  fmt::print("{} mutants; from the first failing scenario to its shrunk form: {:.3f} s in the median\n",
             results.size(), median_shrink_seconds(results));
  return well ? 0 : 1;
}

}  // namespace
}  // namespace nospan::props

int main(int count, char** arguments) { return nospan::props::run(count, arguments); }
