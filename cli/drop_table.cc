// SPDX-License-Identifier: BSD-2-Clause
#include "cli/drop_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace nospan::cli {
namespace {

using solver::ClaimResult;
using solver::DropResult;

struct Label {
  std::string_view name;
  std::string_view meaning;
};

// In the order of the table.
constexpr std::array kLabels = {
    Label{"needed", "a counterexample without it was replayed on the compiled code"},
    Label{"needed (model)", "the counterexample does nothing wrong on the compiled code"},
    Label{"needed (inner)", "a counterexample of inner functions, which cannot be replayed"},
    Label{"redundant", "the claim is proved without it"},
    Label{"unknown", "no answer without it"},
};
using PerLabel = std::array<std::vector<std::string>, kLabels.size()>;

std::size_t label_of(const DropResult& drop) {
  switch (drop.outcome) {
    case DropResult::Outcome::kRedundant: return 3;
    case DropResult::Outcome::kUnknown: return 4;
    case DropResult::Outcome::kNeeded: break;
  }
  if (drop.replayed) return 0;
  return drop.counterexample && !drop.counterexample->scenario.empty() ? 1 : 2;
}

// Words behind `begin`, continued on lines that begin with as many blanks.
std::string wrapped(const std::string& begin, const std::vector<std::string>& words) {
  constexpr std::size_t kColumns = 80;
  std::string text = begin;
  std::size_t column = begin.size();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = words[i] + (i + 1 < words.size() ? "," : "");
    if (i != 0 && column + 1 + word.size() > kColumns) {
      text += '\n' + std::string(begin.size(), ' ');
      column = begin.size();
    } else if (i != 0) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
  }
  return text + '\n';
}

// The hypotheses of a claim by what they are worth, with the targets if not all say the same.
PerLabel hypotheses_of(const std::vector<const ClaimResult*>& of_targets) {
  std::vector<std::string> names;
  for (const ClaimResult* result : of_targets) {
    for (const DropResult& drop : result->drops) {
      if (std::find(names.begin(), names.end(), drop.hypothesis) == names.end())
        names.push_back(drop.hypothesis);
    }
  }
  PerLabel table;
  for (const std::string& name : names) {
    std::array<std::vector<std::string>, kLabels.size()> targets;
    std::size_t count = 0;
    for (const ClaimResult* result : of_targets) {
      for (const DropResult& drop : result->drops) {
        if (drop.hypothesis != name) continue;
        targets[label_of(drop)].push_back(result->target);
        ++count;
      }
    }
    for (std::size_t label = 0; label < kLabels.size(); ++label) {
      if (targets[label].empty()) continue;
      const bool all = targets[label].size() == count;
      table[label].push_back(all ? name : fmt::format("{} ({})", name, fmt::join(targets[label], "; ")));
    }
  }
  return table;
}

}  // namespace

std::string drop_table(const std::vector<ClaimResult>& results, const std::string& heading) {
  std::vector<std::vector<const ClaimResult*>> claims;
  for (const ClaimResult& result : results) {
    if (result.drops.empty()) continue;
    const auto same = std::find_if(claims.begin(), claims.end(),
                                   [&](const auto& claim) { return claim.front()->id == result.id; });
    if (same == claims.end()) {
      claims.push_back({&result});
    } else {
      same->push_back(&result);
    }
  }
  if (claims.empty()) return "";
  std::string text = heading + '\n';
  std::array<bool, kLabels.size()> used{};
  for (const auto& claim : claims) {
    text += fmt::format("  {}\n", claim.front()->id);
    const PerLabel table = hypotheses_of(claim);
    for (std::size_t label = 0; label < kLabels.size(); ++label) {
      if (table[label].empty()) continue;
      used[label] = true;
      text += wrapped(fmt::format("    {:<15} ", kLabels[label].name), table[label]);
    }
  }
  text += '\n';
  for (std::size_t label = 0; label < kLabels.size(); ++label) {
    if (used[label]) text += fmt::format("  {:<15} {}\n", kLabels[label].name, kLabels[label].meaning);
  }
  return text;
}

}  // namespace nospan::cli
