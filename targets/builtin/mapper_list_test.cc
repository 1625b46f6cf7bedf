// SPDX-License-Identifier: BSD-2-Clause
// Lists: what is merged into one segment, and what has to be split.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "targets/builtin/test_table.h"

namespace nospan::builtin {
namespace {

TEST(Builtin, UndoesAListThatDoesNotFit) {
  Table table(plain_configuration(12, 0, 10));
  const auto allocation = table.allocation();
  std::vector<nospan_segment> list = {element(0x1010, 4 * kPage), element(0x31010, 4 * kPage), element(0x1, 1)};
  EXPECT_LT(table.map_sg(list), 0);
  EXPECT_EQ(table.allocation(), allocation);
  table.expect_empty();
  for (const nospan_segment& one : list) EXPECT_EQ(one.dma_length, 0u);
}

TEST(Builtin, MergesWhatIsAdjacentOnTheBus) {
  Table table(plain_configuration(12, 0, 100));
  // Guest memory is not adjacent, but elements end and start on IOMMU pages.
  std::vector<nospan_segment> list = {element(0x1800, 0x800), element(0, 0),         element(0x8000, kPage),
                                      element(0x9000, kPage), element(0x4000, 0x10), element(0x4010, 0x10)};
  EXPECT_EQ(table.map_sg(list), 2);
  EXPECT_EQ(list[0].dma_length, 0x800 + 2 * kPage + 0x10);
  EXPECT_EQ(list[1].dma_length, 0x10u);
  EXPECT_EQ(list[2].dma_length, 0u);
  EXPECT_EQ(list[5].dma_length, 0u);
  const uint64_t dma = list[0].dma_address;
  EXPECT_EQ(table.translate(dma), 0x1800u);
  EXPECT_EQ(table.translate(dma + 0x800), 0x8000u);
  EXPECT_EQ(table.translate(dma + 0x800 + kPage), 0x9000u);
  EXPECT_EQ(table.translate(dma + 0x800 + 2 * kPage), 0x4000u);
  EXPECT_EQ(table.translate(list[1].dma_address), 0x4010u);
  EXPECT_EQ(table.environment.puts, 4u);  // 0x8000 and 0x9000 in one
  table.unmap_sg(list);
  table.expect_empty();
}

TEST(Builtin, MergesNothingIfToldSo) {
  nospan_configuration configuration = plain_configuration(12, 0, 100);
  configuration.virtual_merge = 0;
  Table table(configuration);
  std::vector<nospan_segment> list = {element(0x1000, kPage), element(0x2000, kPage)};
  EXPECT_EQ(table.map_sg(list), 2);
  table.unmap_sg(list);
  table.expect_empty();
}

TEST(Builtin, MergesNoFurtherThanTheMaximumSegmentSize) {
  nospan_configuration configuration = plain_configuration(16, 1, uint64_t{1} << 18);
  configuration.max_segment_size = 0x20000;
  Table table(configuration);
  std::vector<nospan_segment> list(5, element(0x10000, 0x10000));
  list.push_back(element(0x100000, 0x30000));  // longer than the maximum: alone
  list.push_back(element(0x10000, 0x10000));
  EXPECT_EQ(table.map_sg(list), 5);
  EXPECT_THAT((std::vector<uint32_t>{list[0].dma_length, list[1].dma_length, list[2].dma_length,
                                     list[3].dma_length, list[4].dma_length, list[5].dma_length}),
              testing::ElementsAre(0x20000, 0x20000, 0x10000, 0x30000, 0x10000, 0));
  table.unmap_sg(list);
  table.expect_empty();

  // Lengths whose sum wraps around 32 bits.
  configuration.max_segment_size = UINT32_MAX;
  Table large(configuration);
  std::vector<nospan_segment> wide(4, element(0x10000, 0x80000000));
  EXPECT_EQ(large.map_sg(wide), 4);
  EXPECT_EQ(wide[0].dma_length, 0x80000000u);
  large.unmap_sg(wide);
  large.expect_empty();
}

TEST(Builtin, MergesNotAcrossASegmentBoundary) {
  nospan_configuration configuration = plain_configuration(12, 0, 100);
  configuration.segment_boundary = 4 * kPage - 1;
  Table table(configuration);
  std::vector<nospan_segment> list(10, element(0x5000, kPage));
  const int segments = table.map_sg(list);
  ASSERT_EQ(segments, 3);
  for (int i = 0; i < segments; ++i) {
    const uint64_t first = list[static_cast<size_t>(i)].dma_address;
    const uint64_t last = first + list[static_cast<size_t>(i)].dma_length - 1;
    EXPECT_EQ(first / (4 * kPage), last / (4 * kPage));
  }
  table.unmap_sg(list);
  table.expect_empty();
}

TEST(Builtin, SkipsEmptyElements) {
  Table table(plain_configuration(12, 0, 100));
  std::vector<nospan_segment> list = {element(0, 0), element(0x1001, 5), element(7, 0), element(0x3001, 5),
                                      element(0, 0)};
  EXPECT_EQ(table.map_sg(list), 2);
  EXPECT_EQ(list[0].dma_length, 5u);
  EXPECT_EQ(list[1].dma_length, 5u);
  EXPECT_EQ(list[2].dma_length, 0u);
  EXPECT_EQ(list[4].dma_length, 0u);
  table.unmap_sg(list);
  table.expect_empty();
  std::vector<nospan_segment> empty(3, element(0x1000, 0));
  EXPECT_LT(table.map_sg(empty), 0);
  EXPECT_EQ(empty[0].dma_length, 0u);
  std::vector<nospan_segment> none;
  EXPECT_LT(table.map_sg(none), 0);
  std::vector<nospan_segment> wraps = {element(0x1000, 1), element(UINT64_MAX - 1, 3)};
  EXPECT_LT(table.map_sg(wraps), 0);
  table.expect_empty();
}

// Regression-proofing: a list that fits an empty window must not fail because hints point at its middle.
TEST(Builtin, PacksAListIfItHasTo) {
  Table table(plain_configuration(12, 1, 200));
  const uint64_t low = table.map(0x1000, 70 * kPage);
  const uint64_t middle = table.map(0x1000, kPage);
  table.unmap(low, 70 * kPage);
  table.unmap(middle, kPage);
  std::vector<nospan_segment> list = {element(0x10, 0x10), element(0x1000, 199 * kPage)};
  EXPECT_EQ(table.map_sg(list), 2);
  table.unmap_sg(list);
  table.expect_empty();
}

TEST(Builtin, SplitsASegmentIfThereIsNoRoomInOnePiece) {
  Table table(plain_configuration(12, 1, 8));
  std::vector<uint64_t> mapped;
  for (int i = 0; i < 8; ++i) mapped.push_back(table.map(0x1000, kPage));
  for (size_t i = 0; i < 8; i += 2) table.unmap(mapped[i], kPage);
  std::vector<nospan_segment> list(4, element(0x5000, kPage));
  EXPECT_EQ(table.map_sg(list), 4);
  table.unmap_sg(list);
  for (size_t i = 1; i < 8; i += 2) table.unmap(mapped[i], kPage);
  table.expect_empty();
}

TEST(Builtin, SplitsASegmentNoFurtherThanItHasTo) {
  Table table(plain_configuration(12, 1, 12));
  std::vector<uint64_t> mapped;
  for (int i = 0; i < 12; ++i) mapped.push_back(table.map(0x1000, kPage));
  for (size_t i = 0; i < 12; i += 3) {
    table.unmap(mapped[i], kPage);
    table.unmap(mapped[i + 1], kPage);
  }
  std::vector<nospan_segment> list(8, element(0x5000, kPage));
  EXPECT_EQ(table.map_sg(list), 4);
  table.unmap_sg(list);
  for (size_t i = 2; i < 12; i += 3) table.unmap(mapped[i], kPage);
  table.expect_empty();
}

}  // namespace
}  // namespace nospan::builtin
