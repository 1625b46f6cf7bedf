// SPDX-License-Identifier: BSD-2-Clause
// What the executor itself judges and provides, on the builtin mapper with one thing changed.
#include "props/executor.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "targets/builtin/builtin.h"

namespace nospan::props {
namespace {

// What a test changes of the environment that the target sees.
struct Changes {
  bool no_flush = false;
  bool no_zero = false;
  std::uint64_t zero_less = 0;  // bytes at the end
};
Changes changes;
const nospan_environment* original = nullptr;

// The builtin target in an environment that loses calls.
nospan_target target_with_changes() {
  nospan_target target = *nospan_builtin_target();
  target.create = [](const nospan_environment* environment,
                     const nospan_configuration* configuration) -> void* {
    static nospan_environment changed;
    original = environment;
    changed = *environment;
    changed.flush = [](void* context) {
      if (!changes.no_flush) original->flush(context);
    };
    changed.zero = [](void* context, std::uint64_t address, std::uint64_t size) {
      if (!changes.no_zero) original->zero(context, address, size - changes.zero_less);
    };
    return nospan_builtin_target()->create(&changed, configuration);
  };
  return target;
}

class ExecutorTest : public ::testing::Test {
 protected:
  ExecutorTest() {
    changes = {};
    model::Configuration& configuration = scenario_.configuration;
    configuration.window.page.value = 12;
    configuration.window.entries = 64;
    configuration.blocks = {{{0}, {0}, {0}, 1 << 20}};
  }

  Command& add(CommandKind kind, std::uint32_t mapping) {
    Command& command = scenario_.commands.emplace_back();
    command.kind = kind;
    command.mapping = mapping;
    command.size = kind == CommandKind::kMapPage || kind == CommandKind::kAllocCoherent ? 1 : 0;
    return command;
  }
  void add_list(std::uint32_t mapping, std::vector<Element> elements) {
    Command& command = add(CommandKind::kMapSg, mapping);
    command.first_element = static_cast<std::uint32_t>(scenario_.elements.size());
    command.element_count = static_cast<std::uint32_t>(elements.size());
    scenario_.elements.insert(scenario_.elements.end(), elements.begin(), elements.end());
  }
  Outcome run(const nospan_target& target, const GuardSet& guards = {}) {
    EXPECT_TRUE(validate(scenario_));
    Executor executor(target, [](std::uint32_t, const char*) { std::abort(); });
    Progress progress;
    Outcome outcome = executor.run(scenario_, guards, progress);
    tally_ = executor.tally();
    return outcome;
  }
  static std::string_view id(const Outcome& outcome) {
    return outcome.violated() ? model::rule(outcome.violations.front().invariant).id : "";
  }

  static model::Symptom symptom(const Outcome& outcome) {
    return outcome.violated() ? outcome.violations.front().symptom : model::Symptom::kOther;
  }

  Scenario scenario_;
  Tally tally_;
};

TEST_F(ExecutorTest, FlushesAreSeen) {
  add(CommandKind::kMapPage, 0);
  EXPECT_EQ(id(run(target_with_changes())), "");
  changes.no_flush = true;
  const Outcome outcome = run(target_with_changes());
  EXPECT_EQ(id(outcome), "XLAT-1");
  EXPECT_EQ(symptom(outcome), model::Symptom::kNotFlushed);
}

TEST_F(ExecutorTest, CoherentMemoryIsZeroedToTheEndOfItsLastSystemPage) {
  add(CommandKind::kAllocCoherent, 0);
  EXPECT_EQ(id(run(target_with_changes())), "");
  changes.zero_less = 1;
  EXPECT_EQ(id(run(target_with_changes())), "SAFE-1");
  changes.no_zero = true;
  EXPECT_EQ(id(run(target_with_changes())), "SAFE-1");
}

TEST_F(ExecutorTest, CoherentMemoryMayBeZeroedInPieces) {
  static nospan_environment changed;
  nospan_target target = *nospan_builtin_target();
  target.create = [](const nospan_environment* environment,
                     const nospan_configuration* configuration) -> void* {
    original = environment;
    changed = *environment;
    changed.zero = [](void* context, std::uint64_t address, std::uint64_t size) {
      original->zero(context, address + size / 2, size - size / 2);
      original->zero(context, address, size / 4);
      original->zero(context, address + 1, size / 2);
    };
    return nospan_builtin_target()->create(&changed, configuration);
  };
  add(CommandKind::kAllocCoherent, 0);
  EXPECT_EQ(id(run(target)), "");
}

// Mutants of ppc_iommu_map_sg() that returned other numbers survived; builtin passed on what the hypervisor
// said.
TEST_F(ExecutorTest, AListIsRefusedWithAnErrorThatTheDmaApiKnows) {
  static int answer = 0;
  nospan_target target = *nospan_builtin_target();
  target.map_sg = [](void*, nospan_segment*, std::uint32_t, std::uint32_t, std::uint64_t, std::uint32_t) {
    return answer;
  };
  scenario_.configuration.window.entries = 1;  // entry 0 is reserved: nothing fits
  add_list(0, {{{0x2000}, 0x1000}});
  for (const int known : {-5, -12, -22, -121}) {
    answer = known;
    EXPECT_EQ(id(run(target)), "") << known;
  }
  for (const int unknown : {0, -1, -16, -21, -4096}) {
    answer = unknown;
    EXPECT_EQ(id(run(target)), "FAIL-1") << unknown;
  }
}

TEST_F(ExecutorTest, AListComesInWithADmaAddressOfALiveMapping) {
  static std::uint64_t mapped = 0;
  static std::uint64_t stale = 0;
  nospan_target target = *nospan_builtin_target();
  target.map_page = [](void* table, const nospan_map_request* request) {
    return mapped = nospan_builtin_target()->map_page(table, request);
  };
  target.map_sg = [](void* table, nospan_segment* list, std::uint32_t count, std::uint32_t direction,
                     std::uint64_t attributes, std::uint32_t cpu) {
    stale = list[count - 1].dma_address;
    EXPECT_NE(list[count - 1].dma_length, 0u);
    return nospan_builtin_target()->map_sg(table, list, count, direction, attributes, cpu);
  };
  add(CommandKind::kMapPage, 0);
  add_list(1, {{{0x2000}, 0x1000}, {{0x8000}, 0x1000}});
  EXPECT_EQ(id(run(target)), "");
  EXPECT_EQ(stale, mapped + 1) << "inside a page: an empty segment there touches one";
  // And of none that is gone.
  scenario_.commands.insert(scenario_.commands.begin() + 1, Command{.kind = CommandKind::kUnmapPage});
  EXPECT_EQ(id(run(target)), "");
  EXPECT_NE(stale, mapped + 1);
}

TEST_F(ExecutorTest, AGuardThatOverlooksLetsTheScenarioGoOn) {
  // The list's second element does not fit, so that what was mapped of the first is taken back; no flush.
  static nospan_environment changed;
  nospan_target target = *nospan_builtin_target();
  target.create = [](const nospan_environment* environment,
                     const nospan_configuration* configuration) -> void* {
    changed = *environment;
    return nospan_builtin_target()->create(&changed, configuration);
  };
  target.map_sg = [](void* table, nospan_segment* list, std::uint32_t count, std::uint32_t direction,
                     std::uint64_t attributes, std::uint32_t cpu) {
    const auto flush = changed.flush;
    changed.flush = [](void*) {};
    const int result = nospan_builtin_target()->map_sg(table, list, count, direction, attributes, cpu);
    changed.flush = flush;
    return result;
  };
  add_list(0, {{{0x0}, 0x1000}, {{0x8000}, 0x80000}});
  add(CommandKind::kMapPage, 1);
  add(CommandKind::kUnmapPage, 1);
  Outcome outcome = run(target);
  EXPECT_EQ(id(outcome), "FAIL-1");
  EXPECT_EQ(symptom(outcome), model::Symptom::kNotFlushed);
  const GuardSet guards({guard_with_id("failed-map-not-flushed")});
  outcome = run(target, guards);
  EXPECT_FALSE(outcome.violated());
  EXPECT_EQ(outcome.tolerated, nullptr);
  EXPECT_EQ(tally_.overlooked, 1u);
  EXPECT_EQ(tally_.commands, 3u);
}

// The guard of page-mask-overflows-int excused every XLAT-1 from an IOMMU page shift of 32 on.
TEST_F(ExecutorTest, TheGuardOfHugePagesExcusesLostOffsetsOnly) {
  scenario_.configuration.window.page.value = 34;
  scenario_.configuration.window.entries = 8;
  scenario_.configuration.blocks = {{{0}, {0}, {0}, std::uint64_t{1} << 36}};
  add(CommandKind::kMapPage, 0).offset = 0x1230;
  const GuardSet guards({guard_with_id("page-mask-overflows-int")});
  static std::uint64_t wrong = 0;
  nospan_target target = *nospan_builtin_target();
  target.map_page = [](void* table, const nospan_map_request* request) {
    return nospan_builtin_target()->map_page(table, request) ^ wrong;
  };
  wrong = 0x1230;  // no offset
  EXPECT_EQ(id(run(target)), "XLAT-1");
  EXPECT_EQ(id(run(target, guards)), "");
  wrong = 0x1;  // another offset
  EXPECT_EQ(id(run(target, guards)), "XLAT-1");
  // The right offset and the wrong page.
  wrong = 0;
  target.map_page = [](void* table, const nospan_map_request* request) {
    nospan_map_request other = *request;
    other.page ^= std::uint64_t{1} << 34;
    return nospan_builtin_target()->map_page(table, &other);
  };
  EXPECT_EQ(id(run(target, guards)), "XLAT-1");
}

}  // namespace
}  // namespace nospan::props
