// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"

namespace nospan::cli {
namespace {

int run(int argc, char** argv) {
  CLI::App app{
      "nospan answers one question about an IOMMU mapping layer, by machine, on the code that ships:\n"
      "can any map call let a device reach memory that its VM does not own?\n"};
  app.name("nospan");
  app.set_version_flag("--version", NOSPAN_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 holds, 1 refuted (a counterexample was found), 2 unknown (cut short), 3 vacuous,\n"
      "4 disagree (a bug of nospan), 5 error, 125 this tree cannot be built (for git bisect run).\n\n"
      "Start with:  nospan check");
  std::vector<std::pair<CLI::App*, Command>> commands;
  const auto add = [&](const char* name, const char* says, Command (*make)(CLI::App&)) {
    CLI::App* sub = app.add_subcommand(name, says);
    commands.emplace_back(sub, make(*sub));
  };
  add("check", "run random scenarios on implementations and on the reference model, and shrink what differs",
      add_check);
  add("repro", "run one scenario file again", add_repro);
#ifdef NOSPAN_WITH_SOLVER
  add("prove", "prove claims about the code for all inputs, and show which hypotheses they need", add_prove);
  add("claims", "list the claims that prove proves: words, hypotheses, sources, what they rest on", add_claims);
  add("mutate", "change the code a little in every place, and show whether check and prove notice", add_mutate);
#endif
  add("gate", "check and prove a kernel tree before and after patches, and fail on what is new only", add_gate);
  add("corpus", "list the counterexamples of a corpus and what they do today, or prune duplicates", add_corpus);
  add("report", "render results for people and for CI systems: JUnit XML, KTAP, SARIF, Markdown", add_report);
  add("bench", "measure nospan and the builtin mapper, side by side with what they are compared to", add_bench);
  add("targets", "list what can be checked here", add_targets);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "nospan: {}; see nospan --help\n", error.what());
    return reports::exit_code(reports::Verdict::kError);
  }
  for (const auto& [sub, command] : commands) {
    if (sub->parsed()) return command();
  }
  return reports::exit_code(reports::Verdict::kError);
}

}  // namespace
}  // namespace nospan::cli

int main(int argc, char** argv) {
  try {
    const int code = nospan::cli::run(argc, argv);
    // A full disk behind standard output must not look like success.
    if (std::fflush(stdout) != 0) {
      fmt::print(stderr, "nospan: standard output: cannot be written; check the disk or the pipe\n");
      return nospan::reports::exit_code(nospan::reports::Verdict::kError);
    }
    return code;
  } catch (const std::exception& error) {
    // Libraries throw when memory or processes run out.
    fmt::print(stderr, "nospan: {}; free memory or processes and try again\n", error.what());
    return nospan::reports::exit_code(nospan::reports::Verdict::kError);
  }
}
