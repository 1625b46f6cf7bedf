// SPDX-License-Identifier: BSD-2-Clause
// The model's rules of lists, against implementations that are wrong in one way at a time.
#include <gtest/gtest.h>

#include <vector>

#include "model/reference_fixture.h"

namespace nospan::model {
namespace {

// builtin packs a list that does not fit otherwise.
TEST_F(ReferenceTest, ElementsOfALongerListMayLieSideBySide) {
  configuration_.system_page = {16};
  start();
  reference_.begin_call();
  install(9, {0x10000}, 0x10000);
  install(25, {0x30000}, 0x10000);
  const std::vector<ListElement> elements = {{{0x10000}, 0x10000}, {{0x30000}, 0x10000}};
  const std::vector<ListSegment> segments = {{dma_of(9, {0x10000}), 0x10000}, {dma_of(25, {0x30000}), 0x10000}};
  reference_.mapped_list(0, elements, Direction::kBidirectional, segments);
  EXPECT_EQ(violated(), "");
}

TEST_F(ReferenceTest, AlignTheOnlyElementOfAList) {
  configuration_.system_page = {16};
  start();
  reference_.begin_call();
  install(9, {0x10000}, 0x10000);
  const std::vector<ListElement> elements = {{{0x10000}, 0x10000}};
  const std::vector<ListSegment> segments = {{dma_of(9, {0x10000}), 0x10000}};
  reference_.mapped_list(0, elements, Direction::kBidirectional, segments);
  EXPECT_EQ(violated(), "ALIGN-1");
}

TEST_F(ReferenceTest, CapTheKeptPoolIsSpentLastByLists) {
  fake_.told = {{0, 32, false}, {32, 64, true}};
  start();
  reference_.begin_call();
  install(8, {0x1000}, 0x1000);
  install(40, {0x3000}, 0x1000);
  const std::vector<ListElement> elements = {{{0x1000}, 0x1000}, {{0x3000}, 0x1000}};
  const std::vector<ListSegment> segments = {{dma_of(8, {0x1000}), 0x1000}, {dma_of(40, {0x3000}), 0x1000}};
  reference_.mapped_list(0, elements, Direction::kBidirectional, segments);
  EXPECT_EQ(violated(), "CAP-1");
}

TEST_F(ReferenceTest, SegmentsMustHoldTheElements) {
  start();
  const std::vector<ListElement> elements{{{0x1000}, 0x1000}, {{0x5000}, 0x1000}};
  reference_.begin_call();
  install(8, {0x1000}, 0x1000);
  install(9, {0x5000}, 0x1000);
  const std::vector<ListSegment> short_of_one{{dma_of(8, {0x1000}), 0x1000}};
  reference_.mapped_list(0, elements, Direction::kBidirectional, short_of_one);
  EXPECT_EQ(violated(), "XLAT-1");
}

// What the model says of two elements that are one segment, mapped one behind the other from `entry` on. The
// first has a page.
class MergedSegment : public ReferenceTest {
 protected:
  void map_merged(std::uint64_t entry, std::uint32_t second_bytes = 0x1000) {
    start();
    const std::vector<ListElement> elements{{{0x1000}, 0x1000}, {{0x5000}, second_bytes}};
    reference_.begin_call();
    install(entry, {0x1000}, 0x1000);
    install(entry + 1, {0x5000}, second_bytes);
    const std::vector<ListSegment> merged{{dma_of(entry, {0x1000}), 0x1000 + second_bytes}};
    reference_.mapped_list(0, elements, Direction::kBidirectional, merged);
  }
};

TEST_F(MergedSegment, IsTwoElements) {
  map_merged(8);
  EXPECT_EQ(violated(), "");
}

TEST_F(MergedSegment, ExceedsTheMaximum) {
  configuration_.device.max_segment_size = 0x1fff;
  map_merged(8);
  EXPECT_EQ(violated(), "RANGE-2");
}

TEST_F(MergedSegment, CrossesABoundaryBetweenItsElements) {
  configuration_.device.segment_boundary = 0xffff;
  map_merged(15);
  EXPECT_EQ(violated(), "RANGE-2");
  EXPECT_EQ(symptom(), Symptom::kMergeCrossesBoundary);
}

// The guard of merge-crosses-segment-boundary excused this, too.
TEST_F(MergedSegment, WithAnElementThatCrossesByItself) {
  configuration_.device.segment_boundary = 0xffff;
  map_merged(14, 0x2000);
  EXPECT_EQ(violated(), "RANGE-2");
  EXPECT_EQ(symptom(), Symptom::kOther);
}

}  // namespace
}  // namespace nospan::model
