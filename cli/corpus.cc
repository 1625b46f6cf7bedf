// SPDX-License-Identifier: BSD-2-Clause
// nospan corpus list|prune: what the entries of a regression corpus do today.
#include "props/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <system_error>

#include "cli/commands.h"
#include "cli/target_selection.h"
#include "cli/terminal.h"

namespace nospan::cli {
namespace {

using reports::Expected;

struct CorpusOptions {
  TargetSelection selection;
  std::string folder;
};

// What an entry does on the targets that it is made for.
struct Standing {
  const props::CorpusEntry* entry = nullptr;
  std::vector<std::string> fails_on;  // "ALIGN-1 on linux 6.12.90 64K"
  std::size_t ran = 0;                // on how many targets
  std::string what;                   // all that it shows: equal for entries that show the same
};

class Corpus {
 public:
  explicit Corpus(CorpusOptions options) : options_(std::move(options)) {}
  Expected<int> list();
  Expected<int> prune();

 private:
  Expected<void> replay();
  // The entry that shows the same as this one and stays; nullptr if this one stays.
  const Standing* twin_of(const Standing& standing) const;

  CorpusOptions options_;
  std::vector<props::CorpusEntry> entries_;
  std::vector<Standing> standings_;
  ProgressLine progress_;
};

Expected<void> Corpus::replay() {
  std::error_code error;
  if (!std::filesystem::is_directory(options_.folder, error)) {
    return reports::failure(options_.folder, "is not a folder", "name the folder of check --corpus");
  }
  auto entries = props::read_corpus(options_.folder);
  if (!entries) return tl::make_unexpected(entries.error());
  entries_ = std::move(*entries);
  if (entries_.empty()) return {};
  auto targets = select_targets(
      options_.selection, [this](const std::string& text) { progress_.show("nospan: " + text + " ..."); });
  progress_.clear();
  if (!targets) return tl::make_unexpected(targets.error());
  for (const props::CorpusEntry& entry : entries_) {
    progress_.show(fmt::format("nospan: replaying {} ...", entry.file.filename().string()));
    Standing& standing = standings_.emplace_back();
    standing.entry = &entry;
    for (const SelectedTarget& selected : *targets) {
      if (entry.scenario.configuration.system_page != selected.system_page) continue;
      if (!props::supports(*selected.target, entry.scenario)) continue;
      ++standing.ran;
      const props::Replayed replayed = props::replay(*selected.target, props::GuardSet{}, entry.scenario);
      if (!replayed.outcome.violated()) continue;
      const std::string_view id = model::rule(replayed.outcome.violations.front().invariant).id;
      standing.fails_on.push_back(fmt::format("{} on {}", id, selected.label()));
      standing.what += fmt::format("{} {:x} on {};", id, replayed.state, selected.label());
    }
  }
  progress_.clear();
  return {};
}

const Standing* Corpus::twin_of(const Standing& standing) const {
  if (standing.what.empty()) return nullptr;
  // The plainest stays; of those that are equally plain the first.
  const auto plainer = [](const Standing& a, const Standing& b) {
    const auto size = [](const Standing& of) {
      return std::pair(of.entry->scenario.commands.size(), of.entry->scenario.elements.size());
    };
    return size(a) < size(b);
  };
  const Standing* best = nullptr;
  for (const Standing& other : standings_) {
    if (other.what == standing.what && (best == nullptr || plainer(other, *best))) best = &other;
  }
  return best == &standing ? nullptr : best;
}

Expected<int> Corpus::list() {
  if (auto replayed = replay(); !replayed) return tl::make_unexpected(replayed.error());
  std::size_t quiet = 0;
  std::size_t twins = 0;
  for (const Standing& standing : standings_) {
    fmt::print("{:<32} {:>3} commands  ", standing.entry->file.filename().string(),
               standing.entry->scenario.commands.size());
    if (standing.ran == 0) {
      fmt::print("not run: no selected target has its system page size\n");
    } else if (standing.fails_on.empty()) {
      ++quiet;
      fmt::print("no longer fails\n");
    } else {
      fmt::print("{}", fmt::join(standing.fails_on, ", "));
      const Standing* twin = twin_of(standing);
      if (twin != nullptr) ++twins;
      fmt::print("{}\n",
                 twin == nullptr ? "" : fmt::format("; same as {}", twin->entry->file.filename().string()));
    }
  }
  fmt::print("\n{} entries, {} of them no longer fail, {} show what another shows\n", standings_.size(), quiet,
             twins);
  return 0;
}

Expected<int> Corpus::prune() {
  if (auto replayed = replay(); !replayed) return tl::make_unexpected(replayed.error());
  std::size_t removed = 0;
  for (const Standing& standing : standings_) {
    const Standing* twin = twin_of(standing);
    if (twin == nullptr) continue;
    std::error_code error;
    std::filesystem::remove(standing.entry->file, error);
    if (error) {
      return reports::failure(standing.entry->file.string(), "cannot be removed: " + error.message(),
                              "look at the folder's permissions");
    }
    ++removed;
    fmt::print("removed {}: same as {}\n", standing.entry->file.filename().string(),
               twin->entry->file.filename().string());
  }
  fmt::print("{} of {} entries removed\n", removed, standings_.size());
  return 0;
}

}  // namespace

Command add_corpus(CLI::App& app) {
  auto options = std::make_shared<CorpusOptions>();
  const auto add = [&](const char* name, const char* says) {
    CLI::App* sub = app.add_subcommand(name, says);
    options->selection.add_options(*sub);
    sub->add_option("DIR", options->folder, "the folder of check --corpus or gate --corpus")
        ->required()
        ->type_name("");
    return sub;
  };
  add("list", "each entry, what it violates on the selected targets today, and what no longer fails");
  const CLI::App* prune = add(
      "prune", "remove entries that show what a plainer one shows: same invariant, same state of the target");
  app.require_subcommand(1);
  app.footer(
      "Entries that no longer fail stay: they are what a regression test is.\n\n"
      "  nospan corpus list --target linux corpus/");
  return [options, prune] {
    Corpus corpus(*options);
    auto code = prune->parsed() ? corpus.prune() : corpus.list();
    return code ? *code : report(code.error());
  };
}

}  // namespace nospan::cli
