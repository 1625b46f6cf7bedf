// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "cli/claim_tasks.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/mutation_report.h"
#include "cli/mutation_run.h"
#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "props/durable_file.h"
#include "props/finding.h"
#include "props/mutants/library_run.h"
#include "props/mutants/mutant_build.h"
#include "reports/quantity.h"
#include "solver/mutation/target_facts.h"
#include "targets/builtin/bitcode.h"
#include "targets/linux/bitcode.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"
#include "targets/toolchain/share.h"

namespace nospan::cli {
namespace {

using reports::Expected;
using reports::Verdict;

// A scenario costs microseconds, at the very worst a few tens of milliseconds.
constexpr props::HangLimit kHangLimit{400};
// A mutant that is not refuted gets this many times its budget on a busy machine before it is given up.
constexpr int kBusyMachine = 30;
// The part of a mutant's scenarios after which the solver is asked whether it is equivalent.
constexpr std::uint64_t kFirstPart = 10;
// A run over all mutants takes long: its file is written anew after so many of them.
constexpr std::size_t kMutantsPerFile = 20;

constexpr const char* kControl = "control.so";

struct MutateOptions {
  TargetSelection selection;
  std::vector<std::string> functions;
  unsigned jobs = 0;
  std::string time = "3s";
  std::string seed = "1";
  std::size_t most = 0;
  double least_score = 95;
  std::string json;
  std::string again;
  std::string prove_time = "60s";
  bool no_prove = false;
  bool only_prove = false;
  bool list = false;
};

volatile sig_atomic_t interrupted = 0;

// What is mutated by default: what device drivers call, and all that it reaches in the mapping layer.
solver::MutationScope scope_of(const SelectedTarget& selected) {
  solver::MutationScope scope;
  scope.system_page_shift = selected.system_page.value;
  if (selected.tree) {
    scope.entries = {"iommu_map_page",     "iommu_unmap_page",     "ppc_iommu_map_sg",
                     "ppc_iommu_unmap_sg", "iommu_alloc_coherent", "iommu_free_coherent"};
    scope.files = {"arch/powerpc/kernel/iommu.c", "include/linux/iommu-helper.h", "lib/iommu-helper.c"};
    scope.untouched_calls = {"nospan_"};
  } else {
    for (const char* name :
         {"map_page", "unmap_page", "map_list", "unmap_list", "allocate_coherent", "free_coherent"})
      scope.entries.push_back(std::string("nospan::builtin::Mapper::") + name);
    scope.files = {"targets/builtin/"};
  }
  return scope;
}

// Ids of the mutants that survived in a file that --json wrote.
Expected<std::set<std::string>> survivors_in(const std::string& file) {
  const auto text = toolchain::read_file(file);
  if (!text) return tl::make_unexpected(text.error());
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  std::set<std::string> ids;
  try {
    for (const nlohmann::json& target : json.at("targets")) {
      for (const nlohmann::json& mutant : target.at("mutants")) {
        if (mutant.at("fate") == name(Fate::kSurvived)) ids.insert(mutant.at("id").get<std::string>());
      }
    }
  } catch (const nlohmann::json::exception&) {
    return reports::failure(file, "is no result of nospan mutate", "name a file that --json wrote");
  }
  return ids;
}

// The first `most` of a shuffle that depends on the seed only, in the old order.
std::vector<solver::Mutation> sample(std::vector<solver::Mutation> all, std::size_t most, std::uint64_t seed) {
  if (most == 0 || all.size() <= most) return all;
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(seed);
  // Not std::shuffle: what it does with the numbers is up to the library.
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random() % (i + 1)]);
  order.resize(most);
  std::sort(order.begin(), order.end());
  std::vector<solver::Mutation> drawn;
  drawn.reserve(most);
  for (const std::size_t i : order) drawn.push_back(std::move(all[i]));
  return drawn;
}

class Mutate {
 public:
  explicit Mutate(MutateOptions options) : options_(std::move(options)) {}
  Expected<int> run();

 private:
  Expected<void> prepare();
  Expected<MutationResult> mutate(const SelectedTarget& selected);
  Expected<MutationSubject> subject_of(const SelectedTarget& selected, const std::filesystem::path& folder);
  Expected<void> write(const MutationResult& result);
  Expected<void> try_control(const SelectedTarget& selected, MutationSubject& subject);
  void tell(const std::string& text) { progress_.show("nospan: " + text + " ..."); }

  MutateOptions options_;
  props::CampaignOptions campaign_;
  std::vector<props::Finding> findings_;
  std::chrono::seconds prove_time_{0};
  ProgressLine progress_;
  Verdict worst_ = Verdict::kHolds;
  nlohmann::ordered_json targets_ = nlohmann::ordered_json::array();  // results of those that are done
};

Expected<void> Mutate::prepare() {
  const auto time = parse_duration(options_.time);
  if (!time) return reports::failure("--time " + options_.time, time.error().what, time.error().mend);
  campaign_.time = *time;
  const auto seed = reports::parse_quantity(options_.seed);
  if (!seed) return reports::failure("--seed", seed.error().what, "use a number such as 42 or 0x2a");
  campaign_.seed = *seed;
  const auto prove_time = parse_duration(options_.prove_time);
  if (!prove_time) {
    return reports::failure("--prove-time " + options_.prove_time, prove_time.error().what,
                            prove_time.error().mend);
  }
  if (!options_.no_prove) prove_time_ = std::chrono::ceil<std::chrono::seconds>(*prove_time);
  campaign_.confirm = false;
  campaign_.hang_limit = kHangLimit;
  if (options_.jobs == 0) options_.jobs = std::max(1u, std::thread::hardware_concurrency());
  auto findings = props::read_findings(toolchain::share_folder() / "props" / "findings");
  if (!findings) return tl::make_unexpected(findings.error());
  findings_ = std::move(*findings);
  return {};
}

Expected<MutationSubject> Mutate::subject_of(const SelectedTarget& selected,
                                             const std::filesystem::path& folder) {
  MutationSubject subject;
  subject.folder = folder;
  subject.campaign = campaign_;
  subject.campaign.generator.system_page = selected.system_page;
  tell("making bitcode of " + selected.label());
  const int shift = static_cast<int>(selected.system_page.value);
  auto bitcode =
      selected.tree ? linux_target::build_bitcode(*selected.tree, {shift}) : builtin::build_bitcode();
  if (!bitcode) return tl::make_unexpected(bitcode.error());
  auto frame = selected.tree ? linux_target::build_library_frame(*selected.tree, folder)
                             : builtin::build_library_frame(folder);
  if (!frame) return tl::make_unexpected(frame.error());
  subject.bitcode = *bitcode;
  subject.proof = {selected.tree ? solver::Subject::kKernel : solver::Subject::kBuiltin,
                   *bitcode,
                   folder / kControl,
                   selected.system_page.value,
                   selected.label(),
                   prove_time_};
  subject.only_prove = options_.only_prove;
  subject.frame = std::move(*frame);
  subject.entry = selected.tree ? "nospan_target_entry" : "nospan_builtin_target";
  return subject;
}

// The unmutated program, compiled as the mutants are, must hold where they are to fail. Sets the guards.
Expected<void> Mutate::try_control(const SelectedTarget& selected, MutationSubject& subject) {
  tell("trying " + selected.label() + " without a mutation");
  const std::filesystem::path library = subject.folder / kControl;
  if (auto built = build_control(subject, library); !built) return built;
  if (selected.linux_kernel) {
    const auto target = props::LoadedTarget::open(library);
    if (!target) return tl::make_unexpected(target.error());
    std::vector<const props::Finding*> in_force;
    for (const props::Finding& finding : findings_) {
      if (!finding.sanitized && props::reproduces(target->get(), finding, selected.system_page)) {
        in_force.push_back(&finding);
      }
    }
    subject.guards = props::guards_of(in_force, false);
  }
  // How many scenarios a mutant's time is good for, on this machine and without what else runs on it; then the
  // same ones as the mutants will get.
  props::CampaignOptions campaign = subject.campaign;
  std::uint64_t scenarios = 0;
  for (const bool measured : {false, true}) {
    if (measured) {
      campaign.scenarios = scenarios;
      campaign.time.reset();
      campaign.jobs = options_.jobs;
    }
    const auto run = props::run_library(library, subject.guards, campaign, {});
    if (!run) return tl::make_unexpected(run.error());
    if (run->failure) {
      const model::Violation& violation = run->failure->outcome.violations.front();
      return reports::failure(
          selected.label(),
          fmt::format("violates {} without a mutation: expected: {}; but: {}",
                      model::rule(violation.invariant).id, violation.expected, violation.actual),
          "nothing can be said about its mutants: see nospan check");
    }
    if (!measured) {
      const double rate = static_cast<double>(run->scenarios) / std::max(run->cpu_seconds, 1e-3);
      scenarios = std::max<std::uint64_t>(
          1, static_cast<std::uint64_t>(rate * std::chrono::duration<double>(*campaign.time).count()));
    }
  }
  subject.campaign.scenarios = scenarios;
  subject.first_scenarios = std::max<std::uint64_t>(1, scenarios / kFirstPart);
  subject.campaign.time = *subject.campaign.time * kBusyMachine;
  return {};
}

Expected<MutationResult> Mutate::mutate(const SelectedTarget& selected) {
  const auto start = std::chrono::steady_clock::now();
  auto cache = toolchain::cache_folder();
  if (!cache) return tl::make_unexpected(cache.error());
  auto folder = toolchain::TemporaryFolder::make(*cache);
  if (!folder) return tl::make_unexpected(folder.error());
  auto subject = subject_of(selected, folder->path());
  if (!subject) return tl::make_unexpected(subject.error());

  MutationResult result;
  result.target = selected.label();
  {
    auto program = solver::Program::load(subject->bitcode);
    if (!program) return tl::make_unexpected(program.error());
    solver::MutationScope scope = scope_of(selected);
    scope.functions = options_.functions;
    auto found = solver::find_mutations(*program, scope);
    if (!found) return tl::make_unexpected(found.error());
    auto facts = selected.tree ? solver::kernel_facts(*program) : solver::builtin_facts(*program);
    if (!facts) return tl::make_unexpected(facts.error());
    subject->facts = std::move(*facts);
    result.possible = found->size();
    if (!options_.again.empty()) {
      const auto survivors = survivors_in(options_.again);
      if (!survivors) return tl::make_unexpected(survivors.error());
      std::erase_if(*found,
                    [&](const solver::Mutation& mutation) { return !survivors->contains(mutation.id()); });
    }
    result.mutations = sample(std::move(*found), options_.most, campaign_.seed);
  }
  result.outcomes.resize(result.mutations.size());
  if (options_.list || result.mutations.empty()) return result;
  if (auto tried = try_control(selected, *subject); !tried) return tl::make_unexpected(tried.error());

  MutationRunOptions run;
  run.jobs = options_.jobs;
  run.stop = [] { return interrupted != 0; };
  std::size_t tried = 0;
  MutationCounts so_far;
  run.done = [&](std::size_t mutant, const MutantOutcome& outcome) {
    so_far.count(outcome.fate);
    result.outcomes[mutant] = outcome;
    // What cannot be written now is told at the end.
    if ((tried + 1) % kMutantsPerFile == 0) (void)write(result);
    progress_.show(fmt::format("{}: {} of {} mutants, {} killed, {} survived", selected.label(), ++tried,
                               result.mutations.size(), so_far.killed, so_far.survived));
  };
  auto outcomes = run_mutants(*subject, result.mutations, run);
  progress_.clear();
  if (!outcomes) return tl::make_unexpected(outcomes.error());
  result.outcomes = std::move(*outcomes);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

// The results so far, and those of the target that is at work.
Expected<void> Mutate::write(const MutationResult& result) {
  if (options_.json.empty()) return {};
  const Verdict verdict = reports::worst(worst_, cli::verdict(result, options_.least_score));
  nlohmann::ordered_json targets = targets_;
  targets.push_back(to_json_value(result, options_.least_score));
  const nlohmann::ordered_json document = {{"seed", campaign_.seed},
                                           {"time_ms", campaign_.time->count()},
                                           {"least_score", options_.least_score},
                                           {"verdict", reports::name(verdict)},
                                           {"targets", targets}};
  return props::write_file_atomically(options_.json, document.dump(2) + "\n");
}

Expected<int> Mutate::run() {
  if (auto prepared = prepare(); !prepared) return tl::make_unexpected(prepared.error());
  auto targets = select_claim_targets(options_.selection, progress_);
  if (!targets) return tl::make_unexpected(targets.error());
  for (const SelectedTarget& selected : *targets) {
    auto result = mutate(selected);
    progress_.clear();
    if (!result) return tl::make_unexpected(result.error());
    if (options_.list) {
      for (const solver::Mutation& mutation : result->mutations) {
        fmt::print("{}  {}  {}: {}\n", selected.label(), mutation.place, mutation.inside, mutation.words);
      }
      continue;
    }
    print(*result, options_.least_score);
    const Verdict verdict = cli::verdict(*result, options_.least_score);
    if (auto written = write(*result); !written) return tl::make_unexpected(written.error());
    worst_ = reports::worst(worst_, verdict);
    targets_.push_back(to_json_value(*result, options_.least_score));
    if (interrupted != 0) break;
  }
  if (options_.list) return 0;
  fmt::print("\n{}\n", verdict_text(worst_, 0));
  return reports::exit_code(worst_);
}

}  // namespace

Command add_mutate(CLI::App& app) {
  auto options = std::make_shared<MutateOptions>();
  options->selection.add_options(app);
  app.add_option("--function", options->functions,
                 "only mutants in this function of the source, such as iommu_range_alloc or EntrySpace::take")
      ->type_name("NAME");
  app.add_option("--jobs", options->jobs, "mutants at a time; default: one per CPU")->type_name("N");
  app.add_option("--time", options->time,
                 "CPU time for check to try each mutant; the scenarios are those that it is good for")
      ->type_name("TIME")
      ->capture_default_str();
  app.add_option("--prove-time", options->prove_time,
                 "for the claims about a function, on each mutant of it that survives so far")
      ->type_name("TIME")
      ->capture_default_str();
  auto* no_prove = app.add_flag("--no-prove", options->no_prove, "no claims are asked");
  app.add_flag("--only-prove", options->only_prove, "claims alone: no scenarios, no question for equivalence")
      ->excludes(no_prove);
  app.add_option("--seed", options->seed, "of the scenarios, and of the choice that --max makes")
      ->capture_default_str();
  app.add_option("--max", options->most, "at most so many mutants of each target, drawn at random")
      ->type_name("N");
  app.add_option("--min-score", options->least_score,
                 "percent of the mutants that are not equivalent that must be killed")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--json", options->json, "write the results there, from time to time and at the end")
      ->type_name("FILE");
  app.add_option("--again", options->again, "only mutants that survived in this earlier result of --json")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_flag("--list", options->list, "list the mutants, try none");
  app.footer(
      "Changes the code a little, in every place in turn, and looks whether check and prove notice: the score "
      "says\n"
      "how far to trust a green run. docs/mutation.md explains the survivors.\n\n"
      "  nospan mutate --target builtin\n"
      "  nospan mutate --target linux --page-shift 16 --function iommu_range_alloc");
  return [options] {
    struct sigaction stop{};
    stop.sa_handler = [](int) {
      if (interrupted != 0) _exit(reports::exit_code(Verdict::kUnknown));  // asked twice
      interrupted = 1;
    };
    sigaction(SIGINT, &stop, nullptr);
    sigaction(SIGTERM, &stop, nullptr);
    auto code = Mutate(*options).run();
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
