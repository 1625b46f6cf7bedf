// SPDX-License-Identifier: BSD-2-Clause
#include "model/layout.h"

#include <gtest/gtest.h>

#include <vector>

namespace nospan::model {
namespace {

constexpr VmId kDevice{0};
constexpr VmId kOther{1};

// VM 0 has guest 0..0x3000 in two pieces of real memory, VM 1 lies between them.
const std::vector<Block> kBlocks{
    {kDevice, {0x0}, {0x10000}, 0x1000},
    {kOther, {0x0}, {0x11000}, 0x1000},
    {kDevice, {0x1000}, {0x12000}, 0x2000},
};

TEST(Layout, TranslatesThroughBlocks) {
  const Layout layout(Translation::kTwoStage, kDevice, kBlocks);
  EXPECT_EQ(layout.translate({0xfff}), RealAddress{0x10fff});
  EXPECT_EQ(layout.translate({0x1000}), RealAddress{0x12000});
  EXPECT_EQ(layout.translate({0x2fff}), RealAddress{0x13fff});
  EXPECT_EQ(layout.translate({0x3000}), std::nullopt);
}

TEST(Layout, IdentityTranslatesEverything) {
  const Layout layout(Translation::kIdentity, kDevice, kBlocks);
  EXPECT_EQ(layout.translate({0x123456}), RealAddress{0x123456});
}

TEST(Layout, GuestOwnsAcrossAdjacentBlocksOnly) {
  const Layout layout(Translation::kTwoStage, kDevice, kBlocks);
  EXPECT_TRUE(layout.guest_owns({0x0}, 0x3000));
  EXPECT_FALSE(layout.guest_owns({0x0}, 0x3001));
  EXPECT_TRUE(layout.guest_owns({0xfff}, 2));
  EXPECT_FALSE(layout.guest_owns({0x3000}, 1));
}

TEST(Layout, FirstForeignByteIsTheNeighboursFirst) {
  const Layout layout(Translation::kTwoStage, kDevice, kBlocks);
  EXPECT_EQ(layout.first_foreign_byte({0x10000}, 0x1000), std::nullopt);
  EXPECT_EQ(layout.first_foreign_byte({0x10000}, 0x1001), RealAddress{0x11000});
  EXPECT_EQ(layout.first_foreign_byte({0x13fff}, 1), std::nullopt);
  // Behind the last block lies the hypervisor's memory.
  EXPECT_EQ(layout.first_foreign_byte({0x13fff}, 2), RealAddress{0x14000});
  EXPECT_EQ(layout.first_foreign_byte({0xffff}, 2), RealAddress{0xffff});
}

TEST(Layout, WithoutMemoryNothingIsOwned) {
  const Layout layout(Translation::kTwoStage, kDevice, {});
  EXPECT_EQ(layout.device_block({0}), nullptr);
  EXPECT_FALSE(layout.guest_owns({0}, 1));
  EXPECT_EQ(layout.first_foreign_byte({7}, 1), RealAddress{7});
}

}  // namespace
}  // namespace nospan::model
