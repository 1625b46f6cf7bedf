// SPDX-License-Identifier: BSD-2-Clause
// Random scenarios over the whole input space of every entry point.
#ifndef NOSPAN_PROPS_SCENARIO_GENERATOR_H
#define NOSPAN_PROPS_SCENARIO_GENERATOR_H

#include <cstdint>
#include <vector>

#include "props/random.h"
#include "props/scenario.h"

namespace nospan::props {

// The hypothesis of the mission's theorem under which a campaign runs.
enum class Assumption : std::uint8_t {
  kMission,  // either of the next two, at random: the default
  kGranule,  // granule >= IOMMU page
  kBlocks,   // VM blocks aligned to the IOMMU page, whatever the granule
  kNone,     // anything goes: ISO-1 must fail
};

struct GeneratorOptions {
  Assumption assumption = Assumption::kMission;
  model::SystemPageShift system_page{16};
};

// The greatest "size" of a scenario, as RapidCheck counts: 0 is the smallest, 100 the largest.
inline constexpr int kGreatestSize = 100;

// Makes scenarios; keeps its buffers between calls. Not thread-safe.
//
// Numbers are drawn from three sources, mixed: uniform over the whole range, the neighbourhood of boundaries
// (of pages, blocks, masks, windows), and values used shortly before. A violation that needs one offset in
// 65,536 together with something else is out of reach of each source alone.
class ScenarioGenerator {
 public:
  explicit ScenarioGenerator(GeneratorOptions options) : options_(options), random_(0) {}

  // The scenario of a seed: the same for the same seed, size and options, on every machine. Valid (validate())
  // by construction.
  void generate(std::uint64_t seed, int size, Scenario& scenario) {
    begin(seed, size, scenario);
    while (extend()) {
    }
  }

  // The same in steps, for a run that may end early: the configuration without a command; then a few commands
  // more with each extend(), which returns false when there are no more. The scenario must outlive the last
  // step.
  void begin(std::uint64_t seed, int size, Scenario& scenario);
  bool extend();

 private:
  // Guest memory of the device's VM that is contiguous for the guest.
  struct Run {
    std::uint64_t start = 0;
    std::uint64_t size = 0;
  };
  // Shares of a scenario's commands, in parts of kShareTotal.
  struct Profile {
    unsigned unmap_percent = 40;
    unsigned list_percent = 15;
    unsigned coherent_percent = 10;
    unsigned question_percent = 3;
    unsigned fault_percent = 0;
    unsigned no_table_percent = 0;
    unsigned small_percent = 70;  // requests of a few IOMMU pages
  };

  void window();
  void device();
  void kernel();
  void memory(bool blocks_hypothesis);
  void inherited();
  void profile(int size);
  void command(Command& command);
  void map_page(Command& command);
  void map_list(Command& command);
  void alloc_coherent(Command& command);
  void question(Command& command);
  void fault(Command& command);
  std::uint64_t address_in(const Run& run);
  std::uint64_t request_size(std::uint64_t most);
  const Run& any_run();

  GeneratorOptions options_;
  Random random_;
  Scenario* scenario_ = nullptr;
  Profile profile_;
  std::uint64_t to_come_ = 0;  // commands
  std::vector<Run> runs_;
  std::vector<std::uint32_t> live_;  // mappings that are bound, as far as the generator knows
  std::vector<std::uint32_t> free_;
  std::vector<CommandKind> kind_of_;  // by mapping
  std::uint64_t recent_offset_ = 0;
  std::uint64_t recent_address_ = 0;
  std::uint64_t recent_size_ = 1;
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_SCENARIO_GENERATOR_H
