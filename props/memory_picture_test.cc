// SPDX-License-Identifier: BSD-2-Clause
#include "props/memory_picture.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "model/layout.h"
#include "props/concerned_memory.h"
#include "reports/quantity.h"

namespace nospan::props {
namespace {

using model::Block;
using model::Configuration;

Configuration with_page(unsigned shift, model::Translation translation, std::vector<Block> blocks) {
  Configuration configuration;
  configuration.window.page = {shift};
  configuration.window.first = {0x800};
  configuration.window.entries = 32;
  configuration.translation = translation;
  configuration.blocks = std::move(blocks);
  return configuration;
}

constexpr auto kIdentity = model::Translation::kIdentity;
constexpr auto kTwoStage = model::Translation::kTwoStage;

// The pictures in this file were looked at: they are what a kernel developer sees first. Look again when they
// change.

// The mission: two VMs, one map call.
TEST(MemoryPicture, ShowsAnotherVmBehindTheBuffer) {
  const Configuration configuration = with_page(
      24, kIdentity, {{{0}, {0x1000000}, {0x1000000}, 0x10000}, {{1}, {0x1010000}, {0x1010000}, 0xff0000}});
  EXPECT_EQ("\n" + memory_picture({configuration, {0x1000010}, 1, {0x801}, {0x1000000}, {0x1000000}, {}}), R"(
real address  0x1000000                 0x1010000                      0x2000000
              |                         |                                      |
owner         |######### VM 0 ##########|================ VM 1 ================|
system page   |<--------- 64K --------->|
IOMMU page    |<----------------------- 16M, TCE 0x801 ----------------------->|
buffer         ^ 1 byte at guest 0x1000010
exposed                                 XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX
                                        15.9M of VM 1, from 0x1010000 on
)");
}

TEST(MemoryPicture, ShowsForeignMemoryOnBothSides) {
  const Configuration configuration = with_page(24, kTwoStage,
                                                {{{1}, {0x0}, {0x1000000}, 0x10000},
                                                 {{0}, {0x10000}, {0x1010000}, 0x10000},
                                                 {{1}, {0x10000}, {0x1020000}, 0x100000},
                                                 {{0}, {0x0}, {0x1800000}, 0x10000}});
  EXPECT_EQ("\n" + memory_picture({configuration, {0x10010}, 0x8000, {0x801}, {0x0}, {0x1000000}, {}}), R"(
                                                                       0x2000000
real address  0x1000000  0x1010000    0x1020000   0x1120000       0x1800000    |
              |          |            |           |               |            |
owner         |== VM 1 ==|### VM 0 ###|== VM 1 ===|- hypervisor --|.. 2 more ..|
system page              |<-- 64K --->|
IOMMU page    |<----------------------- 16M, TCE 0x801 ----------------------->|
buffer                    ^^^^^^^^^^ 32K at guest 0x10010
exposed       XXXXXXXXXXX             XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX
              15.8M: 1M of VM 1, 14.8M of the hypervisor
)");
  // A buffer that goes on in another IOMMU page or elsewhere in real memory: what lies here.
  EXPECT_EQ("\n" + memory_picture({configuration, {0x1fff0}, 0x8000, {0x801}, {0x0}, {0x1000000}, {}}), R"(
                                                                       0x2000000
real address  0x1000000  0x1010000   0x1020000    0x1120000       0x1800000    |
              |          |           |            |               |            |
owner         |== VM 1 ==|## VM 0 ###|=== VM 1 ===|- hypervisor --|.. 2 more ..|
system page              |<-- 64K -->|
IOMMU page    |<----------------------- 16M, TCE 0x801 ----------------------->|
buffer                              ^ 16 bytes at guest 0x1fff0 (of 32K)
exposed       XXXXXXXXXXX            XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX
              15.8M: 1M of VM 1, 14.8M of the hypervisor
)");
}

TEST(MemoryPicture, CountsOwnersThatItCannotShow) {
  Configuration configuration = with_page(24, kTwoStage, {});
  for (std::uint32_t i = 0; i < 256; ++i) {
    configuration.blocks.push_back({{i % 5}, {i * 0x10000}, {0x1000000 + i * 0x10000}, 0x10000});
  }
  EXPECT_EQ("\n" + memory_picture({configuration, {0x0}, 0x10000, {0x801}, {0x0}, {0x1000000}, {}}), R"(
                                                                       0x2000000
real address  0x1000000   0x1010000   0x1020000    0x1030000   0x1040000       |
              |           |           |            |           |               |
owner         |## VM 0 ###|== VM 1 ===|=== VM 2 ===|== VM 3 ===|.. 252 more ...|
system page   |<-- 64K -->|
IOMMU page    |<----------------------- 16M, TCE 0x801 ----------------------->|
buffer        ^^^^^^^^^^^^ 64K at guest 0x0
exposed                   XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX
                       12.7M: 3.1M of VM 1, 3.1M of VM 2, 3.1M of VM 3, and more
)");
  // The caller's first foreign byte moves what is shown.
  const std::string there = memory_picture(
      {configuration, {0x0}, 0x10000, {0x801}, {0x0}, {0x1000000}, model::RealAddress{0x1800000}});
  EXPECT_NE(there.find("0x1800000"), std::string::npos) << there;
  EXPECT_NE(there.find("0x1810000"), std::string::npos) << there;
  EXPECT_NE(there.find("0x1010000"), std::string::npos) << "the buffer's owner is not to be seen\n" << there;
  EXPECT_NE(there.find("127 more"), std::string::npos) << there;
}

TEST(MemoryPicture, HasNoExposedBandWhenAllIsWell) {
  const Configuration configuration = with_page(24, kTwoStage, {{{0}, {0x0}, {0x1000000}, 0x1000000}});
  EXPECT_EQ("\n" + memory_picture({configuration, {0x10}, 0x20000, {0x801}, {0x0}, {0x1000000}, {}}), R"(
real address  0x1000000                                                0x2000000
              |                                                                |
owner         |############################# VM 0 #############################|
system pages  |<---------- 3 x 64K ---------->|
IOMMU page    |<----------------------- 16M, TCE 0x801 ----------------------->|
buffer         ^^^^^^^^^^^^^^^^^ 128K at guest 0x10
)");
}

TEST(MemoryPicture, ShowsTheGreatestPageOverTheLeastGranule) {
  Configuration configuration = with_page(34, kTwoStage, {{{0}, {0x0}, {0x80000000001000}, 0x1000}});
  configuration.system_page = {12};
  configuration.granule = 4096;
  EXPECT_EQ("\n" + memory_picture({configuration, {0x10}, 1, {0x801}, {0x0}, {0x80000000001000}, {}}), R"(
real address  0x80000000001000       0x80000000002000           0x80000400001000
              |                      |                                         |
owner         |######## VM 0 ########|-------------- hypervisor ---------------|
system page   |<-------- 4K -------->|
IOMMU page    |<----------------------- 16G, TCE 0x801 ----------------------->|
buffer         ^ 1 byte at guest 0x10
exposed                              XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX
                               15.9G of the hypervisor, from 0x80000000002000 on
)");
}

TEST(MemoryPicture, ShowsAnIommuPageWithinASystemPage) {
  const Configuration configuration = with_page(12, kTwoStage, {{{0}, {0x0}, {0x1000000}, 0x1000000}});
  EXPECT_EQ("\n" + memory_picture({configuration, {0x1010}, 0x2000, {0x801}, {0x2000}, {0x1002000}, {}}), R"(
real address  0x1000000         0x1002000       0x1003000              0x1010000
              |                 |               |                              |
owner         |############################# VM 0 #############################|
system page   |<---------------------------- 64K ----------------------------->|
IOMMU page                      |<------------->| 4K, TCE 0x801
buffer                          ^^^^^^^^^^^^^^^^ 4K at guest 0x2000 (of 8K)
)");
}

// The hypervisor translated the first byte of the IOMMU page, and the buffer lies elsewhere.
TEST(MemoryPicture, ShowsABufferThatTheDeviceDoesNotReach) {
  const Configuration configuration = with_page(24, kTwoStage,
                                                {{{0}, {0x0}, {0x1000000}, 0x10000},
                                                 {{1}, {0x0}, {0x1010000}, 0xff0000},
                                                 {{0}, {0x10000}, {0x4000000}, 0x10000}});
  EXPECT_EQ("\n" + memory_picture({configuration, {0x10010}, 1, {0x801}, {0x0}, {0x1000000}, {}}), R"(
                                                                       0x4010000
real address  0x1000000     0x1010000       0x2000000            0x4000000     |
              |             |               |                    |             |
owner         |### VM 0 ####|==== VM 1 =====|---- hypervisor ----|### VM 0 ####|
system page                                                      |<--- 64K --->|
IOMMU page    |<----- 16M, TCE 0x801 ------>|
buffer                                    1 byte at guest 0x10010 ^
exposed                     XXXXXXXXXXXXXXXX
                            15.9M of VM 1, from 0x1010000 on
)");
}

// Long addresses at short distances: each keeps its place above its tick.
TEST(MemoryPicture, StacksAddresses) {
  const Configuration configuration = with_page(24, kTwoStage,
                                                {{{0}, {0x0}, {0x80000000000000}, 0x10000},
                                                 {{1}, {0x0}, {0x80000000010000}, 0x10000},
                                                 {{2}, {0x0}, {0x80000000020000}, 0x10000},
                                                 {{3}, {0x0}, {0x80000000030000}, 0x10000},
                                                 {{4}, {0x0}, {0x80000000040000}, 0xfc0000}});
  EXPECT_EQ("\n" + memory_picture({configuration, {0x0}, 1, {0x801}, {0x0}, {0x80000000000000}, {}}), R"(
                                                                0x80000001000000
                                                         0x80000000040000      |
                                                  0x80000000030000      |      |
                                   0x80000000020000              |      |      |
real address  0x80000000000000  0x80000000010000  |              |      |      |
              |                 |                 |              |      |      |
owner         |##### VM 0 ######|===== VM 1 ======|==== VM 2 ====| VM 3 | VM 4 |
system page   |<----- 64K ----->|
IOMMU page    |<----------------------- 16M, TCE 0x801 ----------------------->|
buffer        ^ 1 byte at guest 0x0
exposed                         XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX
                          15.9M: 64K of VM 1, 64K of VM 2, 64K of VM 3, and more
)");
}

TEST(MemoryPicture, SaysThatABufferHasNoRealMemory) {
  const Configuration configuration = with_page(16, kTwoStage, {{{0}, {0x0}, {0x1000000}, 0x10000}});
  const std::string picture = memory_picture({configuration, {0x50000}, 7, {0x801}, {0x0}, {0x1000000}, {}});
  EXPECT_NE(picture.find("buffer        7 bytes at guest 0x50000: no real memory\n"), std::string::npos)
      << picture;
  const std::string none = memory_picture({configuration, {0x50000}, 0, {0x801}, {0x0}, {0x1000000}, {}});
  EXPECT_EQ(none.find("buffer"), std::string::npos) << none;
}

void check_form(const std::string& picture) {
  std::istringstream lines(picture);
  std::string line;
  std::size_t count = 0;
  while (std::getline(lines, line)) {
    ++count;
    RC_ASSERT(line.size() <= 80u);
    RC_ASSERT(!line.empty());
    RC_ASSERT(line.back() != ' ');
    RC_ASSERT(
        std::all_of(line.begin(), line.end(), [](char letter) { return letter >= 0x20 && letter < 0x7f; }));
  }
  RC_ASSERT(count >= 4u);
  RC_ASSERT(count <= 20u);
  RC_ASSERT(picture.back() == '\n');
}

bool has_line(const std::string& picture, const std::string& name) {
  return picture.find("\n" + name + " ") != std::string::npos;
}

// Blocks that do not overlap, of a few owners; the exposed band is there if and only if the model says so.
RC_GTEST_PROP(MemoryPicture, AgreesWithTheLayout, (unsigned seed)) {
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20; ++round) {
    Configuration configuration = with_page(12 + random() % 23, random() % 2 == 0 ? kIdentity : kTwoStage, {});
    configuration.system_page = {random() % 2 == 0 ? 12u : 16u};
    configuration.device_vm = {static_cast<std::uint32_t>(random() % 3)};
    const std::uint64_t granule = configuration.system_page.bytes();
    std::uint64_t real = (random() >> (9 + random() % 40)) & ~(granule - 1);
    for (std::uint64_t i = random() % 20; i-- > 0;) {
      const std::uint64_t size = granule << random() % 12;
      const std::uint64_t guest = configuration.translation == kIdentity ? real : real ^ 0x100000000;
      const bool mostly_ours = random() % 2 == 0;
      const std::uint64_t scale = random() % 5 == 0 ? UINT32_MAX / 2 : 1;
      const model::VmId owner{mostly_ours ? configuration.device_vm.value
                                          : static_cast<std::uint32_t>(random() % 4 * scale)};
      configuration.blocks.push_back({owner, {guest}, {real}, size});
      real += size + (random() % 3 == 0 ? granule << random() % 16 : 0);
    }
    const model::Layout layout(configuration.translation, configuration.device_vm, configuration.blocks);
    std::uint64_t buffer = random() >> random() % 64;
    std::uint64_t size = random() >> (8 + random() % 56);
    if (!layout.device_blocks().empty()) {
      const Block& block = layout.device_blocks()[random() % layout.device_blocks().size()];
      buffer = block.guest.value + random() % block.size;
      size = 1 + random() % (block.size - (buffer - block.guest.value));
    }
    const model::GuestAddress page = model::iommu_page_start({buffer}, configuration.window.page);
    const auto reached = layout.translate(page);
    if (!reached) continue;
    const std::uint64_t bytes = configuration.window.page.bytes();
    const auto foreign = layout.first_foreign_byte(*reached, bytes);
    const std::string picture =
        memory_picture({configuration, {buffer}, size, {random()}, page, *reached, foreign});
    check_form(picture);
    RC_ASSERT(has_line(picture, "exposed") == foreign.has_value());
    RC_ASSERT(has_line(picture, "IOMMU page"));
    RC_ASSERT(has_line(picture, "buffer") == (size != 0));
  }
}

// Whatever it is given: a picture of a broken state must not break.
RC_GTEST_PROP(MemoryPicture, DrawsAnything, (unsigned seed)) {
  std::mt19937_64 random(seed);
  const auto any = [&] { return random() % 8 == 0 ? UINT64_MAX - random() % 3 : random() >> random() % 64; };
  for (int round = 0; round < 20; ++round) {
    Configuration configuration = with_page(12 + random() % 23, random() % 2 == 0 ? kIdentity : kTwoStage, {});
    configuration.system_page = {random() % 2 == 0 ? 12u : 16u};
    for (std::uint64_t i = random() % 12; i-- > 0;) {
      configuration.blocks.push_back({{static_cast<std::uint32_t>(any() % 3)}, {any()}, {any()}, any()});
    }
    std::optional<model::RealAddress> foreign;
    if (random() % 2 == 0) foreign = model::RealAddress{any()};
    check_form(memory_picture({configuration, {any()}, any(), {any()}, {any()}, {any()}, foreign}));
  }
}

// Tens of thousands of owners within one IOMMU page.
TEST(MemoryPicture, DrawsTheGreatestLayoutInTime) {
  Configuration configuration = with_page(34, kTwoStage, {});
  configuration.system_page = {12};
  for (std::uint32_t i = 0; i < 65536; ++i) {
    configuration.blocks.push_back({{i}, {0}, {std::uint64_t{i} << 13}, 0x1000});
  }
  const std::string picture = memory_picture({configuration, {0x0}, 1, {0x801}, {0x0}, {0x0}, {}});
  EXPECT_NE(picture.find("131068 more"), std::string::npos) << picture;
}

// A report draws the same memory.
TEST(MemoryPicture, AsDataForReports) {
  model::Configuration configuration;
  configuration.system_page = model::SystemPageShift{12};
  configuration.window.page = model::IommuPageShift{16};
  configuration.blocks = {{{0}, {0x1000000}, {0x1000000}, 0x1000}, {{1}, {0x1001000}, {0x1001000}, 0x1000}};
  const PictureInput input{configuration, {0x1000010}, 0x800, {0x801}, {0x1000000}, {0x1000000}, {}};
  const reports::MemoryPicture picture = picture_data(ConcernedMemory(input));
  EXPECT_EQ(picture.first, 0x1000000u);
  EXPECT_EQ(picture.last, 0x100ffffu);
  std::vector<std::string> text;
  for (const reports::BandRow& row : picture.rows) {
    for (const reports::Band& band : row.bands) {
      text.push_back(row.name + ": " + band.label + " " + band.kind + " " +
                     reports::format_address(band.first) + " " + reports::format_address(band.last));
    }
  }
  EXPECT_EQ(text, (std::vector<std::string>{
                      "owner: VM 0 owner 0x1000000 0x1000fff", "owner: VM 1 owner 0x1001000 0x1001fff",
                      "owner: hypervisor hole 0x1002000 0x100ffff", "system pages: 4K page 0x1000000 0x1000fff",
                      "IOMMU page: 64K, TCE 0x801 page 0x1000000 0x100ffff",
                      "buffer: 2K bytes at guest 0x1000010 buffer 0x1000010 0x100080f",
                      "exposed: 4K of VM 1 exposed 0x1001000 0x1001fff",
                      "exposed: 56K of hypervisor exposed 0x1002000 0x100ffff"}));
}

}  // namespace
}  // namespace nospan::props
