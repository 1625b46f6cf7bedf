// SPDX-License-Identifier: BSD-2-Clause
// What every result says about its run, whatever the command: how it was called, when, by which nospan.
#ifndef NOSPAN_CLI_RUN_RECORD_H
#define NOSPAN_CLI_RUN_RECORD_H

#include <chrono>
#include <string_view>

#include "reports/result.h"

namespace nospan::cli {

// From the start of a command to its end. Not thread-safe.
class RunRecord {
 public:
  // `command` as the user calls it: "check".
  explicit RunRecord(std::string_view command);

  // A result with everything that was known at the start; call finish() when the rest is in it.
  reports::Result result() const { return result_; }

  // Adds how long it took, and the largest memory of this process and of each of its children.
  void finish(reports::Result& result) const;

 private:
  reports::Result result_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_RUN_RECORD_H
