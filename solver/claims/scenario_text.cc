// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/scenario_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace nospan::solver {
namespace {

// The format's limits (docs/scenario-format.md).
constexpr uint64_t kMostEntries = 4194304;

std::string hexadecimal(uint64_t value) { return fmt::format("{:#x}", value); }

const char* direction_name(uint64_t direction) {
  switch (direction) {
    case 1: return "to_device";
    case 2: return "from_device";
    default: return "bidirectional";
  }
}

}  // namespace

ScenarioText::ScenarioText(const Model& model, unsigned system_page_shift, std::string note)
    : model_(model),
      system_page_(uint64_t{1} << value("system_page_shift", system_page_shift)),
      granule_(std::max<uint64_t>(system_page_, 65536)),
      note_(std::move(note)) {}

uint64_t ScenarioText::value(const std::string& input, uint64_t otherwise) const {
  const auto found = model_.find(input);
  return found == model_.end() ? otherwise : found->second;
}

void ScenarioText::granule(uint64_t bytes) { granule_ = bytes; }
void ScenarioText::two_stage() { two_stage_ = true; }
void ScenarioText::set_fails() { set_fails_ = true; }
void ScenarioText::only_free(uint64_t entries) { only_free_ = entries; }
void ScenarioText::no_merge() { merges_ = false; }

void ScenarioText::block(unsigned vm, uint64_t guest, uint64_t real, uint64_t size) {
  memory_.push_back(
      {{"vm", vm}, {"guest", hexadecimal(guest)}, {"real", hexadecimal(real)}, {"size", hexadecimal(size)}});
}

void ScenarioText::owned_by_caller(uint64_t first, uint64_t last) {
  const uint64_t begin = first / granule_ * granule_;
  const uint64_t end = (last / granule_ + 1) * granule_;
  block(0, begin, begin, end - begin);
}

void ScenarioText::map_page(unsigned mapping, uint64_t first, uint64_t size, uint64_t direction) {
  command({{"do", "map_page"},
           {"mapping", mapping},
           {"page", hexadecimal(first / system_page_ * system_page_)},
           {"offset", hexadecimal(first % system_page_)},
           {"size", hexadecimal(size)},
           {"direction", direction_name(direction)}});
}

void ScenarioText::map_sg(unsigned mapping, const std::vector<std::pair<uint64_t, uint64_t>>& elements,
                          uint64_t direction, std::optional<uint64_t> fault) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [address, length] : elements) list.push_back({hexadecimal(address), length});
  nlohmann::json call = {
      {"do", "map_sg"}, {"mapping", mapping}, {"list", list}, {"direction", direction_name(direction)}};
  if (fault) call["fault"] = {{"entry", *fault}};
  command(std::move(call));
}

void ScenarioText::command(nlohmann::json command) { commands_.push_back(std::move(command)); }

reports::Expected<std::string> ScenarioText::text() const {
  const uint64_t entries = value("entries", 32);
  if (entries > kMostEntries) {
    return reports::failure("",
                            fmt::format("a window of {} entries is more than a scenario can have", entries));
  }
  nlohmann::ordered_json scenario = {
      {"schema", "nospan.scenario/1"},
      {"note", note_},
      {"system_page", hexadecimal(system_page_)},
      {"window",
       {{"iommu_page", hexadecimal(uint64_t{1} << value("page_shift", 16))},
        {"first", hexadecimal(value("first_index"))},
        {"entries", entries}}},
  };
  const uint64_t first = value("first_index");
  // The DMA address 0 is never handed out.
  const uint64_t usable = first == 0 ? 1 : 0;
  if (only_free_ && *only_free_ + usable < entries) {
    scenario["window"]["reserved"] = {hexadecimal(first + usable + *only_free_), hexadecimal(first + entries)};
  }
  nlohmann::json device = nlohmann::json::object();
  for (const auto& [input, key] : {std::pair{"dma_mask", "dma_mask"},
                                   {"coherent_mask", "coherent_mask"},
                                   {"segment_boundary", "segment_boundary"},
                                   {"max_segment_size", "max_segment_size"}}) {
    if (model_.contains(input)) device[key] = hexadecimal(model_.at(input));
  }
  if (!device.empty()) scenario["device"] = device;
  if (!merges_) scenario["kernel"] = {{"virtual_merge", false}};
  scenario["hypervisor"] = {{"translation", two_stage_ ? "two_stage" : "identity"},
                            {"granule", hexadecimal(granule_)}};
  if (!memory_.empty()) scenario["memory"] = memory_;
  scenario["commands"] = commands_;
  if (set_fails_ && !commands_.empty()) scenario["commands"][0]["fault"] = {{"entry", 0}};
  return scenario.dump(2) + "\n";
}

}  // namespace nospan::solver
