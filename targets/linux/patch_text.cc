// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/patch_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "targets/linux/recipe.h"

namespace nospan::linux_target {
namespace {

// Header lines of git between "diff --git" and the first hunk.
constexpr std::array<std::string_view, 11> kGitHeaders = {"index ",
                                                          "old mode ",
                                                          "new mode ",
                                                          "deleted file mode ",
                                                          "new file mode ",
                                                          "similarity index ",
                                                          "dissimilarity index ",
                                                          "rename from ",
                                                          "rename to ",
                                                          "copy from ",
                                                          "copy to "};

// "@@ -first,count +first,count @@": the first old line and how many old and new lines follow.
struct Range {
  std::size_t first;
  std::size_t old_lines;
  std::size_t new_lines;
};

std::optional<std::size_t> number(std::string_view& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool skip(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

std::optional<Range> parse_range(std::string_view line) {
  if (!skip(line, "@@ -")) return {};
  const auto first = number(line);
  std::optional<std::size_t> old_lines = 1;
  if (skip(line, ",")) old_lines = number(line);
  if (!skip(line, " +") || !number(line)) return {};
  std::optional<std::size_t> new_lines = 1;
  if (skip(line, ",")) new_lines = number(line);
  if (!first || !old_lines || !new_lines || !line.starts_with(" @@")) return {};
  return Range{*first, *old_lines, *new_lines};
}

// The file name of a "--- " or "+++ " line; a tab separates it from a time stamp.
std::string_view name_of(std::string_view line) { return line.substr(4, line.find('\t') - 4); }

// Paths as they stand in the text, before stripping. "/dev/null" stands for no file.
struct RawNames {
  std::string old_name;
  std::string new_name;
};

// From "diff --git a/path b/path", for changes without other lines that say so: mode changes, empty files.
RawNames names_of_git_line(std::string_view line) {
  std::string_view rest = line.substr(std::string_view("diff --git ").size());
  // Both halves are as long, but for renames, which have lines of their own.
  const std::size_t half = rest.size() / 2;
  if (rest.size() % 2 == 0 || rest[half] != ' ') return {std::string(rest), std::string(rest)};
  return {std::string(rest.substr(0, half)), std::string(rest.substr(half + 1))};
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view where) : where_(where) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines_.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  reports::Expected<Diff> parse() {
    while (at_ < lines_.size()) {
      if (auto parsed = parse_line(); !parsed) return tl::unexpected(parsed.error());
    }
    return finish();
  }

 private:
  std::string_view line() const { return lines_[at_]; }

  // Moves one line of the text into the change that is being read.
  void take() {
    changes_.back().text.append(line()).push_back('\n');
    at_++;
  }

  tl::unexpected<reports::Error> broken(std::string what, std::string mend = "make the patch anew") const {
    return reports::failure(fmt::format("{}:{}", where_, at_ + 1), std::move(what), std::move(mend));
  }

  void start(RawNames names) {
    changes_.emplace_back();
    names_.push_back(std::move(names));
  }

  reports::Expected<void> parse_line() {
    if (line().starts_with("diff --git ")) {
      start(names_of_git_line(line()));
      take();
      return take_git_headers();
    }
    if (line().starts_with("--- ") && at_ + 1 < lines_.size() && lines_[at_ + 1].starts_with("+++ ")) {
      start({});
      take_names();
      return take_hunks();
    }
    at_++;
    return {};
  }

  reports::Expected<void> take_git_headers() {
    RawNames& names = names_.back();
    while (at_ < lines_.size()) {
      if (line().starts_with("rename from ")) names.old_name = "a/" + std::string(line().substr(12));
      if (line().starts_with("rename to ")) names.new_name = "b/" + std::string(line().substr(10));
      if (line().starts_with("new file mode ")) names.old_name = "/dev/null";
      if (line().starts_with("deleted file mode ")) names.new_name = "/dev/null";
      if (std::any_of(kGitHeaders.begin(), kGitHeaders.end(),
                      [&](auto header) { return line().starts_with(header); })) {
        take();
      } else {
        break;
      }
    }
    if (at_ < lines_.size() && (line() == "GIT binary patch" || line().starts_with("Binary files "))) {
      while (at_ < lines_.size() && !line().starts_with("diff --git ") && line() != "-- ") take();
      return {};
    }
    if (at_ + 1 < lines_.size() && line().starts_with("--- ") && lines_[at_ + 1].starts_with("+++ ")) {
      take_names();
      return take_hunks();
    }
    return {};
  }

  void take_names() {
    names_.back().old_name = name_of(line());
    take();
    names_.back().new_name = name_of(line());
    take();
  }

  reports::Expected<void> take_hunks() {
    while (at_ < lines_.size() && line().starts_with("@@ ")) {
      const auto range = parse_range(line());
      if (!range) return broken("not a hunk header");
      changes_.back().hunks.push_back({range->first});
      take();
      std::size_t old_left = range->old_lines;
      std::size_t new_left = range->new_lines;
      while (old_left > 0 || new_left > 0) {
        if (at_ == lines_.size()) return broken("the last hunk breaks off");
        // An empty line is a context line whose only blank an editor or mailer took away.
        const char kind = line().empty() ? ' ' : line().front();
        const bool in_old = kind == ' ' || kind == '-';
        const bool in_new = kind == ' ' || kind == '+';
        if ((!in_old && !in_new && kind != '\\') || (in_old && old_left == 0) || (in_new && new_left == 0)) {
          return broken("the hunk breaks off");
        }
        old_left -= in_old;
        new_left -= in_new;
        take();
      }
      if (at_ < lines_.size() && line().starts_with('\\')) take();
    }
    return {};
  }

  reports::Expected<Diff> finish() {
    Diff diff;
    // A patch made without a/ and b/ names files as they are.
    const auto names_ours = [](const RawNames& names) {
      return is_readable(names.old_name) || is_readable(names.new_name);
    };
    if (std::any_of(names_.begin(), names_.end(), names_ours)) diff.strip = 0;
    for (std::size_t i = 0; i < changes_.size(); i++) {
      for (const auto& [raw, path] : {std::pair(&names_[i].old_name, &changes_[i].old_path),
                                      std::pair(&names_[i].new_name, &changes_[i].new_path)}) {
        auto stripped = strip(*raw, diff.strip);
        if (!stripped) return tl::unexpected(stripped.error());
        *path = std::move(*stripped);
      }
    }
    diff.changes = std::move(changes_);
    return diff;
  }

  // A path of the text as a path in the tree. Checked for all files, also those that are then left out: a patch
  // that tries to leave the tree is refused as a whole.
  reports::Expected<std::string> strip(const std::string& raw, int components) const {
    if (raw == "/dev/null") return std::string();
    const auto refuse = [&](std::string_view why) {
      return reports::failure(std::string(where_), fmt::format("the path {} {}", raw, why),
                              "make the patch in the tree's root");
    };
    if (raw.starts_with('"')) return refuse("is quoted, which no file of the kernel needs");
    if (raw.starts_with('/')) return refuse("is absolute");
    std::string_view path = raw;
    if (components == 1) path.remove_prefix(std::min(path.find('/') + 1, path.size()));
    std::string_view rest = raw;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('/'), rest.size());
      if (rest.substr(0, end) == "..") return refuse("leaves the tree");
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::string(path);
  }

  std::string_view where_;
  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::vector<FileChange> changes_;
  std::vector<RawNames> names_;
};

}  // namespace

reports::Expected<Diff> parse_diff(std::string_view text, std::string_view where) {
  return Parser(text, where).parse();
}

}  // namespace nospan::linux_target
