// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/place.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"
#include "targets/toolchain/process.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;

// What git prints to a file, as that has no limit; none if it fails.
std::optional<std::string> git(std::vector<std::string> arguments, const Tree& tree, const fs::path& input,
                               const fs::path& output) {
  arguments.insert(arguments.begin(), {"git", "-c", "core.fsmonitor=false"});
  const auto outcome = toolchain::run(
      {.arguments = std::move(arguments), .folder = tree.root(), .input = input, .output = output});
  if (!outcome || outcome->status != 0) return std::nullopt;
  auto text = toolchain::read_file(output);
  if (!text) return std::nullopt;
  return std::move(*text);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

// The ids of the files' contents in the commit, by path: "MODE TYPE ID\tPATH".
std::map<std::string, std::string> committed(const std::string& listing) {
  std::map<std::string, std::string> ids;
  for (const std::string& entry : split(listing, '\0')) {
    const std::size_t tab = entry.find('\t');
    const std::size_t space = entry.rfind(' ', tab);
    if (tab == std::string::npos || space == std::string::npos) continue;
    ids[entry.substr(tab + 1)] = entry.substr(space + 1, tab - space - 1);
  }
  return ids;
}

bool is_identifier(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) || letter == '_'; }

// Does a definition, rather than a declaration or a call, follow at `at`, behind the function's name?
bool is_definition(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')') --depth;
    if (depth == 0 && text[at] == ';') return false;
    if (depth == 0 && text[at] == '{') return true;
  }
  return false;
}

}  // namespace

std::string commit_of(const Tree& tree) {
  std::error_code error;
  // In the common case there is no checkout, and git would look in all folders above.
  if (!fs::exists(tree.root() / ".git", error)) return {};
  auto cache = toolchain::cache_folder();
  if (!cache) return {};
  auto folder = toolchain::TemporaryFolder::make(*cache);
  if (!folder) return {};
  const fs::path output = folder->path() / "output";
  const fs::path input = folder->path() / "input";
  std::string names;
  for (const std::string& file : tree.files()) names += file + '\n';
  if (!toolchain::write_file(input, names)) return {};

  auto commit = git({"rev-parse", "--verify", "HEAD^{commit}"}, tree, "/dev/null", output);
  const auto listing = git({"ls-tree", "-r", "-z", "HEAD"}, tree, "/dev/null", output);
  const auto hashes = git({"hash-object", "--no-filters", "--stdin-paths"}, tree, input, output);
  if (!commit || !listing || !hashes) return {};
  const std::map<std::string, std::string> ids = committed(*listing);
  const std::vector<std::string> now = split(*hashes, '\n');
  if (now.size() != tree.files().size()) return {};
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto id = ids.find(tree.files()[i]);
    if (id == ids.end() || id->second != now[i]) return {};
  }
  commit->erase(std::remove(commit->begin(), commit->end(), '\n'), commit->end());
  return *commit;
}

std::optional<unsigned> line_of_function(std::string_view text, std::string_view function) {
  unsigned line = 1;
  for (std::size_t start = 0; start < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view here = text.substr(start, end - start);
    const std::size_t at = here.find(function);
    const std::size_t behind = at + function.size();
    // The kernel's style: what is indented at the top level is the rest of a parameter list.
    const bool top_level = !here.empty() && (is_identifier(here[0]));
    if (top_level && at != std::string_view::npos && (at == 0 || !is_identifier(here[at - 1])) &&
        behind < here.size() && here[behind] == '(' && is_definition(text, start + behind)) {
      return line;
    }
    start = end + 1;
  }
  return std::nullopt;
}

std::optional<unsigned> line_of_function(const Tree& tree, std::string_view file, std::string_view function) {
  const auto text = toolchain::read_file(tree.root() / file);
  if (!text) return std::nullopt;
  return line_of_function(*text, function);
}

}  // namespace nospan::linux_target
