// SPDX-License-Identifier: BSD-2-Clause
// The entry points, through the C interface, on a small environment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <tuple>
#include <vector>

#include "targets/builtin/builtin.h"
#include "targets/builtin/test_environment.h"
#include "targets/builtin/test_table.h"

namespace nospan::builtin {
namespace {

constexpr uint64_t kAnyPermissions = NOSPAN_TCE_READ | NOSPAN_TCE_WRITE;

TEST(Builtin, MapsExactlyThePagesThatAreTouched) {
  for (const uint32_t shift : {12u, 16u, 21u, 34u}) {
    for (const uint64_t first : {0, 1, 100}) {
      const uint64_t iommu_page = uint64_t{1} << shift;
      Table table(plain_configuration(shift, first, 70));
      for (const uint64_t offset : {uint64_t{0}, uint64_t{1}, iommu_page - 1}) {
        for (const uint64_t size : {uint64_t{1}, iommu_page - 1, iommu_page, iommu_page + 1, 3 * iommu_page}) {
          const uint64_t address = 5 * iommu_page + offset;
          const uint64_t dma = table.map(address, size);
          ASSERT_NE(dma, NOSPAN_MAPPING_ERROR);
          EXPECT_EQ(table.environment.live_tces(), (offset + size + iommu_page - 1) / iommu_page);
          EXPECT_EQ(table.environment.puts, 1u);
          EXPECT_EQ(table.translate(dma), address);
          EXPECT_EQ(table.translate(dma + size - 1), address + size - 1);
          EXPECT_GE(dma >> shift, first == 0 ? 1 : first);
          EXPECT_TRUE(table.in_use());
          table.unmap(dma, size);
          table.expect_empty();
          table.environment.puts = 0;
        }
      }
    }
  }
}

TEST(Builtin, GivesThePermissionsOfTheDirection) {
  Table table(plain_configuration(12, 1, 8));
  for (const auto& [direction, permissions] :
       {std::pair<uint32_t, uint64_t>{NOSPAN_BIDIRECTIONAL, NOSPAN_TCE_READ | NOSPAN_TCE_WRITE},
        {NOSPAN_TO_DEVICE, NOSPAN_TCE_READ},
        {NOSPAN_FROM_DEVICE, NOSPAN_TCE_WRITE}}) {
    const uint64_t dma = table.map(0x5000, 10, direction);
    EXPECT_EQ(table.environment.tce(dma >> 12), 0x5000 | permissions);
    EXPECT_EQ(nospan_builtin_target()->direction_permissions(direction), permissions);
    EXPECT_EQ(nospan_builtin_target()->tce_direction(0x5000 | permissions), direction);
    table.unmap(dma, 10);
  }
  EXPECT_EQ(table.map(0x5000, 10, NOSPAN_NO_DIRECTION), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(0x5000, 10, 4), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(nospan_builtin_target()->tce_direction(0x5000), uint32_t{NOSPAN_NO_DIRECTION});
  EXPECT_EQ(nospan_builtin_target()->direction_permissions(NOSPAN_NO_DIRECTION), 0u);
  table.expect_empty();
}

TEST(Builtin, RefusesSizesThatCannotFit) {
  Table table(plain_configuration(12, 1, 8));
  for (const uint64_t size : {uint64_t{0}, 8 * kPage + 1, uint64_t{1} << 32, uint64_t{1} << 44,
                              uint64_t{1} << 63, UINT64_MAX - kPage, UINT64_MAX}) {
    EXPECT_EQ(table.map(0, size), NOSPAN_MAPPING_ERROR) << size;
    EXPECT_EQ(table.map(0x1001, size), NOSPAN_MAPPING_ERROR) << size;
  }
  EXPECT_EQ(table.map(8 * kPage - 1, 8 * kPage), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(UINT64_MAX - 5, 7), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(0x1005, UINT64_MAX - 1), NOSPAN_MAPPING_ERROR);  // ends below its start, in the same page
  EXPECT_EQ(table.map_at(UINT64_MAX - kPage + 1, kPage, 1), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map_at(kPage, UINT64_MAX, 1), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.environment.puts, 0u);
  const uint64_t dma = table.map(UINT64_MAX - 5, 6);
  EXPECT_NE(dma, NOSPAN_MAPPING_ERROR);
  table.unmap(dma, 6);
  table.expect_empty();
}

TEST(Builtin, UsesEveryEntryOfItsWindow) {
  for (const uint64_t first : {0, 1, 64}) {
    for (const uint64_t entries : {1, 2, 63, 64, 65, 130}) {
      Table table(plain_configuration(12, first, entries));
      std::vector<uint64_t> mapped;
      uint64_t dma;
      while ((dma = table.map(0x7000, kPage)) != NOSPAN_MAPPING_ERROR) mapped.push_back(dma);
      EXPECT_EQ(mapped.size(), first == 0 ? entries - 1 : entries);
      for (const uint64_t one : mapped) table.unmap(one, kPage);
      table.expect_empty();
    }
  }
}

TEST(Builtin, KeepsToTheMaskByTheByte) {
  // The window's pages 4 to 11; the mask ends in the middle of page 6.
  nospan_configuration configuration = plain_configuration(12, 4, 8);
  configuration.dma_mask = 0x6800;
  Table table(configuration);
  EXPECT_EQ(table.map(0x1000, 0x2802), NOSPAN_MAPPING_ERROR);
  const uint64_t dma = table.map(0x1000, 0x2801);
  EXPECT_EQ(dma, 0x4000u);
  table.unmap(dma, 0x2801);
  EXPECT_NE(table.map(0x1000, kPage), NOSPAN_MAPPING_ERROR);
  EXPECT_NE(table.map(0x1000, kPage), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(0x1000, 0x802), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(0x1800, 2), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(0x1800, 1), 0x6800u);
  configuration.dma_mask = 0x3fff;  // below the window
  Table below(configuration);
  EXPECT_EQ(below.map(0x1000, 1), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(below.map(0x1000, 0x4001), NOSPAN_MAPPING_ERROR);  // longer than the mask is high
  configuration.dma_mask = 0;
  Table nothing(configuration);
  EXPECT_EQ(nothing.map(0x1000, 1), NOSPAN_MAPPING_ERROR);
}

TEST(Builtin, NeverReturnsTheErrorValueAsAnAddress) {
  nospan_configuration configuration = plain_configuration(12, (uint64_t{1} << 52) - 1, 1);
  Table table(configuration);
  EXPECT_EQ(table.map(0x1fff, 1), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(0x1ffe, 2), UINT64_MAX - 1);
}

TEST(Builtin, KeepsToTheSegmentBoundary) {
  nospan_configuration configuration = plain_configuration(12, 1, 20);
  configuration.segment_boundary = 4 * kPage - 1;
  Table table(configuration);
  EXPECT_EQ(table.map(0x1000, 5 * kPage), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(0x1000, 4 * kPage), 4 * kPage);
  EXPECT_EQ(table.map(0x1000, 3 * kPage), kPage);
  EXPECT_EQ(table.map(0x1000, 3 * kPage), 8 * kPage);
  EXPECT_EQ(table.map(0x1001, 3 * kPage), 12 * kPage + 1);
}

TEST(Builtin, KeepsToABoundaryWithinAnIommuPage) {
  nospan_configuration configuration = plain_configuration(16, 1, 20);
  configuration.segment_boundary = kPage - 1;
  Table table(configuration);
  EXPECT_EQ(table.map(0x10fff, 2), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(0x11000, kPage + 1), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(table.map(0x10000, 0x20000), NOSPAN_MAPPING_ERROR);
  const uint64_t dma = table.map(0x11000, kPage);
  EXPECT_EQ(dma, 0x11000u);
  table.unmap(dma, kPage);
  std::vector<nospan_segment> list = {element(0x10f000, kPage), element(0x200000, kPage)};
  EXPECT_EQ(table.map_sg(list), 2);  // merged they would cross a boundary
  table.unmap_sg(list);
  table.expect_empty();
}

TEST(Builtin, LeavesNothingBehindWhenTcesCannotBeWritten) {
  Table table(plain_configuration(12, 0, 100));
  const uint64_t kept = table.map(0x9000, 5 * kPage);
  const auto tces = table.environment.tces();
  const auto allocation = table.allocation();
  for (const uint64_t written : {0, 1, 3, 4}) {
    table.environment.put_fails_after = 0;
    table.environment.put_writes_before_failing = written;
    EXPECT_EQ(table.map(0x20000, 4 * kPage), NOSPAN_MAPPING_ERROR);
    EXPECT_EQ(table.environment.tces(), tces);
    EXPECT_EQ(table.allocation(), allocation);
    table.environment.put_fails_after = 0;
    uint64_t guest = 1, dma = 2;
    EXPECT_LT(table.alloc(4 * kPage, &guest, &dma), 0);
    EXPECT_EQ(table.environment.tces(), tces);
    EXPECT_EQ(table.allocation(), allocation);
    EXPECT_EQ(table.environment.live_pages(), 0u);
    for (int64_t after = 0; after < 3; ++after) {
      table.environment.put_fails_after = after;
      std::vector<nospan_segment> list = {element(0x20010, 4 * kPage), element(0, 0),
                                          element(0x30010, 6 * kPage), element(0x50000, 4 * kPage)};
      EXPECT_EQ(table.map_sg(list), -5);
      EXPECT_EQ(table.environment.tces(), tces);
      EXPECT_EQ(table.allocation(), allocation);
      EXPECT_EQ(list[0].address, 0x20010u);
      EXPECT_EQ(list[0].length, 4 * kPage);
    }
  }
  table.environment.put_fails_after = -1;
  table.unmap(kept, 5 * kPage);
  table.expect_empty();
}

TEST(Builtin, AlignsCoherentMemoryOnTheBus) {
  for (const uint32_t page_shift : {12u, 16u, 21u}) {
    for (const uint32_t system_shift : {12u, 16u}) {
      for (const uint64_t first : {0, 1, 3, 1000003}) {
        nospan_configuration configuration = plain_configuration(page_shift, first, 1000);
        configuration.system_page_shift = system_shift;
        Table table(configuration);
        const uint64_t system_page = uint64_t{1} << system_shift;
        for (const uint64_t size :
             {uint64_t{1}, system_page, system_page + 1, 3 * system_page, 5 * system_page}) {
          uint64_t guest = 0, dma = 0;
          ASSERT_EQ(table.alloc(size, &guest, &dma), 0);
          const uint64_t bytes = (size + system_page - 1) / system_page * system_page;
          EXPECT_EQ(dma % std::bit_ceil(bytes), 0u) << page_shift << " " << system_shift << " " << size;
          EXPECT_EQ(table.translate(dma), guest);
          EXPECT_EQ(table.translate(dma + bytes - 1), guest + bytes - 1);
          EXPECT_EQ(table.environment.live_tces(),
                    ((guest + bytes - 1) >> page_shift) - (guest >> page_shift) + 1);
          EXPECT_EQ(table.environment.tce(dma >> page_shift) & kAnyPermissions, kAnyPermissions);
          EXPECT_EQ(table.environment.zeroed.back(), std::make_pair(guest, bytes));
          table.free(size, guest, dma);
          table.expect_empty();
        }
      }
    }
  }
}

TEST(Builtin, RefusesCoherentSizesThatCannotFit) {
  nospan_configuration configuration = plain_configuration(12, 1, 16);
  configuration.coherent_mask = 0x9fff;
  Table table(configuration);
  uint64_t guest = 5, dma = 6;
  for (const uint64_t size : {uint64_t{0}, 17 * kPage, 9 * kPage, uint64_t{1} << 40, uint64_t{1} << 63,
                              (uint64_t{1} << 63) + 1, UINT64_MAX - kPage, UINT64_MAX}) {
    EXPECT_LT(table.alloc(size, &guest, &dma), 0) << size;
  }
  EXPECT_EQ(guest, 5u);
  EXPECT_EQ(dma, 6u);
  table.environment.pages_fail_after = 0;
  EXPECT_LT(table.alloc(1, &guest, &dma), 0);
  table.environment.pages_fail_after = -1;
  EXPECT_EQ(table.alloc(5 * kPage, &guest, &dma), -12);  // aligned to 8 pages it would end behind the mask
  EXPECT_EQ(table.alloc(2 * kPage, &guest, &dma), 0);
  table.free(2 * kPage, guest, dma);
  table.expect_empty();
}

TEST(Builtin, NeverHandsOutWhatIsReserved) {
  for (const auto& [start, end] : {std::pair<uint64_t, uint64_t>{0, 13},
                                   {15, 17},
                                   {18, 100},
                                   {0, UINT64_MAX},
                                   {5, 3},
                                   {0, 10},
                                   {20, 30},
                                   {10, 20},
                                   {UINT64_MAX - 1, UINT64_MAX}}) {
    nospan_configuration configuration = plain_configuration(12, 10, 10);
    configuration.reserved_start = start;
    configuration.reserved_end = end;
    Table table(configuration);
    EXPECT_FALSE(table.in_use());
    uint64_t dma;
    uint64_t mapped = 0;
    while ((dma = table.map(0x7000, kPage)) != NOSPAN_MAPPING_ERROR) {
      EXPECT_FALSE((dma >> 12) >= start && (dma >> 12) < end);
      ++mapped;
    }
    uint64_t usable = 0;
    for (uint64_t index = 10; index < 20; ++index) usable += !(index >= start && index < end);
    EXPECT_EQ(mapped, usable) << start << " " << end;
    EXPECT_EQ(table.in_use(), usable != 0);
    EXPECT_EQ(table.allocation()[0], 0x3ffu);
  }
}

TEST(Builtin, KeepsInheritedMappings) {
  nospan_configuration configuration = plain_configuration(12, 10, 10);
  TestEnvironment environment(12, 10, 10);
  environment.set_tce(12, 0x5003);
  environment.set_tce(19, 0x6002);
  const nospan_target* target = nospan_builtin_target();
  configuration.inherited = 1;
  void* table = target->create(environment.get(), &configuration);
  EXPECT_EQ(target->in_use(table), 1);
  uint64_t words = 0;
  target->read_allocation(table, 0, 10, &words);
  EXPECT_EQ(words & 0x3ff, 0x204u);
  EXPECT_EQ(environment.live_tces(), 2u);
  const nospan_map_request request = {0x7000, 0, 1, 0, 0, 0};
  for (int i = 0; i < 8; ++i) EXPECT_NE(target->map_page(table, &request), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(target->map_page(table, &request), NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(environment.tce(12), 0x5003u);
  target->destroy(table);

  configuration.inherited = 0;
  table = target->create(environment.get(), &configuration);
  EXPECT_EQ(environment.live_tces(), 0u);
  EXPECT_EQ(target->in_use(table), 0);
  target->destroy(table);
  EXPECT_EQ(environment.errors, 0u);
}

TEST(Builtin, FailsToCreateCleanly) {
  for (int64_t after = 0; after < 5; ++after) {
    TestEnvironment environment(12, 0, 100);
    environment.allocate_fails_after = after;
    const nospan_configuration configuration = plain_configuration(12, 0, 100);
    EXPECT_EQ(nospan_builtin_target()->create(environment.get(), &configuration), nullptr);
    EXPECT_EQ(environment.live_allocations(), 0u);
  }
}

TEST(Builtin, WarnsOfWhatWasNeverMapped) {
  TestEnvironment environment(12, 10, 10);
  const nospan_configuration configuration = plain_configuration(12, 10, 10);
  const nospan_target* target = nospan_builtin_target();
  void* table = target->create(environment.get(), &configuration);
  target->unmap_page(table, 0x9000, 1, 0, 0, 0);
  target->unmap_page(table, 0x13000, 2 * kPage, 0, 0, 0);
  target->unmap_page(table, 0xc000, UINT64_MAX, 0, 0, 0);
  target->unmap_page(table, 0xc000, 1, 0, 0, 0);
  EXPECT_EQ(environment.warnings, 4u);
  EXPECT_EQ(target->in_use(table), 0);
  target->destroy(table);
}

TEST(Builtin, AcceptsNoTable) {
  const nospan_target* target = nospan_builtin_target();
  const nospan_map_request request = {0x7000, 0, 1, 0, 0, 0};
  nospan_segment list = element(0x1000, 1);
  uint64_t address = 0;
  EXPECT_EQ(target->map_page(nullptr, &request), NOSPAN_MAPPING_ERROR);
  EXPECT_LT(target->map_sg(nullptr, &list, 1, 0, 0, 0), 0);
  EXPECT_LT(target->alloc_coherent(nullptr, 1, 0, &address, &address), 0);
  target->unmap_page(nullptr, 0, 1, 0, 0, 0);
  target->unmap_sg(nullptr, &list, 1, 0, 0, 0);
  target->free_coherent(nullptr, 1, 0, 0, 0);
  EXPECT_EQ(list.dma_address, 77u);
}

TEST(Builtin, PrefersButDoesNotDemandSystemPageAlignment) {
  nospan_configuration configuration = plain_configuration(12, 1, 24);  // index 16 to 31 do not fit
  configuration.system_page_shift = 16;
  Table narrow(configuration);
  const uint64_t one = narrow.map(0x3000, kPage);
  const uint64_t unaligned = narrow.map(0x20000, 0x10000);
  EXPECT_EQ(unaligned, 0x2000u);
  narrow.unmap(one, kPage);
  narrow.unmap(unaligned, 0x10000);
  narrow.expect_empty();
  configuration.entries = 40;
  Table wide(configuration);
  EXPECT_EQ(wide.map(0x10000, 0x10000), 0x10000u);
}

TEST(Checks, FollowTheirContracts) {
  const nospan_target* target = nospan_builtin_target();
  EXPECT_EQ(target->check_ioba(12, 10, 10, 0xa000, 10), 0);
  EXPECT_EQ(target->check_ioba(12, 10, 10, 0x13000, 1), 0);
  EXPECT_LT(target->check_ioba(12, 10, 10, 0x9000, 1), 0);
  EXPECT_LT(target->check_ioba(12, 10, 10, 0xa000, 11), 0);
  EXPECT_LT(target->check_ioba(12, 10, 10, 0x14000, 1), 0);
  EXPECT_LT(target->check_ioba(12, 10, 10, 0xa001, 1), 0);
  EXPECT_LT(target->check_ioba(12, 10, 10, 0xb000, UINT64_MAX), 0);
  EXPECT_LT(target->check_ioba(12, 10, 10, 0xb000, UINT64_MAX - 10), 0);
  EXPECT_EQ(target->check_ioba(34, 0, UINT64_MAX, uint64_t{7} << 34, 1), 0);
  EXPECT_LT(target->check_ioba(34, 0, 100, uint64_t{1} << 33, 1), 0);
  EXPECT_LT(target->check_ioba(12, UINT64_MAX - 1, 10, 0xb000, 1), 0);
  EXPECT_EQ(target->check_gpa(16, 0x30000), 0);
  EXPECT_LT(target->check_gpa(16, 0x31000), 0);
  EXPECT_EQ(target->check_gpa(34, 0), 0);
  EXPECT_LT(target->check_gpa(34, uint64_t{1} << 33), 0);
}

TEST(Builtin, ReportsOnePool) {
  TestEnvironment environment(12, 10, 10);
  const nospan_configuration configuration = plain_configuration(12, 10, 10);
  const nospan_target* target = nospan_builtin_target();
  void* table = target->create(environment.get(), &configuration);
  nospan_pool pool = {7, 7};
  EXPECT_EQ(target->pools(table, &pool, 0), 1u);
  EXPECT_EQ(pool.start, 7u);
  EXPECT_EQ(target->pools(table, &pool, 1), 1u);
  EXPECT_EQ(pool.start, 0u);
  EXPECT_EQ(pool.end, 10u);
  target->destroy(table);
}

TEST(Builtin, GivesTheSameResultsForTheSameCalls) {
  std::vector<uint64_t> results[2];
  for (auto& result : results) {
    nospan_configuration configuration = plain_configuration(12, 3, 70000);
    configuration.cpus = 4;
    Table table(configuration);
    std::mt19937_64 random(7);
    std::vector<std::pair<uint64_t, uint64_t>> live;
    for (int i = 0; i < 5000; ++i) {
      if (live.empty() || random() % 3 != 0) {
        const uint64_t size = 1 + random() % (100 * kPage);
        result.push_back(table.map(random() >> 10, size));
        if (result.back() != NOSPAN_MAPPING_ERROR) live.emplace_back(result.back(), size);
      } else {
        const size_t which = random() % live.size();
        table.unmap(live[which].first, live[which].second);
        live[which] = live.back();
        live.pop_back();
      }
    }
  }
  EXPECT_EQ(results[0], results[1]);
}

}  // namespace
}  // namespace nospan::builtin
