// SPDX-License-Identifier: BSD-2-Clause
// The kernel's mapping code behind the C interface: every packaged version, both page sizes, with and without
// checks for undefined behaviour.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "targets/linux/build.h"
#include "targets/linux/test_environment.h"
#include "targets/linux/tree.h"

namespace nospan::linux_target {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Variant {
  std::string version;
  std::uint32_t page_shift;
  bool sanitized;
};

std::vector<Variant> variants() {
  std::vector<Variant> list;
  for (const std::string& version : packaged_versions()) {
    for (const std::uint32_t shift : {12u, 16u}) {
      for (const bool sanitized : {false, true}) list.push_back({version, shift, sanitized});
    }
  }
  return list;
}

std::string variant_name(const testing::TestParamInfo<Variant>& info) {
  std::string name = fmt::format("{}_{}{}", info.param.version, info.param.page_shift,
                                 info.param.sanitized ? "_sanitized" : "");
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

void PrintTo(const Variant& variant, std::ostream* out) {
  *out << variant.version << " " << variant.page_shift;
}

class TargetTest : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    auto tree = packaged_tree(GetParam().version);
    ASSERT_TRUE(tree) << tree.error().line();
    auto library = build_library(*tree, {.system_page_shift = static_cast<int>(GetParam().page_shift),
                                         .sanitized = GetParam().sanitized});
    ASSERT_TRUE(library) << library.error().line();
    target_ = std::make_unique<LoadedTarget>(*library);
    version_ = tree->version();
    configuration_ = plain_configuration(GetParam().page_shift);
  }

  void create() {
    environment_ = std::make_unique<TestEnvironment>(configuration_.page_shift);
    table_ = target()->create(environment_->get(), &configuration_);
    ASSERT_NE(table_, nullptr);
  }

  void TearDown() override {
    if (environment_) {
      if (table_ != nullptr) target()->destroy(table_);
      EXPECT_THAT(environment_->allocated, IsEmpty()) << "destroy() leaks";
      EXPECT_THAT(environment_->mistakes, IsEmpty());
    }
  }

  const LoadedTarget& target() const { return *target_; }
  std::uint64_t page_size() const { return std::uint64_t{1} << GetParam().page_shift; }

  std::uint64_t map(std::uint64_t page, std::uint64_t offset, std::uint64_t size,
                    std::uint32_t direction = NOSPAN_BIDIRECTIONAL) {
    const nospan_map_request request{page, offset, size, 0, direction, 0};
    return target()->map_page(table_, &request);
  }

  std::vector<bool> allocation() const {
    std::vector<std::uint64_t> words((configuration_.entries + 63) / 64);
    target()->read_allocation(table_, 0, configuration_.entries, words.data());
    std::vector<bool> bits(configuration_.entries);
    for (std::size_t i = 0; i < bits.size(); i++) bits[i] = words[i / 64] >> (i % 64) & 1;
    return bits;
  }

  std::unique_ptr<LoadedTarget> target_;
  std::unique_ptr<TestEnvironment> environment_;
  nospan_configuration configuration_{};
  void* table_ = nullptr;
  std::string version_;
};

TEST_P(TargetTest, SaysWhatItIs) {
  EXPECT_EQ(target()->abi, NOSPAN_TARGET_ABI);
  EXPECT_STREQ(target()->name, "linux");
  EXPECT_EQ(target()->version, version_);
  EXPECT_TRUE(version_.starts_with(GetParam().version + ".")) << version_;
  EXPECT_EQ(target()->system_page_shifts, page_size());
  EXPECT_EQ(target()->flags, NOSPAN_TARGET_CONCURRENT | NOSPAN_TARGET_LARGE_POOL);
}

TEST_P(TargetTest, MapsOneBufferToItsOwnAddress) {
  create();
  // Real memory far above what a host has, an offset beyond the page, an end just in a third IOMMU page.
  const std::uint64_t page = (std::uint64_t{1} << 50) - 16 * page_size();
  const std::uint64_t dma = map(page, page_size() + 0xf00, 0x1200, NOSPAN_TO_DEVICE);
  ASSERT_NE(dma, NOSPAN_MAPPING_ERROR);
  EXPECT_EQ(dma & 0xfff, 0xf00u);
  ASSERT_EQ(environment_->tces.size(), 3u);
  std::uint64_t index = dma >> 12;
  EXPECT_GE(index, configuration_.first_index);
  for (std::uint64_t i = 0; i < 3; i++) {
    EXPECT_EQ(environment_->tces.at(index + i), page + page_size() + i * 0x1000 + NOSPAN_TCE_READ);
    EXPECT_TRUE(allocation()[index - configuration_.first_index + i]);
  }
  EXPECT_EQ(environment_->flushes, 1u);
  EXPECT_EQ(target()->in_use(table_), 1);

  target()->unmap_page(table_, dma, 0x1200, NOSPAN_TO_DEVICE, 0, 0);
  EXPECT_THAT(environment_->tces, IsEmpty());
  EXPECT_EQ(allocation(), std::vector<bool>(configuration_.entries));
  EXPECT_EQ(target()->in_use(table_), 0);
  EXPECT_THAT(environment_->warnings, IsEmpty());
}

TEST_P(TargetTest, WhatADeviceMayWriteItMayRead) {
  create();
  for (const auto& [direction, bits] : std::vector<std::pair<std::uint32_t, std::uint64_t>>{
           {NOSPAN_BIDIRECTIONAL, 3}, {NOSPAN_TO_DEVICE, 1}, {NOSPAN_FROM_DEVICE, 3}}) {
    const std::uint64_t dma = map(0x100000, 0, 1, direction);
    EXPECT_EQ(environment_->tces.at(dma >> 12), 0x100000 | bits);
  }
}

TEST_P(TargetTest, AFailedTceWriteLeavesNothing) {
  create();
  environment_->put_most = 2;
  EXPECT_EQ(map(0x100000, 0, 0x4000), NOSPAN_MAPPING_ERROR);
  EXPECT_THAT(environment_->tces, IsEmpty());
  EXPECT_EQ(target()->in_use(table_), 0);
}

TEST_P(TargetTest, ReservedEntriesAndEntryZeroAreMarked) {
  configuration_.first_index = 0;
  configuration_.reserved_start = 100;
  configuration_.reserved_end = 200;
  create();
  const std::vector<bool> bits = allocation();
  for (std::size_t i = 0; i < bits.size(); i++) EXPECT_EQ(bits[i], i == 0 || (i >= 100 && i < 200)) << i;
  EXPECT_EQ(target()->in_use(table_), 0);
}

TEST_P(TargetTest, PoolsCoverTheWindow) {
  // 1 GiB is where the kernel splits the window.
  for (const auto& [entries, pools] :
       std::vector<std::pair<std::uint64_t, std::uint32_t>>{{4096, 2}, {262144, 5}}) {
    configuration_.entries = entries;
    create();
    std::vector<nospan_pool> list(8);
    ASSERT_EQ(target()->pools(table_, list.data(), 8), pools);
    std::uint64_t end = 0;
    for (std::uint32_t i = 0; i < pools; i++) {
      EXPECT_EQ(list[i].start, end);
      end = list[i].end;
    }
    EXPECT_EQ(end, entries);
    nospan_pool only{};
    EXPECT_EQ(target()->pools(table_, &only, 1), pools);
    target()->destroy(table_);
    table_ = nullptr;
  }
}

TEST_P(TargetTest, CpuNumbersStartInDifferentPools) {
  configuration_.entries = 262144;
  configuration_.cpus = 64;
  create();
  std::set<std::uint64_t> quarters;
  for (std::uint32_t cpu = 0; cpu < 64; cpu++) {
    const nospan_map_request request{0x100000, 0, 1, 0, NOSPAN_BIDIRECTIONAL, cpu};
    const std::uint64_t dma = target()->map_page(table_, &request);
    quarters.insert(((dma >> 12) - configuration_.first_index) / 49152);
  }
  EXPECT_EQ(quarters.size(), 4u);
}

TEST_P(TargetTest, AListIsMergedWhereItIsAdjacent) {
  configuration_.max_segment_size = 3 * 0x10000;
  create();
  std::vector<nospan_segment> list;
  for (std::uint64_t i = 0; i < 4; i++) list.push_back({0x1000000 + i * 0x10000, 0x10000, 0xdead, 0xdead0000});
  // Large allocations follow each other, so the list is merged up to the largest segment.
  ASSERT_EQ(target()->map_sg(table_, list.data(), 4, NOSPAN_FROM_DEVICE, 0, 3), 2);
  EXPECT_EQ(list[0].dma_length, 0x30000u);
  EXPECT_EQ(list[1].dma_length, 0x10000u);
  EXPECT_EQ(list[2].dma_length, 0u) << "the kernel ends the list for unmap_sg";
  EXPECT_EQ(list[3].dma_length, 0xdeadu) << "stale values of the caller stay";
  EXPECT_EQ(list[0].address, 0x1000000u);
  ASSERT_EQ(environment_->tces.size(), 64u);
  for (std::uint64_t i = 0; i < 48; i++) {
    EXPECT_EQ(environment_->tces.at((list[0].dma_address >> 12) + i), (0x1000000 + i * 0x1000) | 3);
  }
  target()->unmap_sg(table_, list.data(), 4, NOSPAN_FROM_DEVICE, 0, 3);
  EXPECT_THAT(environment_->tces, IsEmpty());
  EXPECT_EQ(target()->in_use(table_), 0);
}

// Merging is a boot parameter in the kernel, shared by all tables; here each table has its own.
TEST_P(TargetTest, MergingCanBeSwitchedOffPerTable) {
  configuration_.max_segment_size = 0x20000;
  create();
  TestEnvironment other_environment(12);
  configuration_.virtual_merge = 0;
  void* const other = target()->create(other_environment.get(), &configuration_);
  const auto segments = [&](void* table) {
    std::vector<nospan_segment> list = {{0x1000000, 0x10000, 0, 0}, {0x1010000, 0x10000, 0, 0}};
    return target()->map_sg(table, list.data(), 2, NOSPAN_TO_DEVICE, 0, 0);
  };
  EXPECT_EQ(segments(table_), 1);
  EXPECT_EQ(segments(other), 2);
  EXPECT_EQ(segments(table_), 1);
  target()->destroy(other);
}

TEST_P(TargetTest, AListThatDoesNotFitIsUndone) {
  configuration_.entries = 64;
  create();
  std::vector<nospan_segment> list(16, nospan_segment{0x1000000, 0x8000, 0, 0});
  EXPECT_EQ(target()->map_sg(table_, list.data(), 16, NOSPAN_TO_DEVICE, 0, 0), -EIO);
  EXPECT_THAT(environment_->tces, IsEmpty());
  EXPECT_EQ(target()->in_use(table_), 0);
}

TEST_P(TargetTest, LongListsWork) {
  configuration_.entries = 65536;
  configuration_.virtual_merge = 0;
  create();
  std::vector<nospan_segment> list(4096, nospan_segment{0x1000000, 0x1000, 0, 0});
  EXPECT_EQ(target()->map_sg(table_, list.data(), 4096, NOSPAN_TO_DEVICE, 0, 1), 4096);
  EXPECT_EQ(environment_->tces.size(), 4096u);
  target()->unmap_sg(table_, list.data(), 4096, NOSPAN_TO_DEVICE, 0, 1);
  EXPECT_THAT(environment_->tces, IsEmpty());
}

TEST_P(TargetTest, AnEmptyListIsAnError) {
  create();
  nospan_segment segment{0x1000000, 0x1000, 0, 0};
  EXPECT_EQ(target()->map_sg(table_, &segment, 0, NOSPAN_TO_DEVICE, 0, 0), -EINVAL);
}

TEST_P(TargetTest, CoherentMemoryIsZeroedAlignedAndGivenBack) {
  create();
  std::uint64_t address = 0;
  std::uint64_t dma = 0;
  const std::uint64_t size = 3 * page_size() - 5;
  ASSERT_EQ(target()->alloc_coherent(table_, size, 0, &address, &dma), 0);
  EXPECT_EQ(address, environment_->next_page);
  EXPECT_THAT(environment_->zeroed, testing::ElementsAre(std::pair(address, 3 * page_size())));
  EXPECT_EQ(environment_->tces.size(), 3 * page_size() / 4096);
  EXPECT_EQ(environment_->tces.at(dma >> 12), address | 3);
  EXPECT_EQ(dma % (4 * page_size()), 0u) << "aligned to the order of its size";
  EXPECT_EQ(environment_->pages.count({address, 2}), 1u);
  target()->free_coherent(table_, size, address, dma, 0);
  EXPECT_THAT(environment_->pages, IsEmpty());
  EXPECT_THAT(environment_->tces, IsEmpty());

  environment_->fail_pages = true;
  EXPECT_EQ(target()->alloc_coherent(table_, size, 0, &address, &dma), -ENOMEM);
}

TEST_P(TargetTest, CoherentMemoryHasAMaskOfItsOwn) {
  // The first entry only, which the kernel's search never takes: nothing fits.
  configuration_.coherent_mask = (configuration_.first_index << 12) + 0xfff;
  create();
  std::uint64_t address = 0;
  std::uint64_t dma = 0;
  EXPECT_NE(map(0x100000, 0, 1), NOSPAN_MAPPING_ERROR);
  const auto allocate = [&] { return target()->alloc_coherent(table_, 4096, 0, &address, &dma); };
  EXPECT_EQ(allocate(), -ENOMEM);
  EXPECT_THAT(environment_->pages, IsEmpty());
}

TEST_P(TargetTest, ACrashKernelKeepsLiveEntries) {
  configuration_.inherited = 1;
  environment_ = std::make_unique<TestEnvironment>(12);
  environment_->tces[configuration_.first_index + 5] = 0x5003;
  environment_->tces[configuration_.first_index + 70] = 0x6001;
  table_ = target()->create(environment_->get(), &configuration_);
  EXPECT_EQ(environment_->tces.size(), 2u);
  const std::vector<bool> bits = allocation();
  for (std::size_t i = 0; i < bits.size(); i++) EXPECT_EQ(bits[i], i == 5 || i == 70) << i;
  EXPECT_EQ(target()->in_use(table_), 1);
  // Destroying a table that is in use makes the kernel warn.
  target()->destroy(table_);
  table_ = nullptr;
  ASSERT_EQ(environment_->warnings.size(), 1u);
  EXPECT_THAT(environment_->warnings[0], HasSubstr("arch/powerpc/kernel/iommu.c:"));
  EXPECT_THAT(environment_->warnings[0], HasSubstr("iommu_table_free: Unexpected TCEs"));
}

TEST_P(TargetTest, OtherwiseLiveEntriesAreCleared) {
  environment_ = std::make_unique<TestEnvironment>(12);
  environment_->tces[configuration_.first_index + 5] = 0x5003;
  environment_->tces[configuration_.first_index - 1] = 0x7003;  // another window's
  table_ = target()->create(environment_->get(), &configuration_);
  EXPECT_THAT(environment_->tces, testing::ElementsAre(std::pair(configuration_.first_index - 1, 0x7003)));
}

TEST_P(TargetTest, CallsWithoutATableFail) {
  create();
  const nospan_map_request request{0x100000, 0, 1, 0, NOSPAN_BIDIRECTIONAL, 0};
  EXPECT_EQ(target()->map_page(nullptr, &request), NOSPAN_MAPPING_ERROR);
  target()->unmap_page(nullptr, 0x1000, 1, NOSPAN_BIDIRECTIONAL, 0, 0);
  nospan_segment segment{0x1000000, 0x1000, 0, 0};
  EXPECT_EQ(target()->map_sg(nullptr, &segment, 1, NOSPAN_TO_DEVICE, 0, 0), -EINVAL);
  target()->unmap_sg(nullptr, &segment, 1, NOSPAN_TO_DEVICE, 0, 0);
  target()->free_coherent(nullptr, 4096, 0x1000, 0x1000, 0);
  EXPECT_THAT(environment_->tces, IsEmpty());
}

// iommu_alloc_coherent() reads tbl->it_page_shift before it looks whether there is a table. Optimized code may
// move the read behind the look; the sanitized build says what the source says.
TEST_P(TargetTest, CoherentMemoryWithoutATableIsReadThroughNull) {
  if (!GetParam().sanitized) GTEST_SKIP() << "depends on the optimizer";
  create();
  std::uint64_t address = 0;
  std::uint64_t dma = 0;
  try {
    target()->alloc_coherent(nullptr, 4096, 0, &address, &dma);
    ADD_FAILURE() << "no longer so: tell the findings";
  } catch (const TargetFailed& failed) {
    EXPECT_EQ(failed.failure, NOSPAN_FAILURE_UNDEFINED);
    EXPECT_THAT(failed.what(), testing::StartsWith("arch/powerpc/kernel/iommu.c:"));
    EXPECT_THAT(failed.what(), HasSubstr("null pointer"));
  }
}

TEST_P(TargetTest, NoDirectionIsABug) {
  create();
  try {
    map(0x100000, 0, 1, NOSPAN_NO_DIRECTION);
    ADD_FAILURE() << "the kernel has BUG_ON(direction == DMA_NONE)";
  } catch (const TargetFailed& failed) {
    EXPECT_EQ(failed.failure, NOSPAN_FAILURE_BUG);
    EXPECT_THAT(failed.what(),
                testing::MatchesRegex("BUG at arch/powerpc/kernel/iommu.c:[0-9]+: direction == .*"));
  }
  // The next call on this thread is not blamed for it.
  EXPECT_NE(map(0x100000, 0, 1), NOSPAN_MAPPING_ERROR);
}

// IOMMU_PAGE_MASK() shifts an int by the page shift: 34 bits for the 16G pages of a dynamic window.
TEST_P(TargetTest, TheMaskOfHugePagesIsAShiftTooFar) {
  if (!GetParam().sanitized) GTEST_SKIP() << "undefined without the sanitizer";
  configuration_.page_shift = 34;
  configuration_.first_index = 0x10000;
  configuration_.entries = 64;
  create();
  try {
    map(0x400000000, 0, 1);
    ADD_FAILURE() << "no longer so: tell the findings";
  } catch (const TargetFailed& failed) {
    EXPECT_EQ(failed.failure, NOSPAN_FAILURE_UNDEFINED);
    EXPECT_THAT(failed.what(),
                testing::MatchesRegex("arch/powerpc/kernel/iommu.c:[0-9]+:[0-9]+: shift out of bounds: "
                                      "1, a 32-bit 'int', by 34"));
  }
}

TEST_P(TargetTest, CreateSaysWhenThereIsNoMemory) {
  for (const int which : {0, 1}) {
    environment_ = std::make_unique<TestEnvironment>(12);
    environment_->fail_allocation = which;
    table_ = target()->create(environment_->get(), &configuration_);
    EXPECT_EQ(table_, nullptr) << which;
    EXPECT_THAT(environment_->allocated, IsEmpty()) << which;
  }
}

TEST_P(TargetTest, AWrongConfigurationIsOurError) {
  environment_ = std::make_unique<TestEnvironment>(12);
  configuration_.system_page_shift = 28 - GetParam().page_shift;
  EXPECT_THROW(target()->create(environment_->get(), &configuration_), TargetFailed);
}

TEST_P(TargetTest, ChecksOfVfioAndKvm) {
  create();
  EXPECT_EQ(target()->check_ioba(16, 10, 5, 0xa0000, 5), 0);
  EXPECT_EQ(target()->check_ioba(16, 10, 5, 0xa0000, 6), -EINVAL);
  EXPECT_EQ(target()->check_ioba(16, 10, 5, 0xa1000, 1), -EINVAL);
  EXPECT_EQ(target()->check_ioba(16, 10, 5, 0x90000, 1), -EINVAL);
  EXPECT_EQ(target()->check_gpa(16, 0x30000), 0);
  EXPECT_EQ(target()->check_gpa(16, 0x31000), -EINVAL);
  EXPECT_EQ(target()->tce_direction(0x1001), NOSPAN_TO_DEVICE);
  EXPECT_EQ(target()->tce_direction(0x1002), NOSPAN_FROM_DEVICE);
  EXPECT_EQ(target()->tce_direction(0x1003), NOSPAN_BIDIRECTIONAL);
  EXPECT_EQ(target()->tce_direction(0x1000), NOSPAN_NO_DIRECTION);
  EXPECT_EQ(target()->direction_permissions(NOSPAN_FROM_DEVICE), NOSPAN_TCE_WRITE);
  EXPECT_EQ(target()->direction_permissions(NOSPAN_NO_DIRECTION), 0u);
}

// A segment boundary that is no power of two is a BUG_ON inside the pool's lock: that table is lost, no other
// is.
TEST_P(TargetTest, ABugUnderALockIsNotBlamedOnTheNextTable) {
  configuration_.segment_boundary = 0x2fff;
  create();
  try {
    map(0x100000, 0, 1);
    ADD_FAILURE() << "the kernel has BUG_ON(!is_power_of_2(boundary_size))";
  } catch (const TargetFailed& failed) {
    EXPECT_EQ(failed.failure, NOSPAN_FAILURE_BUG);
    EXPECT_THAT(failed.what(), testing::StartsWith("BUG at include/linux/iommu-helper.h:"));
  }
  target()->destroy(table_);
  configuration_.segment_boundary = UINT32_MAX;
  create();
  EXPECT_NE(map(0x100000, 0, 1), NOSPAN_MAPPING_ERROR);
}

// Who holds each TCE, for several threads: TestEnvironment's own map is for one.
struct SharedTces {
  std::vector<std::atomic<int>> taken = std::vector<std::atomic<int>>(1u << 18);
  std::atomic<int> mistakes = 0;
  std::uint64_t first_index = 0;

  void change(std::uint64_t index, std::uint64_t count, int from) {
    for (std::uint64_t i = index - first_index; i < index - first_index + count; i++) {
      if (taken[i].exchange(!from) != from) mistakes++;
    }
  }
};

// All threads allocate in the large pool, so a lock that does not lock would give a TCE to two of them.
TEST_P(TargetTest, ThreadsShareATable) {
  configuration_.entries = 1u << 18;
  SharedTces shared;
  shared.first_index = configuration_.first_index;
  static SharedTces* current;  // the environment's context stays with TestEnvironment, which allocates
  current = &shared;
  environment_ = std::make_unique<TestEnvironment>(12);
  environment_->change().put_tces = [](void*, std::uint64_t index, std::uint64_t count, std::uint64_t) {
    current->change(index, count, 0);
    return 0;
  };
  environment_->change().clear_tces = [](void*, std::uint64_t index, std::uint64_t count) {
    if (count < 1u << 18) current->change(index, count, 1);  // not create(), which clears the window
  };
  environment_->change().flush = [](void*) {};
  table_ = target()->create(environment_->get(), &configuration_);

  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (std::uint32_t cpu = 0; cpu < 4; cpu++) {
    threads.emplace_back([&, cpu] {
      std::vector<std::uint64_t> live;
      for (int i = 0; i < 10000; i++) {
        const nospan_map_request request{0x100000, 0, 0x10000, 0, NOSPAN_BIDIRECTIONAL, cpu};
        live.push_back(target()->map_page(table_, &request));
        if (live.back() == NOSPAN_MAPPING_ERROR) failures++;
        if (live.size() < 50) continue;
        for (const std::uint64_t dma : live) {
          target()->unmap_page(table_, dma, 0x10000, NOSPAN_BIDIRECTIONAL, 0, cpu);
        }
        live.clear();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(shared.mistakes, 0);
  EXPECT_EQ(target()->in_use(table_), 0);
}

INSTANTIATE_TEST_SUITE_P(Linux, TargetTest, testing::ValuesIn(variants()), variant_name);

}  // namespace
}  // namespace nospan::linux_target
