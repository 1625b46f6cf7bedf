// SPDX-License-Identifier: BSD-2-Clause
#include "cli/base_cache.h"

#include <system_error>

#include "props/durable_file.h"
#include "reports/result_json.h"

namespace nospan::cli {

std::optional<TreeRecord> BaseCache::find(const std::string& key) const {
  std::error_code error;
  const std::filesystem::path file = folder_ / (key + ".json");
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  auto result = reports::read_result(file);
  if (!result) return std::nullopt;
  TreeRecord record;
  record.checks = std::move(result->targets);
  record.claims = std::move(result->claims);
  return record;
}

void BaseCache::keep(const std::string& key, const TreeRecord& record) const {
  if (record.cut_short) return;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  reports::Result result;
  result.command = "gate";
  result.targets = record.checks;
  result.claims = record.claims;
  static_cast<void>(props::write_file_atomically(folder_ / (key + ".json"), reports::to_json(result)));
}

}  // namespace nospan::cli
