// SPDX-License-Identifier: BSD-2-Clause
#include "model/window.h"

#include <gtest/gtest.h>

#include "model/tce.h"
#include "model/tce_checks.h"

namespace nospan::model {
namespace {

TEST(Page, CountsTheIommuPagesThatBytesTouch) {
  constexpr IommuPageShift k4K{12};
  EXPECT_EQ(iommu_pages_touched({0x0}, 1, k4K), 1u);
  EXPECT_EQ(iommu_pages_touched({0xfff}, 1, k4K), 1u);
  EXPECT_EQ(iommu_pages_touched({0xfff}, 2, k4K), 2u);
  EXPECT_EQ(iommu_pages_touched({0x1}, 0x1000, k4K), 2u);
  EXPECT_EQ(iommu_pages_touched({0x0}, (std::uint64_t{1} << 44) + 1, k4K), (std::uint64_t{1} << 32) + 1);
}

TEST(Window, ReservesEntryZeroOfAWindowAtZero) {
  const Window window{.page = {12}, .first = {0}, .entries = 4, .reserved_start = {}, .reserved_end = {}};
  EXPECT_TRUE(window.reserved({0}));
  EXPECT_FALSE(window.reserved({1}));
}

TEST(Window, EndsAtTheTopOfTheBus) {
  const TceIndex top{UINT64_MAX >> 12};
  const Window window{.page = {12}, .first = top, .entries = 1, .reserved_start = {}, .reserved_end = {}};
  EXPECT_TRUE(window.contains(top));
  EXPECT_FALSE(window.contains(TceIndex{top.value - 1}));
}

TEST(DeviceLimits, MaskIsInclusive) {
  EXPECT_TRUE(within_mask({0xfffff000}, 0x1000, 0xffffffff));
  EXPECT_FALSE(within_mask({0xfffff000}, 0x1001, 0xffffffff));
  EXPECT_FALSE(within_mask({UINT64_MAX}, 2, UINT64_MAX));  // wraps
}

TEST(DeviceLimits, BoundaryWithinPagesIsCrossedWhereverTheBufferIsMapped) {
  const IommuPageShift page{24};
  EXPECT_TRUE(crosses_boundary_within_pages({0x1008000}, 0x8001, 0xffff, page));
  EXPECT_FALSE(crosses_boundary_within_pages({0x1008000}, 0x8000, 0xffff, page));
  EXPECT_TRUE(crosses_boundary_within_pages({0xfff000}, 0x1001, 0xffff, page)) << "a page's end is a multiple";
  EXPECT_FALSE(crosses_boundary_within_pages({0x8000}, 0x10000, 0xffff, IommuPageShift{16}))
      << "a boundary of whole pages: another place may do";
}

TEST(DeviceLimits, BoundaryIsCrossedByTheByteBehindIt) {
  EXPECT_FALSE(crosses_boundary({0x1000}, 0xf000, 0xffff));
  EXPECT_TRUE(crosses_boundary({0x1000}, 0xf001, 0xffff));
  EXPECT_FALSE(crosses_boundary({0x1000}, UINT64_MAX - 0x1000, UINT64_MAX));
}

TEST(Coherent, AlignsToTheSmallestPageOrder) {
  constexpr SystemPageShift k64K{16};
  EXPECT_EQ(coherent_alignment(1, k64K), 0x10000u);
  EXPECT_EQ(coherent_alignment(0x10000, k64K), 0x10000u);
  EXPECT_EQ(coherent_alignment(0x10001, k64K), 0x20000u);
  EXPECT_EQ(coherent_alignment(UINT64_MAX, k64K), 0u);
  EXPECT_EQ(coherent_bytes(0x10001, k64K), 0x20000u);
}

TEST(Tce, PermissionsFollowTheDirection) {
  EXPECT_TRUE(permissions_fit(Tce{Tce::kRead}, Direction::kToDevice));
  EXPECT_FALSE(permissions_fit(Tce{Tce::kRead | Tce::kWrite}, Direction::kToDevice));
  EXPECT_FALSE(permissions_fit(Tce{Tce::kRead}, Direction::kFromDevice));
  EXPECT_TRUE(permissions_fit(Tce{Tce::kWrite}, Direction::kFromDevice));
  EXPECT_TRUE(permissions_fit(Tce{Tce::kRead | Tce::kWrite}, Direction::kFromDevice));
  EXPECT_FALSE(permissions_fit(Tce{Tce::kWrite}, Direction::kBidirectional));
  EXPECT_EQ(direction_of(Tce{0}), Direction::kNone);
}

TEST(TceChecks, WindowTestDoesNotWrap) {
  constexpr IommuPageShift k4K{12};
  EXPECT_TRUE(ioba_in_window(k4K, {0x10}, 0x10, {0x10000}, 0x10));
  EXPECT_FALSE(ioba_in_window(k4K, {0x10}, 0x10, {0x10000}, 0x11));
  EXPECT_FALSE(ioba_in_window(k4K, {0x10}, 0x10, {0x10000}, UINT64_MAX));
  EXPECT_FALSE(ioba_in_window(k4K, {0x10}, 0x10, {0xf000}, 1));
  EXPECT_FALSE(ioba_in_window(k4K, {0x10}, 0x10, {0x10001}, 1));
}

}  // namespace
}  // namespace nospan::model
