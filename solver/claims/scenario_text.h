// SPDX-License-Identifier: BSD-2-Clause
// Writes models as scenario files (docs/scenario-format.md): where the prover and the harness meet.
#ifndef NOSPAN_SOLVER_CLAIMS_SCENARIO_TEXT_H
#define NOSPAN_SOLVER_CLAIMS_SCENARIO_TEXT_H

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/error.h"
#include "solver/claims/claim.h"

namespace nospan::solver {

// A scenario under construction. Addresses and sizes in bytes. Not thread-safe.
class ScenarioText {
 public:
  // The machine and the window of a model with the inputs of LinuxTable or BuiltinTable; what the model does
  // not name has its default. `note` says which claim it refutes.
  ScenarioText(const Model& model, unsigned system_page_shift, std::string note);

  // The model's value of an input; `otherwise` if it has none.
  uint64_t value(const std::string& input, uint64_t otherwise = 0) const;

  // VM 0 owns the whole of each range, rounded out to `granule` bytes: what a buffer lies in.
  void owned_by_caller(uint64_t first, uint64_t last);
  // A block of one VM, multiples of the granule.
  void block(unsigned vm, uint64_t guest, uint64_t real, uint64_t size);
  void granule(uint64_t bytes);
  void two_stage();

  // Commands, in their order.
  void map_page(unsigned mapping, uint64_t first, uint64_t size, uint64_t direction);
  // A list of (guest address, length in bytes). `fault`: the number of the entry whose TCE cannot be written,
  // counted over the whole call.
  void map_sg(unsigned mapping, const std::vector<std::pair<uint64_t, uint64_t>>& elements, uint64_t direction,
              std::optional<uint64_t> fault = {});
  void command(nlohmann::json command);

  // The first command fails: the first TCE that it writes cannot be written.
  void set_fails();
  // All entries but the first so many that are ever handed out are reserved.
  void only_free(uint64_t entries);

  // Elements of lists are not merged (Linux: iommu=novmerge).
  void no_merge();

  // The file's text. An Error if the format cannot express the model (a window of more entries than it allows).
  reports::Expected<std::string> text() const;

 private:
  Model model_;
  uint64_t system_page_;
  uint64_t granule_;
  bool two_stage_ = false;
  bool merges_ = true;
  bool set_fails_ = false;
  std::optional<uint64_t> only_free_;
  std::string note_;
  nlohmann::json memory_ = nlohmann::json::array();
  nlohmann::json commands_ = nlohmann::json::array();
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_SCENARIO_TEXT_H
