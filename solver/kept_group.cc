// SPDX-License-Identifier: BSD-2-Clause
#include "solver/kept_group.h"

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "targets/toolchain/digest.h"

namespace nospan::solver {

std::string result_line(std::size_t place, const ClaimResult& result) {
  const nlohmann::json entry = {{"place", place}, {"result", result}};
  return entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

std::optional<std::vector<ClaimResult>> results_of(std::string_view lines) {
  std::map<std::size_t, ClaimResult> by_place;
  try {
    for (std::size_t end = lines.find('\n'); end != std::string_view::npos; end = lines.find('\n')) {
      const nlohmann::json entry = nlohmann::json::parse(lines.substr(0, end));
      by_place.emplace(entry.at("place").get<std::size_t>(), entry.at("result").get<ClaimResult>());
      lines.remove_prefix(end + 1);
    }
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
  std::vector<ClaimResult> results;
  results.reserve(by_place.size());
  for (auto& [place, result] : by_place) results.push_back(std::move(result));
  return results;
}

KeptGroup::KeptGroup(const GroupTask& task, const std::string& module, const RunnerOptions& options)
    : texts_(options.prove.cache.empty() ? options.prove.cache : options.prove.cache / "groups") {
  const auto& self = toolchain::digest_of_this_program();
  if (module.empty() || !self || options.prove.only_reads_cache) return;
  const auto of_code = [&](const char* what) {
    toolchain::Digest digest;
    digest.add(what).add(module).add(*self).add(task.group).add(task.target);
    digest.add(std::to_string(task.system_page_shift));
    return digest;
  };
  key_of_ids_ = of_code("ids 1").hex();
  // Questions that are to be written must be made.
  if (!options.prove.smt2_folder.empty()) return;
  toolchain::Digest digest = of_code("group 1");
  digest.add(z3_version());
  digest.add(options.prove.cross_check ? cvc5_version() : "").add(options.prove.drop_table ? "drops" : "");
  if (options.prove.describe_only) digest.add("described");
  for (const std::string& claim : options.claims) digest.add(claim);
  for (const std::string& hypothesis : options.prove.dropped) digest.add("without").add(hypothesis);
  key_of_results_ = digest.hex();
}

std::optional<std::vector<ClaimResult>> KeptGroup::results() const {
  const auto lines = texts_.find(key_of_results_);
  if (!lines) return std::nullopt;
  return results_of(*lines);  // nothing if they are of a version with other members
}

void KeptGroup::keep_results(std::string_view lines) const { texts_.keep(key_of_results_, lines); }

std::optional<std::vector<std::string>> KeptGroup::ids() const {
  const auto text = texts_.find(key_of_ids_);
  if (!text) return std::nullopt;
  std::vector<std::string> ids;
  std::istringstream lines(*text);
  for (std::string id; std::getline(lines, id);) ids.push_back(id);
  return ids;
}

void KeptGroup::keep_ids(const std::vector<Instance>& instances) const {
  std::string text;
  for (const Instance& instance : instances) text += instance.id() + '\n';
  texts_.keep(key_of_ids_, text);
}

std::vector<KeptGroup> kept_groups(const std::vector<GroupTask>& tasks, const RunnerOptions& options) {
  std::map<std::filesystem::path, std::string> modules;
  std::vector<KeptGroup> groups;
  groups.reserve(tasks.size());
  for (const GroupTask& task : tasks) {
    const auto [module, is_new] = modules.try_emplace(task.bitcode);
    if (is_new) module->second = toolchain::digest_of_file(task.bitcode).value_or("");
    groups.emplace_back(task, module->second, options);
  }
  return groups;
}

}  // namespace nospan::solver
