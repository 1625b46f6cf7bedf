// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/contract_examples.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>

namespace nospan::solver {
namespace {

using Json = nlohmann::ordered_json;

// A scenario that maps buffers at the start of VM 0's memory and, at its end, gives everything back.
class Calls {
 public:
  Calls(unsigned system_page_shift, unsigned iommu_page_shift, uint64_t first, uint64_t entries)
      : page_(uint64_t{1} << iommu_page_shift) {
    scenario_ = {{"schema", "nospan.scenario/1"},
                 {"note", "what contracts of inner functions speak of"},
                 {"system_page", uint64_t{1} << system_page_shift},
                 {"window", {{"iommu_page", page_}, {"first", first}, {"entries", entries}}},
                 {"device", Json::object()},
                 // The next request may begin where the last one ended.
                 {"kernel", {{"block_entries", 1}}},
                 {"memory", {{{"vm", 0}, {"guest", 0}, {"real", 0}, {"size", entries * page_}}}}};
  }

  // Both masks, and the segment boundary, in IOMMU pages from DMA address 0 on.
  void reaches(uint64_t pages) {
    scenario_["device"]["dma_mask"] = pages * page_ - 1;
    scenario_["device"]["coherent_mask"] = pages * page_ - 1;
  }
  void longest_segment(uint64_t pages) { scenario_["device"]["max_segment_size"] = pages * page_; }
  void boundary(uint64_t pages) { scenario_["device"]["segment_boundary"] = pages * page_ - 1; }

  void map(uint64_t pages, unsigned times) {
    for (unsigned i = 0; i < times; ++i) {
      undo_.push_back(
          {{"do", "unmap_page"},
           {"mapping",
            add({{"do", "map_page"}, {"page", 0}, {"size", pages * page_}, {"direction", "bidirectional"}})}});
    }
  }
  void coherent(uint64_t pages) {
    undo_.push_back({{"do", "free_coherent"},
                     {"mapping", add({{"do", "alloc_coherent"}, {"size", pages * page_}, {"memory", 0}})}});
  }

  // Elements of whole IOMMU pages, each of another place in memory; `offset` bytes into it, and as many less
  // long.
  void list(const std::vector<uint64_t>& pages, uint64_t offset = 0) {
    Json elements = Json::array();
    uint64_t address = 0;
    for (const uint64_t count : pages) {
      elements.push_back({address + offset, count * page_ - offset});
      // No element begins where the last one ends.
      address += (count + 1) * page_;
    }
    undo_.push_back({{"do", "unmap_sg"},
                     {"mapping", add({{"do", "map_sg"}, {"list", elements}, {"direction", "bidirectional"}})}});
  }

  std::string text() const {
    Json all = scenario_;
    all["commands"] = commands_;
    for (const Json& command : undo_) all["commands"].push_back(command);
    return all.dump(2) + "\n";
  }

 private:
  // The command's mapping.
  std::size_t add(Json command) {
    command["mapping"] = commands_.size();
    commands_.push_back(std::move(command));
    return commands_.size() - 1;
  }

  uint64_t page_;
  Json scenario_;
  Json commands_ = Json::array();
  Json undo_ = Json::array();
};

}  // namespace

std::vector<std::string> allocation_examples(unsigned system_page_shift) {
  // Half of the window lies above the mask.
  Calls limits(system_page_shift, system_page_shift, 128, 256);
  limits.reaches(256);
  limits.boundary(16);
  limits.map(1, 1);
  limits.coherent(4);
  limits.map(3, 45);
  limits.map(1, 60);

  // Runs of several words of the bitmap, then of what is left.
  Calls runs(system_page_shift, system_page_shift, 1024, 1024);
  runs.map(130, 8);
  runs.map(70, 8);
  runs.map(1, 200);

  // 4 GiB: several pools, and a large one.
  Calls pools(system_page_shift, 24, 256, 256);
  pools.map(20, 4);
  pools.map(1, 260);

  return {limits.text(), runs.text(), pools.text()};
}

std::vector<std::string> list_examples(unsigned system_page_shift) {
  Calls merged(system_page_shift, system_page_shift, 1024, 256);
  merged.list({1, 2, 1});
  merged.list({2, 1, 1});  // while there is a mapping: what the list held before points into it
  merged.list({1, 1, 1, 1, 1, 1, 1, 1}, 16);
  merged.list({4, 1, 3}, 16);

  Calls split(system_page_shift, system_page_shift, 1024, 256);
  split.longest_segment(3);
  split.boundary(16);
  for (int i = 0; i < 6; ++i) split.list({1, 1, 1, 1, 2, 2, 1, 3});

  // The last lists find no room.
  Calls full(system_page_shift, system_page_shift, 1024, 32);
  for (int i = 0; i < 5; ++i) full.list({3, 2, 1, 2}, 16);

  return {merged.text(), split.text(), full.text()};
}

}  // namespace nospan::solver
