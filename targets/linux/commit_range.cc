// SPDX-License-Identifier: BSD-2-Clause
// The part of patch_series.h that reads the history of a git tree.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "targets/linux/git.h"
#include "targets/linux/patch_series.h"
#include "targets/linux/recipe.h"
#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"

namespace nospan::linux_target {
namespace {

namespace fs = std::filesystem;
using reports::Expected;
using toolchain::TemporaryFolder;

// One git tree, and what is common to all that is asked of it.
class History {
 public:
  History(fs::path tree, std::string range, fs::path scratch)
      : tree_(std::move(tree)), range_(std::move(range)), scratch_(std::move(scratch)) {}

  // What git prints. `mend` says what to do if it fails.
  Expected<std::string> ask(std::vector<std::string> arguments, const std::string& mend) const {
    const fs::path output = scratch_ / "output";
    // A tree's own configuration must not change what is read, nor start programs.
    arguments.insert(arguments.begin(), {"-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c",
                                         "log.showSignature=false", "-c", "core.pager=cat"});
    auto outcome = git(std::move(arguments), tree_, "/dev/null", output);
    if (!outcome) return tl::unexpected(outcome.error());
    if (outcome->status != 0) {
      return reports::failure(fmt::format("--range {} in {}", range_, tree_.string()),
                              first_line(outcome->text), mend);
    }
    return toolchain::read_file(output);
  }

  Expected<std::string> commit(const std::string& name) const {
    auto id = ask({"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"},
                  fmt::format("'{}' must name a commit of this tree", name));
    if (!id) {
      id.error().what = fmt::format("there is no commit '{}'", name);
      return id;
    }
    return first_line(*id);
  }

 private:
  fs::path tree_;
  std::string range_;
  fs::path scratch_;
};

// The files that a build reads, as they are in a commit.
Expected<Tree> tree_of(const History& history, const std::string& commit, const fs::path& cache,
                       TemporaryFolder& temporary) {
  std::error_code error;
  const fs::path place = cache / "trees" / ("git-" + commit);
  if (!fs::exists(place, error)) {
    // Paths that a tree does not have are an error for git archive: only those that are there.
    std::vector<std::string> list = {"ls-tree", "--name-only", "-z", commit, "--"};
    list.insert(list.end(), readable_paths().begin(), readable_paths().end());
    list.insert(list.end(), extracted_paths().begin(), extracted_paths().end());
    auto names = history.ask(std::move(list), "give a Linux tree");
    if (!names) return tl::unexpected(names.error());
    const fs::path tarball = temporary.path() / "tree.tar";
    std::vector<std::string> archive = {"archive", "--format=tar", "-o", tarball.string(), commit, "--"};
    for (std::size_t at = 0; at < names->size();) {
      const std::size_t end = names->find('\0', at);
      archive.push_back(names->substr(at, end - at));
      at = end + 1;
    }
    if (auto archived = history.ask(std::move(archive), "give a Linux tree"); !archived) {
      return tl::unexpected(archived.error());
    }
    const fs::path fresh = temporary.path() / "tree";
    fs::create_directory(fresh, error);
    auto unpacked = toolchain::run(
        {.arguments = {"tar", "-xf", tarball.string(), "--no-same-owner"}, .folder = fresh, .output = {}});
    if (!unpacked) return tl::unexpected(unpacked.error());
    if (unpacked->status != 0) {
      return reports::failure(tarball.string(),
                              fmt::format("cannot be extracted: {}", first_line(unpacked->text)),
                              "look for space in the cache folder");
    }
    if (auto published = temporary.publish(fresh, place); !published) return tl::unexpected(published.error());
  }
  return open_tree(place);
}

}  // namespace

Expected<CommitRange> commits_of(const fs::path& git_tree, const std::string& range) {
  auto cache = toolchain::cache_folder();
  if (!cache) return tl::unexpected(cache.error());
  auto temporary = TemporaryFolder::make(*cache);
  if (!temporary) return tl::unexpected(temporary.error());

  const std::size_t dots = range.find("..");
  if (dots == 0 || dots == std::string::npos || range.find("...") != std::string::npos) {
    return reports::failure("--range " + range, "is no range of commits",
                            "write A..B: the commits after A that lead to B");
  }
  const std::string last = range.substr(dots + 2);
  const History history(git_tree, range, temporary->path());
  auto from = history.commit(range.substr(0, dots));
  if (!from) return tl::unexpected(from.error());
  auto to = history.commit(last.empty() ? "HEAD" : last);
  if (!to) return tl::unexpected(to.error());

  const std::vector<std::string> walk = {"log",           "--reverse",      "--first-parent",
                                         "--no-decorate", "--format=%H %s", *from + ".." + *to};
  auto all = history.ask(walk, "see git log");
  if (!all) return tl::unexpected(all.error());
  std::vector<std::pair<std::string, std::string>> commits;  // id, subject
  for (std::size_t at = 0; at < all->size();) {
    const std::size_t end = std::min(all->find('\n', at), all->size());
    const std::string line = all->substr(at, end - at);
    commits.emplace_back(line.substr(0, line.find(' ')),
                         line.substr(std::min(line.find(' '), line.size() - 1) + 1));
    at = end + 1;
  }
  if (commits.empty()) {
    return reports::failure("--range " + range, "holds no commits",
                            "write A..B: the commits after A that lead to B");
  }
  // The first commit's parent, which is not the range's start if that lies on another branch.
  auto before = history.commit(commits.front().first + "^");
  if (!before) return tl::unexpected(before.error());
  auto tree = tree_of(history, *before, *cache, *temporary);
  if (!tree) return tl::unexpected(tree.error());

  CommitRange result{std::move(*tree), {}, 0};
  for (const auto& [id, subject] : commits) {
    std::vector<std::string> diff = {
        "diff-tree", "-p", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color", id + "^", id, "--"};
    diff.insert(diff.end(), readable_paths().begin(), readable_paths().end());
    auto text = history.ask(std::move(diff), "see git show");
    if (!text) return tl::unexpected(text.error());
    if (text->empty()) {
      ++result.others;
      continue;
    }
    Patch patch;
    patch.where = fmt::format("commit {} ({})", id.substr(0, 12), subject);
    patch.subject = subject;
    auto parsed = parse_diff(*text, patch.where);
    if (!parsed) return tl::unexpected(parsed.error());
    patch.diff = std::move(*parsed);
    patch.sha256 = toolchain::Digest().add(*text).hex();
    result.commits.push_back(std::move(patch));
  }
  return result;
}

}  // namespace nospan::linux_target
