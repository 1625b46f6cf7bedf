// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <span>
#include <thread>

#include "cli/base_cache.h"
#include "cli/check_result.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/exploration.h"
#include "cli/gate_judgement.h"
#include "cli/gate_options.h"
#include "cli/gate_report.h"
#include "cli/interrupt.h"
#include "cli/report_files.h"
#include "cli/run_record.h"
#include "cli/save_folder.h"
#include "cli/target_campaign.h"
#include "cli/target_selection.h"
#include "cli/terminal.h"
#include "cli/tree_claims.h"
#include "cli/trusted_base.h"
#include "props/durable_file.h"
#include "props/finding.h"
#include "reports/quantity.h"
#include "reports/result_json.h"
#include "targets/linux/patch.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"
#include "targets/toolchain/share.h"

namespace nospan::cli {
namespace {

using linux_target::Patch;
using linux_target::Tree;
using reports::Expected;
using reports::Verdict;

// A tree as the gate knows it.
struct Stage {
  Tree tree;
  std::string name;                             // "linux 6.12.90+patch"
  std::string selector;                         // options that select it again
  std::string code;                             // compiled_code()
  std::string provable;                         // provable_code(); "" if nothing is proved
  std::vector<reports::PatchIdentity> patches;  // since the tree that was given
  std::vector<SelectedTarget> targets;
  TreeRecord record;
};

class Gate {
 public:
  explicit Gate(GateOptions options) : options_(std::move(options)) {}
  Expected<int> run();

 private:
  Expected<void> prepare();
  Expected<Stage> stage_of(const Tree& tree, const std::string& name, const std::string& selector);
  Expected<void> load(Stage& stage);
  Expected<void> look_before();
  Expected<reports::PatchJudgement> compare(Stage& after);
  Expected<reports::PatchJudgement> judge_patches(std::span<const Patch> patches, const std::string& name);
  Expected<void> finish(Verdict verdict);
  std::string base_key(const Stage& stage) const;
  ExplorationWatch watch();
  void tell(const std::string& text) { progress_.show("nospan: " + text + " ..."); }

  GateOptions options_;
  ExplorationOptions exploration_;
  TreeClaimOptions claims_;
  std::vector<Patch> patches_;
  std::unique_ptr<Tree> base_;
  Stage before_;
  reports::Result result_;
  reports::Gate gate_;
  ProgressLine progress_;
  RunRecord record_{"gate"};
};

Expected<void> Gate::prepare() {
  props::CampaignOptions& campaign = exploration_.campaign;
  if (!options_.time.empty() || options_.scenarios == 0) {
    const auto time = parse_duration(options_.time.empty() ? "60s" : options_.time);
    if (!time) return reports::failure("--time", time.error().what, time.error().mend);
    campaign.time = *time;
  }
  if (options_.scenarios != 0) campaign.scenarios = options_.scenarios;
  const auto shrink_time = parse_duration(options_.shrink_time);
  if (!shrink_time) {
    return reports::failure("--shrink-time", shrink_time.error().what, shrink_time.error().mend);
  }
  campaign.shrink_time = *shrink_time;
  const auto timeout = parse_duration(options_.timeout);
  if (!timeout) return reports::failure("--timeout", timeout.error().what, timeout.error().mend);
  if (options_.seed.empty()) {
    campaign.seed = std::random_device{}();
  } else {
    const auto seed = reports::parse_quantity(options_.seed);
    if (!seed) return reports::failure("--seed", seed.error().what, "use a number such as 42 or 0x2a");
    campaign.seed = *seed;
  }
  campaign.jobs = options_.jobs != 0 ? options_.jobs : std::max(1u, std::thread::hardware_concurrency());
  exploration_.page_shifts = page_shifts_of(options_.selection);

  Keeping& keeping = exploration_.keeping;
  keeping.save_folder = options_.out.empty() ? default_save_folder() : std::filesystem::path(options_.out);
  keeping.corpus_folder = options_.corpus;
  keeping.found_by = "nospan gate";
  if (auto possible = can_keep(keeping); !possible) return possible;
  if (!options_.json.empty()) {
    if (auto possible = can_write(options_.json); !possible) return possible;
  }
  if (!options_.corpus.empty()) {
    auto corpus = props::read_corpus(options_.corpus);
    if (!corpus) return tl::make_unexpected(corpus.error());
    exploration_.corpus = std::move(*corpus);
  }
  auto findings = props::read_findings(toolchain::share_folder() / "props" / "findings");
  if (!findings) return tl::make_unexpected(findings.error());
  exploration_.findings = std::move(*findings);
  claims_ = {{options_.claims.begin(), options_.claims.end()}, *timeout, campaign.jobs, keeping.save_folder};
  if (!options_.no_prove && !has_prover()) {
    return reports::failure("gate", "this nospan was built without the prover",
                            "add --no-prove, or build it where llvm-19-dev and libz3-dev are installed");
  }

  // The tree before and the patches.
  if (!options_.range.empty()) {
    if (options_.selection.tree.empty()) {
      return reports::failure("--range", "needs a git tree", "name it with --tree");
    }
    tell("reading commits");
    auto range = linux_target::commits_of(options_.selection.tree, options_.range);
    if (!range) return tl::make_unexpected(range.error());
    base_ = std::make_unique<Tree>(std::move(range->before));
    patches_ = std::move(range->commits);
    return {};
  }
  if (options_.selection.patches.empty()) {
    return reports::failure("gate", "there is nothing to compare", "give --patch FILE or --range A..B");
  }
  auto patches =
      linux_target::read_series({options_.selection.patches.begin(), options_.selection.patches.end()});
  if (!patches) return tl::make_unexpected(patches.error());
  patches_ = std::move(*patches);
  if (!options_.selection.tree.empty()) {
    auto tree = linux_target::open_tree(options_.selection.tree);
    if (!tree) return tl::make_unexpected(tree.error());
    base_ = std::make_unique<Tree>(std::move(*tree));
    return {};
  }
  const std::vector<std::string> versions = linux_target::packaged_versions();
  if (versions.empty()) {
    return reports::failure("--tree", "no packaged kernel source is installed",
                            "install linux-source-6.12, or name a tree with --tree");
  }
  tell("unpacking the packaged source of Linux " + versions.back());
  auto tree = linux_target::packaged_tree(versions.back());
  if (!tree) return tl::make_unexpected(tree.error());
  base_ = std::make_unique<Tree>(std::move(*tree));
  return {};
}

// Compiles what tells trees apart. The targets themselves are loaded when something must run on them.
Expected<Stage> Gate::stage_of(const Tree& tree, const std::string& name, const std::string& selector) {
  Stage stage{tree, name, selector, {}, {}, {}, {}, {}};
  tell("compiling " + name);
  auto code = compiled_code(tree, exploration_.page_shifts);
  if (!code) return tl::make_unexpected(code.error());
  stage.code = std::move(*code);
  if (options_.no_prove) return stage;
  auto provable = provable_code(tree, exploration_.page_shifts);
  if (!provable) return tl::make_unexpected(provable.error());
  stage.provable = std::move(*provable);
  return stage;
}

Expected<void> Gate::load(Stage& stage) {
  if (!stage.targets.empty()) return {};
  auto targets = kernel_targets(stage.tree, stage.name, stage.selector, exploration_.page_shifts, false,
                                [this](const std::string& text) { tell(text); });
  if (!targets) return tl::make_unexpected(targets.error());
  for (SelectedTarget& target : *targets) {
    target.identity = {stage.tree.version(), {}, stage.tree.content_hash(), options_.selection.tree};
    target.patches = stage.patches;
  }
  stage.targets = std::move(*targets);
  return {};
}

ExplorationWatch Gate::watch() {
  ExplorationWatch watch;
  watch.tell = [this](const std::string& text) { tell(text); };
  watch.on_progress = [this](const SelectedTarget& target, const props::Tally& tally, double seconds) {
    if (!error_is_terminal()) return;
    progress_.show(fmt::format("{}: {} scenarios in {:.0f} s", target.label(), tally.scenarios, seconds));
  };
  watch.on_failure = [this](const SelectedTarget& target, const props::Failure& failure) {
    progress_.clear();
    fmt::print("{}: {} violated by scenario {} ({} commands); shrinking it\n", target.label(),
               model::rule(failure.outcome.violations.front().invariant).id, failure.number,
               failure.found.commands.size());
    std::fflush(stdout);
  };
  return watch;
}

// Everything that the record of the tree before depends on, but for the seed: another seed's campaign is as
// good.
std::string Gate::base_key(const Stage& stage) const {
  const auto self = toolchain::digest_of_this_program();
  if (!self) return "";
  toolchain::Digest digest;
  digest.add("gate 1").add(*self).add(stage.code).add(stage.provable).add(options_.selection.page_shift);
  digest.add(options_.time).add(std::to_string(options_.scenarios)).add(options_.timeout);
  for (const std::string& claim : options_.claims) digest.add("claim").add(claim);
  for (const props::Finding& finding : exploration_.findings) {
    const auto content =
        toolchain::digest_of_file(toolchain::share_folder() / "props" / "findings" / (finding.id + ".json"));
    digest.add(content ? *content : finding.id);
  }
  return digest.hex();
}

Expected<void> Gate::look_before() {
  auto stage = stage_of(*base_, "linux " + base_->version(),
                        options_.selection.tree.empty() || !options_.range.empty()
                            ? "--tree " + shell_word(base_->root().string())
                            : "--tree " + shell_word(options_.selection.tree));
  if (!stage) return tl::make_unexpected(stage.error());
  before_ = std::move(*stage);
  std::filesystem::path folder = options_.base_cache;
  if (folder.empty()) {
    auto cache = toolchain::cache_folder();
    if (!cache) return tl::make_unexpected(cache.error());
    folder = *cache / "gate";
  }
  const BaseCache cache(folder);
  const std::string key = base_key(before_);
  auto kept = key.empty() ? std::nullopt : cache.find(key);
  if (auto loaded = load(before_); !loaded) return loaded;
  const bool from_cache = kept.has_value();
  if (kept) {
    before_.record = std::move(*kept);
  } else {
    auto record = explore(before_.targets, exploration_, watch());
    if (!record) return tl::make_unexpected(record.error());
    before_.record = std::move(*record);
    if (!options_.no_prove && !is_interrupted()) {
      auto claims = decide_claims(before_.targets, claims_, progress_);
      if (!claims) return tl::make_unexpected(claims.error());
      before_.record.claims = std::move(*claims);
    }
    if (!key.empty() && !is_interrupted()) cache.keep(key, before_.record);
  }
  tell("replaying the corpus");
  replay_corpus_on(before_.targets, exploration_, before_.record);
  progress_.clear();
  print_before(before_.name, before_.record, from_cache);
  return {};
}

// What the patch reaches is looked at again, everything else is taken from before.
Expected<reports::PatchJudgement> Gate::compare(Stage& after) {
  const bool same_code = after.code == before_.code;
  const bool same_modules = after.provable == before_.provable;
  std::set<std::string> old;
  if (same_code) {
    after.record.checks = before_.record.checks;
    for (reports::TargetCheck& check : after.record.checks) {
      if (check.finding) old.insert(check.finding->id);
    }
    after.record.corpus_failing = before_.record.corpus_failing;
  } else {
    if (auto loaded = load(after); !loaded) return tl::make_unexpected(loaded.error());
    auto record = explore(after.targets, exploration_, watch());
    if (!record) return tl::make_unexpected(record.error());
    after.record = std::move(*record);
    replay_corpus_on(after.targets, exploration_, after.record);
    if (auto loaded = load(before_); !loaded) return tl::make_unexpected(loaded.error());
    old = sort_out(before_.targets, before_.record, after.targets, after.record, exploration_);
  }
  after.record.claims = before_.record.claims;
  std::size_t left_alone = 0;
  if (!options_.no_prove && !same_modules && !is_interrupted()) {
    if (auto loaded = load(after); !loaded) return tl::make_unexpected(loaded.error());
    TreeClaimOptions claims = claims_;
    if (!options_.undecided) {
      // A claim that nobody decided before cannot be lost.
      claims.claims.clear();
      for (const reports::ClaimOutcome& claim : before_.record.claims) {
        const bool decided = claim.verdict == Verdict::kProved || claim.verdict == Verdict::kRefuted;
        if (decided) claims.claims.insert(claim.id);
        if (!decided) ++left_alone;
      }
    }
    if (options_.undecided || !claims.claims.empty()) {
      auto decided = decide_claims(after.targets, claims, progress_);
      if (!decided) return tl::make_unexpected(decided.error());
      std::vector<reports::ClaimOutcome> outcomes = std::move(*decided);
      if (!options_.undecided) {
        for (const reports::ClaimOutcome& claim : before_.record.claims) {
          if (!claims.claims.contains(claim.id)) outcomes.push_back(claim);
        }
      }
      // What was only stopped is not lost.
      if (!is_interrupted()) after.record.claims = std::move(outcomes);
    }
  }
  after.record.cut_short = after.record.cut_short || is_interrupted();
  progress_.clear();
  reports::PatchJudgement judgement = judge(before_.record, after.record, old);
  if (same_code && same_modules) {
    judgement.summary +=
        "; the compiled code is the same but for line numbers: no campaign and no proof could differ, "
        "none was run";
  } else if (same_code) {
    judgement.summary += "; what campaigns run on is the same but for line numbers: none was run";
  } else if (same_modules && !options_.no_prove) {
    judgement.summary += "; what the prover reads is the same: nothing was proved again";
  }
  if (const std::size_t open = undecided_claims(after.record); open != 0) {
    judgement.summary += fmt::format("; {} claims are not decided", open);
    if (left_alone != 0)
      judgement.summary += fmt::format(" ({} of them not before, and not tried again)", left_alone);
  }
  return judgement;
}

Expected<reports::PatchJudgement> Gate::judge_patches(std::span<const Patch> patches, const std::string& name) {
  tell("applying " + name);
  auto patched = linux_target::apply_patches(before_.tree, patches);
  if (!patched) {
    patched.error().where = fmt::format("{}: {}", name, patched.error().where);
    return tl::make_unexpected(patched.error());
  }
  // The patched copy is a tree of its own: it can be selected without its patches.
  auto after = stage_of(patched->tree, fmt::format("linux {}+patch", before_.tree.version()),
                        "--tree " + shell_word(patched->tree.root().string()));
  if (!after) {
    after.error().where = fmt::format("{}: {}", name, after.error().where);
    return tl::make_unexpected(after.error());
  }
  after->patches = before_.patches;
  for (const Patch& patch : patches) after->patches.push_back({patch.file, patch.subject, patch.sha256});
  auto judgement = compare(*after);
  if (!judgement) return judgement;
  progress_.clear();
  print_judgement(name, *judgement);
  for (const reports::TargetCheck& check : after->record.checks) {
    const auto& fresh = judgement->new_findings;
    if (check.finding && std::find(fresh.begin(), fresh.end(), check.finding->id) != fresh.end()) {
      print_finding(*check.finding, after->targets);
    }
  }
  for (const reports::ClaimOutcome& claim : after->record.claims) {
    const auto& fresh = judgement->new_findings;
    if (claim.finding && std::find(fresh.begin(), fresh.end(), claim.finding->id) != fresh.end()) {
      print_finding(*claim.finding, after->targets);
    }
  }
  // For the next patch of the series, this is the tree before.
  result_.targets.insert(result_.targets.end(), after->record.checks.begin(), after->record.checks.end());
  before_ = std::move(*after);
  return judgement;
}

Expected<void> Gate::finish(Verdict verdict) {
  result_.verdict = verdict;
  result_.summary = gate_.patches.empty() ? "no patch touches what is compiled" : gate_.patches.back().summary;
  result_.seed = exploration_.campaign.seed;
  result_.assumption = "mission";
  result_.jobs = exploration_.campaign.jobs;
  result_.cut_short = is_interrupted();
  if (exploration_.campaign.time) {
    result_.budget_seconds = std::chrono::duration<double>(*exploration_.campaign.time).count();
  }
  result_.budget_scenarios = exploration_.campaign.scenarios;
  result_.claims = before_.record.claims;
  for (const reports::ClaimOutcome& claim : result_.claims) {
    for (const reports::Premise& assumption : claim.assumptions) {
      const bool listed =
          std::any_of(result_.assumptions.begin(), result_.assumptions.end(),
                      [&](const reports::Premise& other) { return other.name == assumption.name; });
      if (!listed) result_.assumptions.push_back(assumption);
    }
  }
  for (const props::Finding& finding : exploration_.findings) {
    result_.known_findings.push_back(known_finding(finding));
  }
  gate_.corpus_entries = exploration_.corpus.size();
  gate_.corpus_failing.assign(before_.record.corpus_failing.begin(), before_.record.corpus_failing.end());
  result_.gate = gate_;
  result_.trusted = trusted_by_check(result_.targets);
  if (!options_.no_prove) {
    add_solvers(result_);
    const std::vector<reports::Premise> more = trusted_by_prove();
    result_.trusted.insert(result_.trusted.end(), more.begin(), more.end());
  }
  record_.finish(result_);
  if (!options_.json.empty()) {
    auto written = props::write_file_atomically(options_.json, reports::to_json(result_));
    if (!written) return written;
  }
  if (!options_.out.empty()) {
    auto written = write_report_files(result_, options_.out, {});
    if (!written) return tl::make_unexpected(written.error());
  }
  return {};
}

Expected<int> Gate::run() {
  result_ = record_.result();
  if (auto prepared = prepare(); !prepared) return tl::make_unexpected(prepared.error());
  progress_.clear();
  if (auto looked = look_before(); !looked) return tl::make_unexpected(looked.error());
  gate_.tree = before_.name;
  result_.targets = before_.record.checks;

  Verdict verdict = Verdict::kHolds;
  const std::size_t count = options_.at_once ? std::min<std::size_t>(1, patches_.size()) : patches_.size();
  for (std::size_t i = 0; i < count && !is_interrupted(); ++i) {
    const std::span<const Patch> patches =
        options_.at_once ? std::span<const Patch>(patches_) : std::span<const Patch>(patches_).subspan(i, 1);
    reports::PatchIdentity identity{patches.back().file, patches.back().subject, patches.back().sha256};
    const std::string name = options_.at_once && patches.size() > 1
                                 ? fmt::format("{} patches at once", patches.size())
                                 : patch_name(i, count, identity);
    auto judgement = judge_patches(patches, name);
    if (!judgement) return tl::make_unexpected(judgement.error());
    judgement->patch = std::move(identity);
    verdict = reports::worst(verdict, judgement->verdict);
    gate_.patches.push_back(std::move(*judgement));
    if (verdict == Verdict::kHolds) continue;
    // What comes after a bad patch would be compared with a bad tree.
    if (i + 1 < count) fmt::print("{} later patches were not looked at\n", count - i - 1);
    break;
  }
  if (is_interrupted()) verdict = reports::worst(verdict, Verdict::kUnknown);
  if (auto finished = finish(verdict); !finished) return tl::make_unexpected(finished.error());
  fmt::print("\n{}\n", verdict_text(verdict, 0));
  return reports::exit_code(verdict);
}

}  // namespace

Command add_gate(CLI::App& app) {
  auto options = std::make_shared<GateOptions>();
  add_gate_options(app, *options);
  return [options] {
    watch_for_interrupts();
    auto code = Gate(*options).run();
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
