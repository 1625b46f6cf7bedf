// SPDX-License-Identifier: BSD-2-Clause
// What trees showed before: the gate's first half, kept by what it depends on. Any number of processes may use
// one folder, and each may be killed at any moment: an entry appears whole or not at all.
#ifndef NOSPAN_CLI_BASE_CACHE_H
#define NOSPAN_CLI_BASE_CACHE_H

#include <filesystem>
#include <optional>
#include <string>

#include "cli/gate_judgement.h"

namespace nospan::cli {

class BaseCache {
 public:
  explicit BaseCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // What was kept under this key; nothing if there is none, or none that can be read.
  std::optional<TreeRecord> find(const std::string& key) const;
  // Not kept: a record that was cut short. A failure to write is no error: the next run looks again.
  void keep(const std::string& key, const TreeRecord& record) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_BASE_CACHE_H
