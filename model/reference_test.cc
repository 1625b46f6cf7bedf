// SPDX-License-Identifier: BSD-2-Clause
// The model against implementations that are wrong in one way at a time: a rule that no mistake breaks is no
// rule.
#include "model/reference.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/reference_fixture.h"

namespace nospan::model {
namespace {

TEST_F(ReferenceTest, AcceptsARightMappingAndItsInverse) {
  start();
  EXPECT_EQ(violated(), "");
  map(0, 8, {0x1ff0}, 0x20);
  EXPECT_EQ(violated(), "");
  reference_.begin_call();
  withdraw({24}, 2);
  reference_.unmapped(0);
  reference_.begin_call();
  reference_.answered_in_use(false);
  reference_.finished();
  EXPECT_EQ(violated(), "");
}

// The check of the pool for large requests took the last of no pools, for a mapping one TCE below the window.
TEST_F(ReferenceTest, AMappingJustBelowAWindowWithoutPoolsIsOutside) {
  class TellsNoPools : public Fake {
   public:
    std::span<const Pool> pools() override { return {}; }
  };
  TellsNoPools fake;
  start();
  fake.state = fake_.state;
  reference_.reset(configuration_, layout_, fake);
  reference_.begin_call();
  reference_.created();
  reference_.begin_call();
  reference_.mapped_page(0, {0x1000}, 0x20, Direction::kBidirectional, DmaAddress{15 << 12});
  EXPECT_EQ(violated(), "RANGE-1");
}

TEST_F(ReferenceTest, IsoOneByteOfTheNeighbour) {
  configuration_.window.page = {13};
  configuration_.blocks = {{{0}, {0}, {0}, 0x1000}, {{1}, {0x1000}, {0x1000}, 0x1000}};
  start();
  map(0, 8, {0x0}, 1);
  EXPECT_EQ(violated(), "ISO-1");
  ASSERT_TRUE(reference_.violations()[0].foreign_byte.has_value());
  EXPECT_EQ(reference_.violations()[0].foreign_byte->value, 0x1000u);
}

TEST_F(ReferenceTest, XlatOffsetIsLost) {
  start();
  reference_.begin_call();
  install(8, {0x1010}, 1);
  reference_.mapped_page(0, {0x1010}, 1, Direction::kBidirectional, dma_of(8, {0x1000}));
  EXPECT_EQ(violated(), "XLAT-1");
}

TEST_F(ReferenceTest, XlatTceMapsAnotherPage) {
  start();
  reference_.begin_call();
  install(8, {0x2000}, 1);
  reference_.mapped_page(0, {0x1000}, 1, Direction::kBidirectional, dma_of(8, {0x1000}));
  EXPECT_EQ(violated(), "XLAT-1");
}

TEST_F(ReferenceTest, XlatLastTceIsMissing) {
  start();
  reference_.begin_call();
  install(8, {0x1000}, 0x1000);
  fake_.state.insert(9, 1);
  reference_.mapped_page(0, {0x1000}, 0x1001, Direction::kBidirectional, dma_of(8, {0x1000}));
  EXPECT_EQ(violated(), "XLAT-2");
}

TEST_F(ReferenceTest, XlatOneTceTooMany) {
  start();
  reference_.begin_call();
  install(8, {0x1000}, 0x1001);
  fake_.state.remove(9, 1);
  reference_.mapped_page(0, {0x1000}, 0x1000, Direction::kBidirectional, dma_of(8, {0x1000}));
  EXPECT_EQ(violated(), "XLAT-2");
}

TEST_F(ReferenceTest, PermWritableToDevice) {
  start();
  map(0, 8, {0x1000}, 1, Direction::kToDevice);
  EXPECT_EQ(violated(), "PERM-1");
}

TEST_F(ReferenceTest, RangeReservedEntry) {
  start();
  map(0, 4, {0x1000}, 1);
  EXPECT_EQ(violated(), "RANGE-1");
}

TEST_F(ReferenceTest, RangeOutsideTheWindow) {
  start();
  reference_.begin_call();
  reference_.table().put({16 + 64}, 1, Tce{0x1000 | kReadWrite}, 1, false);
  reference_.mapped_page(0, {0x1000}, 1, Direction::kBidirectional, DmaAddress{std::uint64_t{16 + 64} << 12});
  EXPECT_EQ(violated(), "RANGE-1");
}

TEST_F(ReferenceTest, RangeMask) {
  configuration_.device.dma_mask = 0x1ffff;
  start();
  map(0, 16, {0x1000}, 1);
  EXPECT_EQ(violated(), "RANGE-2");
}

TEST_F(ReferenceTest, RangeBoundary) {
  configuration_.device.segment_boundary = 0xffff;
  start();
  map(0, 15, {0x1000}, 0x2000);
  EXPECT_EQ(violated(), "RANGE-2");
}

// A segment boundary within IOMMU pages.
class BoundaryWithinPages : public ReferenceTest {
 protected:
  BoundaryWithinPages() {
    configuration_.window.page = IommuPageShift{16};
    configuration_.device.segment_boundary = 0x3fff;
    start();
  }
  void refuse(std::uint64_t size) {
    reference_.begin_call();
    reference_.mapped_page(0, {0x13000}, size, Direction::kBidirectional, std::nullopt);
  }
};

TEST_F(BoundaryWithinPages, ABufferAcrossItMayBeRefused) {
  refuse(0x1001);
  EXPECT_EQ(violated(), "");
}

TEST_F(BoundaryWithinPages, ABufferThatEndsAtItMayNot) {
  refuse(0x1000);
  EXPECT_EQ(violated(), "CAP-1");
}

TEST_F(BoundaryWithinPages, ABufferAcrossItIsNotMapped) {
  map(0, 8, {0x13000}, 0x1001);
  EXPECT_EQ(violated(), "RANGE-2");
  EXPECT_EQ(symptom(), Symptom::kBoundaryWithinPage);
}

TEST_F(BoundaryWithinPages, ABufferThatEndsAtItIsMapped) {
  map(0, 8, {0x13000}, 0x1000);
  EXPECT_EQ(violated(), "");
}

TEST_F(ReferenceTest, OwnSharedTce) {
  start();
  map(0, 8, {0x1000}, 1);
  map(1, 8, {0x2000}, 1);
  EXPECT_EQ(violated(), "OWN-1");
}

TEST_F(ReferenceTest, OwnEntryIsNotMarked) {
  start();
  reference_.begin_call();
  install(8, {0x1000}, 1);
  fake_.state.remove(8, 1);
  reference_.mapped_page(0, {0x1000}, 1, Direction::kBidirectional, dma_of(8, {0x1000}));
  EXPECT_EQ(violated(), "OWN-1");
}

TEST_F(ReferenceTest, AlignCoherent) {
  start();
  reference_.begin_call();
  install(9, {0x2000}, 0x2000);
  reference_.allocated_coherent(0, 0x2000, {0x2000}, 1, dma_of(9, {0x2000}));
  EXPECT_EQ(violated(), "ALIGN-1");
}

// Mutants of iommu_map_page()'s alignment survived: no rule was about it.
TEST_F(ReferenceTest, AlignWholeSystemPages) {
  configuration_.system_page = {16};
  start();
  map(0, 9, {0x10000}, 0x10000);
  EXPECT_EQ(violated(), "ALIGN-1");
}

TEST_F(ReferenceTest, WholeSystemPagesAreAlignedOnlyWhereTheyCanBe) {
  configuration_.system_page = {16};
  start();
  map(0, 16, {0x10000}, 0x10000);
  map(1, 35, {0x20000}, 0x10000);  // there is another aligned place
  EXPECT_EQ(violated(), "ALIGN-1");
  start();
  for (const std::uint64_t entry : {8u, 24u, 44u, 60u})
    map(static_cast<std::uint32_t>(entry), entry, {0x30000}, 1);
  map(1, 26, {0x10000}, 0x10000);  // no aligned place is left
  EXPECT_EQ(violated(), "");
  start();
  map(0, 35, {0x20100}, 0x10000);  // not a whole one
  EXPECT_EQ(violated(), "");
  configuration_.window = {
      .page = {12}, .first = {16}, .entries = 20, .reserved_start = {18}, .reserved_end = {19}};
  start();
  map(0, 3, {0x10000}, 0x10000);  // the aligned place is reserved in part
  EXPECT_EQ(violated(), "");
  configuration_.window = {
      .page = {12}, .first = {17}, .entries = 64, .reserved_start = {0}, .reserved_end = {0}};
  start();
  map(0, 16, {0x10000}, 0x10000);  // aligned in the window, not on the bus
  EXPECT_EQ(violated(), "");
}

TEST_F(ReferenceTest, FailLeavesATce) {
  start();
  reference_.begin_call();
  reference_.table().put({24}, 2, Tce{0x1000 | kReadWrite}, 1, true);
  reference_.note_refusal();
  reference_.mapped_page(0, {0x1000}, 0x2000, Direction::kBidirectional, std::nullopt);
  EXPECT_EQ(violated(), "FAIL-1");
}

TEST_F(ReferenceTest, FailLeavesAnEntry) {
  start();
  reference_.begin_call();
  reference_.table().put({24}, 1, Tce{0x1000 | kReadWrite}, 0, true);
  fake_.state.insert(8, 1);
  reference_.note_refusal();
  reference_.mapped_page(0, {0x1000}, 1, Direction::kBidirectional, std::nullopt);
  EXPECT_EQ(violated(), "FAIL-1");
}

TEST_F(ReferenceTest, FailIsNotReported) {
  start();
  reference_.begin_call();
  install(8, {0x1000}, 1);
  reference_.note_refusal();
  reference_.mapped_page(0, {0x1000}, 1, Direction::kBidirectional, dma_of(8, {0x1000}));
  EXPECT_EQ(violated(), "FAIL-1");
}

TEST_F(ReferenceTest, FreeClearsTooLittle) {
  start();
  map(0, 8, {0x1000}, 0x2000);
  reference_.begin_call();
  reference_.table().clear({24}, 1);
  fake_.state.remove(8, 2);
  reference_.unmapped(0);
  EXPECT_EQ(violated(), "FREE-1");
}

TEST_F(ReferenceTest, FreeClearsANeighbour) {
  start();
  map(0, 8, {0x1000}, 1);
  map(1, 9, {0x2000}, 1);
  reference_.begin_call();
  reference_.table().clear({24}, 2);
  fake_.state.remove(8, 1);
  reference_.unmapped(0);
  EXPECT_EQ(violated(), "FREE-1");
}

TEST_F(ReferenceTest, FreeKeepsAnEntry) {
  start();
  map(0, 8, {0x1000}, 1);
  reference_.begin_call();
  reference_.table().clear({24}, 1);
  reference_.unmapped(0);
  EXPECT_EQ(violated(), "FREE-1");
}

TEST_F(ReferenceTest, CapRefusedInAnEmptyTable) {
  start();
  reference_.begin_call();
  reference_.mapped_page(0, {0x1000}, 1, Direction::kBidirectional, std::nullopt);
  EXPECT_EQ(violated(), "CAP-1");
}

// Mutants of the search survived, as it was only asked about empty tables.
TEST_F(ReferenceTest, CapRefusedWhileThereIsRoom) {
  start();
  map(0, 8, {0x1000}, 1);
  reference_.begin_call();
  reference_.mapped_page(1, {0x1000}, 1, Direction::kBidirectional, std::nullopt);
  EXPECT_EQ(violated(), "CAP-1");

  fake_.told = {{0, 32}, {32, 64}};
  start();
  map(0, 16, {0x1000}, 1);
  map(1, 48, {0x1000}, 1);
  reference_.begin_call();  // there are 31 free entries side by side, but not in one pool
  reference_.mapped_page(2, {0x1000}, std::uint64_t{17} << 12, Direction::kBidirectional, std::nullopt);
  EXPECT_EQ(violated(), "");
}

// iommu_alloc_coherent() could refuse everything.
TEST_F(ReferenceTest, CapCoherentRefused) {
  start();
  reference_.begin_call();
  reference_.allocated_coherent(0, 0x3000, {0}, 0, std::nullopt);
  EXPECT_EQ(violated(), "CAP-1");
  start();
  reference_.begin_call();
  reference_.note_refusal();  // there were no pages, or no TCE could be written
  reference_.allocated_coherent(0, 0x3000, {0}, 0, std::nullopt);
  EXPECT_EQ(violated(), "");
  fake_.told.clear();
  configuration_.window = {
      .page = {16}, .first = {0}, .entries = 4096, .reserved_start = {0}, .reserved_end = {0}};
  start();
  reference_.begin_call();  // Linux: IOMAP_MAX_ORDER
  reference_.allocated_coherent(0, (std::uint64_t{4096} << 12) + 1, {0}, 0, std::nullopt);
  EXPECT_EQ(violated(), "");
}

// The pool of an allocator that took the large one for every request.
TEST_F(ReferenceTest, CapTheKeptPoolIsSpentLast) {
  fake_.told = {{0, 32, false}, {32, 64, true}};
  start();
  map(0, 40, {0x1000}, 1);
  EXPECT_EQ(violated(), "CAP-1");
  start();
  map(0, 40, {0x0}, std::uint64_t{16} << 12);  // a large one
  EXPECT_EQ(violated(), "");
  start();
  map(0, 1, {0x0}, std::uint64_t{3} << 12);
  map(1, 6, {0x0}, std::uint64_t{24} << 12);
  map(2, 40, {0x0}, std::uint64_t{2} << 12);  // there is no other room for it but at the end of the pool
  EXPECT_EQ(violated(), "");
  fake_.told = {{0, 32, false}, {32, 64, false}};
  start();
  map(0, 40, {0x1000}, 1);  // nothing is said of this pool
  EXPECT_EQ(violated(), "");
}

TEST_F(ReferenceTest, CapClaimsNothingThatDoesNotFit) {
  start();
  reference_.begin_call();
  reference_.mapped_page(0, {0x1000}, std::uint64_t{65} << 12, Direction::kBidirectional, std::nullopt);
  EXPECT_EQ(violated(), "");
}

TEST_F(ReferenceTest, OnlyAnOffsetThatIsLostIsMissing) {
  start();
  reference_.begin_call();
  install(8, {0x1010}, 1);
  reference_.mapped_page(0, {0x1010}, 1, Direction::kBidirectional, dma_of(8, {0x1000}));
  EXPECT_EQ(symptom(), Symptom::kOffsetMissing);

  start();
  reference_.begin_call();
  install(8, {0x1010}, 1);
  reference_.mapped_page(0, {0x1010}, 1, Direction::kBidirectional, dma_of(8, {0x1020}));
  EXPECT_EQ(violated(), "XLAT-1");
  EXPECT_EQ(symptom(), Symptom::kOther);
}

TEST_F(ReferenceTest, FlushOfANewMappingIsMissing) {
  start();
  reference_.begin_call();
  install(8, {0x1000}, 1);
  reference_.begin_call();
  reference_.table().put({24}, 1, Tce{0x1000 | kReadWrite}, 1, false);
  reference_.mapped_page(0, {0x1000}, 1, Direction::kBidirectional, dma_of(8, {0x1000}));
  EXPECT_EQ(violated(), "XLAT-1");
  EXPECT_EQ(symptom(), Symptom::kNotFlushed);
}

TEST_F(ReferenceTest, FlushBeforeTheClearIsNone) {
  start();
  map(0, 8, {0x1000}, 1);
  reference_.begin_call();
  reference_.table().flush();
  reference_.table().clear({24}, 1);
  fake_.state.remove(8, 1);
  reference_.unmapped(0);
  EXPECT_EQ(violated(), "FREE-1");
  EXPECT_EQ(symptom(), Symptom::kNotFlushed);
}

TEST_F(ReferenceTest, FlushOfWhatAFailedCallTookBackIsMissing) {
  start();
  reference_.begin_call();
  reference_.table().put({24}, 2, Tce{0x1000 | kReadWrite}, 1, true);
  reference_.table().clear({24}, 2);
  reference_.note_refusal();
  reference_.mapped_page(0, {0x1000}, 0x2000, Direction::kBidirectional, std::nullopt);
  EXPECT_EQ(violated(), "FAIL-1");
  EXPECT_EQ(symptom(), Symptom::kNotFlushed);
}

TEST_F(ReferenceTest, FlushOfWhatNeverChangedIsNotNeeded) {
  start();
  map(0, 8, {0x1000}, 1);
  // The table operation wrote nothing, so that there is nothing to take back.
  reference_.begin_call();
  reference_.table().put({25}, 2, Tce{0x1000 | kReadWrite}, 0, true);
  reference_.table().clear({25}, 2);
  reference_.note_refusal();
  reference_.mapped_page(1, {0x1000}, 0x2000, Direction::kBidirectional, std::nullopt);
  EXPECT_EQ(violated(), "");
  // Taken back, flushed, and cleared once more.
  reference_.begin_call();
  reference_.table().put({25}, 2, Tce{0x1000 | kReadWrite}, 1, true);
  withdraw({25}, 2);
  reference_.table().clear({26}, 1);
  reference_.note_refusal();
  reference_.mapped_page(1, {0x1000}, 0x2000, Direction::kBidirectional, std::nullopt);
  EXPECT_EQ(violated(), "");
}

TEST_F(ReferenceTest, IsoOfAWrongTceThoughTheCallEndsEarly) {
  start();
  // The offset is wrong, which ends the judgement of the mapping; its TCE maps the neighbour's memory.
  reference_.begin_call();
  install(8, {0x100000}, 1);
  reference_.mapped_page(0, {0x1010}, 1, Direction::kBidirectional, dma_of(8, {0x1000}));
  reference_.conclude();
  EXPECT_EQ(violated(), "ISO-1");
}

TEST_F(ReferenceTest, IsoOfWhatAFailedCallLeaves) {
  start();
  reference_.begin_call();
  install(8, {0x100000}, 1);
  reference_.mapped_page(0, {0x1000}, 1, Direction::kBidirectional, std::nullopt);
  reference_.conclude();
  EXPECT_EQ(violated(), "ISO-1");
}

TEST_F(ReferenceTest, IsoOfTheLastOfManyTces) {
  configuration_.window.entries = 8192;
  // The last page of the mapping is the neighbour's; what was looked at were the first 4096 TCEs.
  configuration_.blocks = {{{0}, {0}, {0}, 0x1800000}, {{1}, {0x1800000}, {0x1800000}, 0x1000}};
  start();
  reference_.begin_call();
  install(8, {0x1000}, 0x1800000);
  reference_.mapped_page(0, {0x1000}, 0x1800000 - 0x1000, Direction::kBidirectional, dma_of(8, {0x1000}));
  reference_.conclude();
  EXPECT_EQ(violated(), "ISO-1");
  ASSERT_FALSE(reference_.violations().empty());
  EXPECT_EQ(reference_.violations()[0].foreign_owner, VmId{1});
}

TEST_F(ReferenceTest, IsoIsNotOfWhatIsGone) {
  start();
  reference_.begin_call();
  install(8, {0x100000}, 1);
  withdraw({24}, 1);
  fake_.state.insert(8, 1);
  reference_.mapped_page(0, {0x1000}, 1, Direction::kBidirectional, std::nullopt);
  reference_.conclude();
  EXPECT_EQ(violated(), "FAIL-1");
}

// An ISO-1 violation was told of a TCE that should have been written and was not.
TEST_F(ReferenceTest, IsoIsNotOfWhatWasNeverWritten) {
  configuration_.window.page = {13};
  configuration_.blocks = {{{0}, {0}, {0}, 0x1000}, {{1}, {0x1000}, {0x1000}, 0x1000}};
  start();
  reference_.begin_call();
  fake_.state.insert(8, 1);
  reference_.mapped_page(0, {0x0}, 1, Direction::kBidirectional, dma_of(8, {0x0}));
  reference_.conclude();
  EXPECT_EQ(violated(), "XLAT-2");
  EXPECT_EQ(reference_.violations().size(), 1u);
}

TEST_F(ReferenceTest, CapPoolsLoseTheEnd) {
  fake_.told = {{0, 32}, {32, 63}};
  start();
  EXPECT_EQ(violated(), "CAP-1");
}

TEST_F(ReferenceTest, CapPoolsInAnyOrderWithAReservedGap) {
  // Entries 4 and 5 are reserved.
  fake_.told = {{32, 64}, {0, 4}, {6, 40}};
  start();
  EXPECT_EQ(violated(), "");
  fake_.told = {{32, 64}, {0, 4}, {7, 40}};
  start();
  EXPECT_EQ(violated(), "CAP-1");
}

TEST_F(ReferenceTest, InUseAnswer) {
  start();
  reference_.begin_call();
  reference_.answered_in_use(true);
  EXPECT_EQ(violated(), "FREE-1");
}

}  // namespace
}  // namespace nospan::model
