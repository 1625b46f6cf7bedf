// SPDX-License-Identifier: BSD-2-Clause
#include "reports/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "reports/finding_text.h"
#include "reports/json_file.h"

namespace nospan::reports {
namespace {

// Text of others within a line or a cell of a table.
std::string plain(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    switch (letter) {
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '&': result += "&amp;"; break;
      case '\n':
      case '\r': result += ' '; break;
      case '|':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '\\':
      case '#':
        result += '\\';
        result += letter;
        break;
      default: result += letter;
    }
  }
  return result;
}

// A block of code: its fence is longer than any in the text.
std::string code(std::string_view text, std::string_view language = "") {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char letter : text) {
    run = letter == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  return fmt::format("{}{}\n{}{}{}\n", fence, language, text, text.ends_with('\n') ? "" : "\n", fence);
}

std::string_view mark(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
    case Verdict::kProved: return "✅";
    case Verdict::kRefuted: return "❌";
    default: return "⚠️";
  }
}

// Parts in the order of their importance: those that do not fit any more are counted, not cut in the middle.
class Parts {
 public:
  explicit Parts(std::size_t most) : most_(most - std::min(most, kNotice)) {}

  void add(std::string part) {
    if (left_out_ > 0 || text_.size() + part.size() > most_) {
      ++left_out_;
    } else {
      text_ += part;
    }
  }
  // Rows of one table, which stand or fall with its head.
  void add_table(const std::string& head, const std::vector<std::string>& rows) {
    if (rows.empty()) return;
    add(head);
    for (const std::string& row : rows) add(row);
  }

  std::string take() {
    if (left_out_ > 0) {
      text_ += fmt::format(
          "\n**Truncated:** {} further parts (findings, rows of tables) do not fit here; "
          "they are in result.json.\n",
          left_out_);
    }
    return std::move(text_);
  }

 private:
  static constexpr std::size_t kNotice = 200;
  std::string text_;
  std::size_t most_;
  std::size_t left_out_ = 0;
};

std::string told(const Finding& finding) {
  std::string text =
      fmt::format("\n### {} on {}{}{}\n\n{}\n\n", plain(finding.invariant), plain(finding.target),
                  finding.flaky ? " (flaky)" : "", finding.security ? " (security)" : "", plain(finding.title));
  text += code(finding_text(finding));
  text += "\n<details><summary>Scenario</summary>\n\n" + code(write_json(finding.scenario), "json") +
          "\n</details>\n";
  return text;
}

std::string told(const PatchJudgement& patch) {
  std::string text = fmt::format("\n### {} {}: {}\n\n{}\n\n", mark(patch.verdict),
                                 plain(patch.patch.subject.empty() ? patch.patch.file : patch.patch.subject),
                                 name(patch.verdict), plain(patch.summary));
  const auto list = [&](std::string_view what, const std::vector<std::string>& entries) {
    for (const std::string& entry : entries) text += fmt::format("- {}: {}\n", what, plain(entry));
  };
  list("new finding", patch.new_findings);
  list("claim lost", patch.lost_claims);
  list("new assumption", patch.new_assumptions);
  list("coverage below its minimum", patch.fallen_coverage);
  list("fixed", patch.fixed_findings);
  list("claim gained", patch.gained_claims);
  return text;
}

std::uint64_t commands(const TargetCheck& target) {
  for (const Count& count : target.tally) {
    if (count.name == "commands") return count.value;
  }
  return 0;
}

}  // namespace

std::string markdown(const Result& result, std::size_t most) {
  Parts parts(most);
  parts.add(fmt::format("# {} nospan {}: {}\n\n{}\n", mark(result.verdict), result.command,
                        name(result.verdict), plain(result.summary)));
  if (result.cut_short) parts.add("\n**Cut short:** the run ended before its budget was used up.\n");
  if (result.gate) {
    for (const PatchJudgement& patch : result.gate->patches) parts.add(told(patch));
  }
  const std::vector<const Finding*> findings = findings_of(result);
  if (!findings.empty()) parts.add(fmt::format("\n## Findings ({})\n", findings.size()));
  for (const Finding* finding : findings) parts.add(told(*finding));

  std::vector<std::string> rows;
  rows.reserve(result.targets.size());
  for (const TargetCheck& target : result.targets) {
    rows.push_back(fmt::format("| {} | {} {} | {} | {:.1f} s | {} |\n", plain(target.label),
                               mark(target.verdict), name(target.verdict), commands(target), target.seconds,
                               target.guards_in_force.size()));
  }
  parts.add_table(
      "\n## Checked\n\n| target | verdict | commands | time | guards in force |\n"
      "|---|---|---:|---:|---:|\n",
      rows);
  rows.clear();
  // What is not proved first.
  for (const bool passed : {false, true}) {
    for (const ClaimOutcome& claim : result.claims) {
      if ((claim.verdict == Verdict::kProved) != passed) continue;
      rows.push_back(fmt::format("| {} | {} | {} {} | {:.1f} s | {} |\n", plain(claim.id), plain(claim.target),
                                 mark(claim.verdict), name(claim.verdict), claim.seconds, plain(claim.reason)));
    }
  }
  parts.add_table("\n## Claims\n\n| claim | target | verdict | time | why |\n|---|---|---|---:|---|\n", rows);
  rows.clear();
  for (const Figure& figure : result.figures) {
    rows.push_back(fmt::format("| {} | {:.4g} {} | {} | {} |\n", plain(figure.name), figure.value,
                               plain(figure.unit), plain(figure.goal), figure.reached ? "reached" : "missed"));
  }
  parts.add_table("\n## Figures\n\n| figure | value | goal | |\n|---|---:|---|---|\n", rows);
  rows.clear();
  for (const KnownFinding& known : result.known_findings) {
    std::size_t targets = 0;
    for (const TargetCheck& target : result.targets) {
      targets += static_cast<std::size_t>(
          std::count(target.guards_in_force.begin(), target.guards_in_force.end(), known.id));
    }
    if (targets == 0) continue;
    rows.push_back(fmt::format("| {} | {}{} | {} |\n", plain(known.invariant), plain(known.title),
                               known.security ? " (security)" : "", targets));
  }
  parts.add_table("\n## Known findings in force\n\n| invariant | finding | targets |\n|---|---|---:|\n", rows);
  rows.clear();
  for (const Premise& premise : result.trusted) {
    rows.push_back(
        fmt::format("| {} | {} | {} |\n", plain(premise.name), plain(premise.words), plain(premise.source)));
  }
  parts.add_table("\n## Trusted\n\n| what | for what | source |\n|---|---|---|\n", rows);
  std::vector<std::string> tools;
  tools.reserve(result.dependencies.size());
  for (const Dependency& tool : result.dependencies) tools.push_back(plain(tool.name + " " + tool.version));
  parts.add(fmt::format("\nnospan {}{}{}; {} in {:.1f} s\n", plain(result.version),
                        tools.empty() ? "" : ", with ", fmt::join(tools, ", "), plain(result.started),
                        result.seconds));
  return parts.take();
}

}  // namespace nospan::reports
