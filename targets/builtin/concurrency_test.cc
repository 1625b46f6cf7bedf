// SPDX-License-Identifier: BSD-2-Clause
// Several threads on one table. To be run under the thread sanitizer, too (preset tsan).
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "targets/builtin/builtin.h"
#include "targets/builtin/test_environment.h"

namespace nospan::builtin {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint32_t kThreads = 4;

template <class Body>
void on_threads(Body body) {
  std::vector<std::thread> threads;
  for (uint32_t cpu = 0; cpu < kThreads; ++cpu) threads.emplace_back(body, cpu);
  for (std::thread& thread : threads) thread.join();
}

class Concurrency : public testing::TestWithParam<uint64_t> {};

// The environment reports a TCE that is written while another mapping has it; the owners below a range that two
// mappings have at the same time; the thread sanitizer anything that is not ordered.
TEST_P(Concurrency, NoTwoLiveMappingsOverlap) {
  const uint64_t entries = GetParam();
  const nospan_target* target = nospan_builtin_target();
  TestEnvironment environment(12, 7, entries);
  nospan_configuration configuration = plain_configuration(12, 7, entries);
  configuration.cpus = kThreads;
  void* table = target->create(environment.get(), &configuration);
  std::vector<std::atomic<uint32_t>> owners(entries);
  std::atomic<uint64_t> overlaps = 0;
  std::atomic<uint64_t> mapped = 0;
  std::atomic<uint64_t> refused = 0;
  on_threads([&](uint32_t cpu) {
    std::mt19937_64 random(cpu);
    struct Live {
      uint64_t dma;
      uint64_t size;
    };
    std::vector<Live> live;
    const auto own = [&](const Live& one, uint32_t from, uint32_t to) {
      for (uint64_t page = one.dma / kPage; page <= (one.dma + one.size - 1) / kPage; ++page) {
        if (owners[page - 7].exchange(to, std::memory_order_relaxed) != from) ++overlaps;
      }
    };
    const auto unmap = [&](size_t which) {
      own(live[which], cpu + 1, 0);
      target->unmap_page(table, live[which].dma, live[which].size, 0, 0, cpu);
      live[which] = live.back();
      live.pop_back();
    };
    for (int i = 0; i < 20000; ++i) {
      if (live.empty() || random() % 100 < 60) {
        // Mostly small, sometimes so large that it spans regions.
        const uint64_t most = random() % 50 == 0 ? entries / 2 : 1 + random() % 80;
        const uint64_t size = 1 + random() % (most * kPage);
        const nospan_map_request request = {uint64_t{cpu} << 32, random() % kPage, size, 0, 0, cpu};
        const uint64_t dma = target->map_page(table, &request);
        if (dma == NOSPAN_MAPPING_ERROR) {
          ++refused;
          if (!live.empty()) unmap(random() % live.size());
        } else {
          ++mapped;
          live.push_back(Live{dma, size});
          own(live.back(), 0, cpu + 1);
        }
      } else {
        unmap(random() % live.size());
      }
    }
    while (!live.empty()) unmap(live.size() - 1);
  });
  EXPECT_EQ(overlaps, 0u);
  EXPECT_EQ(environment.errors, 0u);
  EXPECT_EQ(environment.warnings, 0u);
  EXPECT_EQ(environment.live_tces(), 0u);
  EXPECT_EQ(target->in_use(table), 0);
  EXPECT_GT(mapped, 1000u);
  EXPECT_GT(refused, 0u);
  // All of the window is free again, in one piece.
  const nospan_map_request all = {0, 0, entries * kPage, 0, 0, 0};
  EXPECT_NE(target->map_page(table, &all), NOSPAN_MAPPING_ERROR);
  target->destroy(table);
}

INSTANTIATE_TEST_SUITE_P(Entries, Concurrency, testing::Values(100, 3000, 70000));

// With as many free entries as threads, of which each holds one at most, nobody is ever refused: wherever the
// free entries are, and even if they move while a thread looks for one.
TEST(Concurrency, NobodyIsRefusedWhatIsThere) {
  const uint64_t entries = 65536;  // four regions
  const nospan_target* target = nospan_builtin_target();
  TestEnvironment environment(12, 1, entries);
  nospan_configuration configuration = plain_configuration(12, 1, entries);
  configuration.cpus = kThreads;
  void* table = target->create(environment.get(), &configuration);
  const nospan_map_request request = {0, 0, 1, 0, 0, 0};
  for (uint64_t i = 0; i < entries; ++i) EXPECT_NE(target->map_page(table, &request), NOSPAN_MAPPING_ERROR);
  for (uint64_t i = 0; i < kThreads; ++i) {
    target->unmap_page(table, (1 + i * (entries / kThreads)) * kPage, 1, 0, 0, 0);
  }
  std::atomic<uint64_t> refused = 0;
  on_threads([&](uint32_t cpu) {
    const nospan_map_request mine = {0, 0, 1, 0, 0, cpu};
    for (int i = 0; i < 5000; ++i) {
      const uint64_t dma = target->map_page(table, &mine);
      if (dma == NOSPAN_MAPPING_ERROR) {
        ++refused;
      } else {
        target->unmap_page(table, dma, 1, 0, 0, cpu);
      }
    }
  });
  EXPECT_EQ(refused, 0u);
  EXPECT_EQ(environment.errors, 0u);
  target->destroy(table);
}

}  // namespace
}  // namespace nospan::builtin
