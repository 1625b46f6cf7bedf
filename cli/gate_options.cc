// SPDX-License-Identifier: BSD-2-Clause
#include "cli/gate_options.h"

#include <CLI/CLI.hpp>

namespace nospan::cli {

void add_gate_options(CLI::App& app, GateOptions& options) {
  app.add_option("--tree", options.selection.tree,
                 "the kernel tree before the patches; without it, Debian's newest packaged source")
      ->type_name("DIR");
  auto* patch = app.add_option("--patch", options.selection.patches,
                               "a patch, format-patch file, or a mailbox with a series, in their order")
                    ->type_name("FILE");
  app.add_option("--range", options.range, "the commits A..B of the git tree instead of patches")
      ->excludes(patch)
      ->type_name("A..B");
  app.add_flag("--at-once", options.at_once,
               "compare the first tree with the last only, not each patch: for git bisect");
  app.add_option("--page-shift", options.selection.page_shift, "the kernel's PAGE_SHIFT: 12, 16 or both")
      ->check(CLI::IsMember({"12", "16", "both"}))
      ->capture_default_str();
  auto* time = app.add_option("--time", options.time,
                              "how long to check each tree and page size, such as 10s or 5m (default 60s)");
  app.add_option("--scenarios", options.scenarios, "how many scenarios to run on each tree and page size")
      ->check(CLI::PositiveNumber)
      ->excludes(time);
  app.add_option("--shrink-time", options.shrink_time, "how long to shrink a counterexample")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "the campaigns' seed; the same seed gives the same scenarios");
  app.add_option("--jobs", options.jobs, "processes at a time (default: one for each processor)")
      ->check(CLI::Range(1u, 256u));
  app.add_flag("--no-prove", options.no_prove, "check only");
  app.add_option("--claim", options.claims, "only this claim, and what it rests on; see nospan claims")
      ->type_name("ID");
  app.add_flag("--undecided", options.undecided, "also try claims again that were not decided before");
  app.add_option("--timeout", options.timeout, "for each question to a solver")
      ->type_name("TIME")
      ->capture_default_str();
  app.add_option("--base-cache", options.base_cache,
                 "where what the tree shows before the patches is kept (default: in the user's cache)")
      ->type_name("DIR");
  app.add_option("--corpus", options.corpus,
                 "a folder of counterexamples that is run first; new ones are kept there, shrunk")
      ->type_name("DIR");
  app.add_option("--out", options.out,
                 "a folder for the result, its reports (report.html and others) and counterexamples")
      ->type_name("DIR");
  app.add_option("--json", options.json, "write the result there, too")->type_name("FILE");
  app.footer(
      "Fails on what is new only: a finding, a claim that was proved and is not now, an assumption, a "
      "coverage\n"
      "class below its minimum. What was wrong before the patch is told and does not count. A series ends at "
      "its\n"
      "first bad patch, which is named.\n\n"
      "Exit codes: 0 nothing new, 1 a new finding, 2 a claim lost or the run cut short, 3 coverage fell,\n"
      "5 bad input, such as a patch that does not apply, 125 a tree that cannot be built.\n\n"
      "  nospan gate --tree ~/linux --patch series.mbox\n"
      "  git bisect run nospan gate --tree . --range v6.12..HEAD --at-once");
}

}  // namespace nospan::cli
