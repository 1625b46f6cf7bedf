// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "cli/check_report.h"
#include "cli/check_result.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/interrupt.h"
#include "cli/replayed_finding.h"
#include "cli/run_record.h"
#include "cli/save_folder.h"
#include "cli/target_campaign.h"
#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "props/campaign.h"
#include "props/durable_file.h"
#include "props/explanation.h"
#include "props/finding.h"
#include "props/scenario_file.h"
#include "reports/quantity.h"
#include "reports/result_json.h"
#include "targets/toolchain/share.h"

namespace nospan::cli {
namespace {

using props::Assumption;
using reports::Verdict;

struct CheckOptions {
  TargetSelection selection;
  std::string assume = "mission";
  std::string time;
  std::uint64_t scenarios = 0;
  std::string seed;
  unsigned jobs = 0;
  bool no_guards = false;
  std::string shrink_time = "10s";
  std::string save;
  std::string corpus;
  std::string json;
  bool quiet = false;
  bool verbose = false;
};

Assumption assumption_of(const std::string& name) {
  if (name == "granule") return Assumption::kGranule;
  if (name == "blocks") return Assumption::kBlocks;
  if (name == "none") return Assumption::kNone;
  return Assumption::kMission;
}

class Check {
 public:
  explicit Check(CheckOptions options) : options_(std::move(options)) {}

  reports::Expected<int> run();

 private:
  reports::Expected<void> prepare();
  reports::Expected<void> check(const SelectedTarget& selected, TargetResult& result);
  reports::Expected<bool> check_corpus(const props::GuardSet& guards, TargetResult& result);
  void print_row(const TargetResult& result);
  void print_failure(const SelectedTarget& selected, const TargetResult& result);
  void print_known_findings();
  void tell(const std::string& text) {
    if (options_.quiet) return;
    if (error_is_terminal()) {
      progress_.show("nospan: " + text + " ...");
    } else if (options_.verbose) {
      fmt::print(stderr, "nospan: {}\n", text);
    }
  }

  CheckOptions options_;
  props::CampaignOptions campaign_;
  Keeping keeping_;
  std::vector<props::CorpusEntry> corpus_;
  std::vector<props::Finding> findings_;
  std::vector<TargetResult> results_;
  ProgressLine progress_;
  RunRecord record_{"check"};
};

reports::Expected<void> Check::prepare() {
  if (!options_.time.empty() || options_.scenarios == 0) {
    const auto time = parse_duration(options_.time.empty() ? "10s" : options_.time);
    if (!time) return reports::failure("--time", time.error().what, time.error().mend);
    campaign_.time = *time;
  }
  if (options_.scenarios != 0) campaign_.scenarios = options_.scenarios;
  const auto shrink_time = parse_duration(options_.shrink_time);
  if (!shrink_time)
    return reports::failure("--shrink-time", shrink_time.error().what, shrink_time.error().mend);
  campaign_.shrink_time = *shrink_time;
  if (options_.seed.empty()) {
    std::random_device device;
    campaign_.seed = device();
  } else {
    const auto seed = reports::parse_quantity(options_.seed);
    if (!seed) return reports::failure("--seed", seed.error().what, "use a number such as 42 or 0x2a");
    campaign_.seed = *seed;
  }
  campaign_.jobs = options_.jobs != 0 ? options_.jobs : std::max(1u, std::thread::hardware_concurrency());
  campaign_.generator.assumption = assumption_of(options_.assume);

  keeping_.save_folder = options_.save.empty() ? default_save_folder() : std::filesystem::path(options_.save);
  keeping_.corpus_folder = options_.corpus;
  keeping_.found_by = "nospan check";
  if (auto possible = can_keep(keeping_); !possible) return possible;
  if (!options_.json.empty()) {
    if (auto possible = can_write(options_.json); !possible) return possible;
  }
  if (!options_.corpus.empty()) {
    auto corpus = props::read_corpus(options_.corpus);
    if (!corpus) return tl::make_unexpected(corpus.error());
    corpus_ = std::move(*corpus);
  }
  auto findings = props::read_findings(toolchain::share_folder() / "props" / "findings");
  if (!findings) return tl::make_unexpected(findings.error());
  findings_ = std::move(*findings);
  return {};
}

// An entry of the corpus that fails is this target's finding: the campaign would stop at it, too.
reports::Expected<bool> Check::check_corpus(const props::GuardSet& guards, TargetResult& result) {
  const SelectedTarget& selected = result.target;
  if (corpus_.empty()) return false;
  tell("replaying the corpus on " + selected.label());
  std::size_t ran = 0;
  const std::vector<CorpusFailure> failures = replay_corpus(selected, guards, corpus_, ran);
  if (failures.empty()) return false;
  const CorpusFailure& first = failures.front();
  progress_.clear();
  if (!options_.quiet) {
    fmt::print("{}: {} of {} entries of the corpus fail, {} first\n", selected.label(), failures.size(), ran,
               first.entry->file.filename().string());
    std::fflush(stdout);
  }
  props::Failure& failure = result.campaign.failure.emplace();
  failure.found = first.entry->scenario;
  failure.outcome = first.outcome;
  result.campaign.verdict = Verdict::kRefuted;
  if (auto saved = save_found(keeping_, campaign_.seed, failure, result); !saved) {
    return tl::make_unexpected(saved.error());
  }
  props::confirm_and_shrink(*selected.target, guards, campaign_.shrink_time, failure);
  if (auto saved = save_shrunk(keeping_, campaign_.seed, result); !saved) {
    return tl::make_unexpected(saved.error());
  }
  return true;
}

reports::Expected<void> Check::check(const SelectedTarget& selected, TargetResult& result) {
  result.target = selected;
  props::GuardSet guards;
  if (!options_.no_guards) {
    tell("replaying known findings on " + selected.label());
    guards = replay_known_findings(selected, findings_, result);
  }
  const auto failed = check_corpus(guards, result);
  if (!failed) return tl::make_unexpected(failed.error());
  if (*failed) return {};

  props::CampaignOptions campaign = campaign_;
  campaign.generator.system_page = selected.system_page;
  props::CampaignListener listener;
  listener.on_progress = [&](const props::Tally& tally, double seconds) {
    if (options_.quiet || !error_is_terminal()) return;
    std::string left;
    if (campaign.time) {
      left = fmt::format(", {:.0f} s left",
                         std::max(0.0, std::chrono::duration<double>(*campaign.time).count() - seconds));
    } else if (campaign.scenarios) {
      left = fmt::format(" of {}", *campaign.scenarios);
    }
    progress_.show(fmt::format("{}: {} scenarios{}, {:.2f} million commands/s", selected.label(),
                               tally.scenarios, left,
                               seconds > 0 ? static_cast<double>(tally.commands) / seconds / 1e6 : 0.0));
  };
  listener.stop = is_interrupted;
  reports::Expected<void> saved{};
  listener.on_failure = [&](const props::Failure& failure) {
    // At once and unshrunk: what happens from here on loses nothing.
    saved = save_found(keeping_, campaign.seed, failure, result);
    progress_.clear();
    if (!options_.quiet) {
      fmt::print("{}: {} violated by scenario {} ({} commands); shrinking it\n", selected.label(),
                 model::rule(failure.outcome.violations.front().invariant).id, failure.number,
                 failure.found.commands.size());
      std::fflush(stdout);
    }
    tell("shrinking");
  };
  result.campaign = props::run_campaign(*selected.target, guards, campaign, listener);
  progress_.clear();
  if (!saved) return saved;
  return save_shrunk(keeping_, campaign.seed, result);
}

void Check::print_row(const TargetResult& result) {
  if (options_.quiet && result.campaign.verdict == Verdict::kHolds) return;
  const props::Tally& tally = result.campaign.tally;
  fmt::print(
      "{:<32} {:>10} {:>11} {:>6.2f}  {}", result.target.label(), tally.scenarios, tally.commands,
      result.campaign.seconds > 0 ? static_cast<double>(tally.commands) / result.campaign.seconds / 1e6 : 0.0,
      verdict_text(result.campaign.verdict, 8));
  if (!result.known.empty()) fmt::print(" {} guards", result.known.size());
  if (result.campaign.interrupted) fmt::print(" (cut short)");
  if (const auto* rule = result.campaign.coverage.insufficient();
      rule != nullptr && result.campaign.verdict == Verdict::kVacuous) {
    fmt::print(" coverage of {} is {:.1f} %, below {:.1f} %", rule->name,
               result.campaign.coverage.share(rule->what) * 100, rule->least_share * 100);
  }
  fmt::print("\n");
  std::fflush(stdout);
}

void Check::print_failure(const SelectedTarget& selected, const TargetResult& result) {
  const props::Failure& failure = *result.campaign.failure;
  const model::Rule& rule = model::rule(failure.shrunk.outcome.violations.front().invariant);
  fmt::print("\n{}\n", emphasized(fmt::format("{} violates {}", selected.label(), rule.id)));
  if (failure.flaky) {
    fmt::print(
        "  FLAKY: a second run of the same scenario did not show it. Something besides the scenario "
        "decides.\n");
  }
  fmt::print("{}", props::explain(*selected.target, failure.shrunk.scenario, failure.shrunk.outcome));
  fmt::print("\n  shrunk from {} to {} commands in {} attempts, {:.2f} s{}\n", failure.found.commands.size(),
             failure.shrunk.scenario.commands.size(), failure.shrunk.attempts, failure.shrink_seconds,
             failure.shrunk.complete ? "" : " (cut short by --shrink-time)");
  fmt::print("\n{}", props::to_json(failure.shrunk.scenario));
  fmt::print("\n  reproduce:  {}\n", reproducing_command(selected, result.saved));
  std::fflush(stdout);
}

void Check::print_known_findings() {
  std::map<std::string, std::vector<std::string>> known;
  std::map<std::string, std::vector<std::string>> fixed;
  for (const TargetResult& result : results_) {
    for (const std::string& id : result.known) known[id].push_back(result.target.label());
    for (const std::string& id : result.fixed) fixed[id].push_back(result.target.label());
  }
  if (!known.empty()) {
    fmt::print(
        "\nGuards in force: known findings that these kernels still show. What they trigger is not "
        "asserted.\n");
    for (const props::Finding& finding : findings_) {
      if (!known.contains(finding.id)) continue;
      fmt::print("  {:<8} {}{}\n           {}, on {} of the kernels checked\n",
                 model::rule(finding.invariant).id, finding.title, finding.security ? " [security]" : "",
                 finding.id, known[finding.id].size());
    }
  }
  bool headed = false;
  for (const props::Finding& finding : findings_) {
    if (!fixed.contains(finding.id)) continue;
    if (!headed) fmt::print("\nFixed: known findings that no longer reproduce. Their guards are off.\n");
    headed = true;
    std::string where;
    for (const std::string& label : fixed[finding.id]) where += (where.empty() ? "" : ", ") + label;
    fmt::print("  {:<8} {}\n           on {}\n", model::rule(finding.invariant).id, finding.id, where);
  }
}

reports::Expected<int> Check::run() {
  auto prepared = prepare();
  if (!prepared) return tl::make_unexpected(prepared.error());
  auto targets = select_targets(options_.selection, [this](const std::string& text) { tell(text); });
  progress_.clear();
  if (!targets) return tl::make_unexpected(targets.error());

  if (!options_.quiet) {
    fmt::print("nospan check: seed 0x{:x}, assumption {}, {}, {} jobs\n\n", campaign_.seed, options_.assume,
               campaign_.scenarios ? fmt::format("{} scenarios per target", *campaign_.scenarios)
                                   : fmt::format("{} s per target", campaign_.time->count() / 1000.0),
               campaign_.jobs);
    fmt::print("{:<32} {:>10} {:>11} {:>6}  {}\n", "target", "scenarios", "commands", "M/s", "verdict");
    std::fflush(stdout);
  }
  Verdict verdict = Verdict::kProved;
  for (const SelectedTarget& selected : *targets) {
    TargetResult result;
    auto checked = check(selected, result);
    if (!checked) return tl::make_unexpected(checked.error());
    verdict = reports::worst(verdict, result.campaign.verdict);
    print_row(result);
    results_.push_back(std::move(result));
    if (is_interrupted()) break;
  }
  if (verdict == Verdict::kProved) verdict = Verdict::kHolds;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    if (results_[i].campaign.failure) print_failure((*targets)[i], results_[i]);
  }
  if (!options_.quiet) print_known_findings();
  if (options_.verbose) print_coverage(results_);
  if (!options_.json.empty()) {
    reports::Result result = record_.result();
    add_check_result(result, results_, findings_, campaign_, options_.assume, verdict);
    record_.finish(result);
    auto written = props::write_file_atomically(options_.json, reports::to_json(result));
    if (!written) return tl::make_unexpected(written.error());
  }
  if (!options_.quiet) fmt::print("\n{}\n", verdict_text(verdict, 0));
  return reports::exit_code(verdict);
}

}  // namespace

Command add_check(CLI::App& app) {
  auto options = std::make_shared<CheckOptions>();
  options->selection.add_options(app);
  app.add_option(
         "--assume", options->assume,
         "the hypothesis under which ISO-1 must hold: granule (granule >= IOMMU page), blocks (VM blocks "
         "aligned to the IOMMU page), mission (either, at random), or none: then ISO-1 must fail")
      ->check(CLI::IsMember({"mission", "granule", "blocks", "none"}))
      ->capture_default_str();
  auto* time =
      app.add_option("--time", options->time, "how long to check each target, such as 10s or 5m (default 10s)");
  app.add_option("--scenarios", options->scenarios, "how many scenarios to run on each target")
      ->check(CLI::PositiveNumber)
      ->excludes(time);
  app.add_option("--seed", options->seed, "the campaign's seed; the same seed gives the same scenarios");
  app.add_option("--jobs", options->jobs, "worker processes (default: one for each processor)")
      ->check(CLI::Range(1u, 256u));
  app.add_flag("--no-guards", options->no_guards, "assert what known findings violate, too");
  app.add_option("--shrink-time", options->shrink_time, "how long to shrink a counterexample")
      ->capture_default_str();
  app.add_option("--save", options->save,
                 "the folder for counterexamples (default: nospan/scenarios in the user's cache)")
      ->type_name("DIR");
  app.add_option("--corpus", options->corpus,
                 "a folder of counterexamples that is run first; new ones are kept there, shrunk")
      ->type_name("DIR");
  app.add_option("--json", options->json, "write the result there, too")->type_name("FILE");
  auto* quiet = app.add_flag("-q,--quiet", options->quiet, "print violations only");
  app.add_flag("-v,--verbose", options->verbose, "print what was covered, and what is being done")
      ->excludes(quiet);
  app.footer(
      "Examples:\n"
      "  nospan check                                    builtin and every packaged kernel\n"
      "  nospan check --tree ~/linux --patch fix.patch   a kernel tree with a patch applied to a copy\n"
      "  nospan check --assume none --target linux       what happens without the hypothesis");
  return [options] {
    watch_for_interrupts();
    auto code = Check(*options).run();
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
