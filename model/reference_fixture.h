// SPDX-License-Identifier: BSD-2-Clause
// The model and an implementation whose every step a test says.
#ifndef NOSPAN_MODEL_REFERENCE_FIXTURE_H
#define NOSPAN_MODEL_REFERENCE_FIXTURE_H

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/reference.h"

namespace nospan::model {

inline constexpr std::uint64_t kReadWrite = Tce::kRead | Tce::kWrite;

// An implementation whose allocation state is what the test says.
class Fake : public Observer {
 public:
  void read_allocation(std::uint64_t first, std::uint64_t count, std::uint64_t* words) override {
    for (std::uint64_t i = 0; i < (count + 63) / 64; ++i) words[i] = state.words()[first / 64 + i];
  }
  std::span<const Pool> pools() override {
    if (told.empty()) told = {{0, state.entries()}};
    return told;
  }
  EntrySet state;
  std::vector<Pool> told;
};

class ReferenceTest : public ::testing::Test {
 protected:
  ReferenceTest() {
    configuration_.system_page = {12};
    configuration_.granule = 4096;
    configuration_.window = {
        .page = {12}, .first = {16}, .entries = 64, .reserved_start = {20}, .reserved_end = {22}};
    configuration_.blocks = {{{0}, {0}, {0}, 0x100000}, {{1}, {0x100000}, {0x100000}, 0x100000}};
  }

  void start() {
    layout_.assign(configuration_.translation, configuration_.device_vm, configuration_.blocks);
    fake_.state.reset(configuration_.window.entries);
    reference_.reset(configuration_, layout_, fake_);
    const Window& window = configuration_.window;
    for (std::uint64_t entry = 0; entry < window.entries; ++entry) {
      if (window.reserved(window.first + entry)) fake_.state.insert(entry, 1);
    }
    reference_.begin_call();
    reference_.created();
  }

  // What a right implementation does to map `size` bytes at `address` at entry `entry`.
  void install(std::uint64_t entry, GuestAddress address, std::uint64_t size, std::uint64_t bits = kReadWrite) {
    const IommuPageShift page = configuration_.window.page;
    const std::uint64_t count = iommu_pages_touched(address, size, page);
    reference_.table().put(configuration_.window.first + entry, count,
                           Tce{iommu_page_start(address, page).value | bits}, count, false);
    reference_.table().flush();
    fake_.state.insert(entry, count);
  }
  // What a right implementation does to TCEs that it takes back.
  void withdraw(TceIndex first, std::uint64_t count) {
    reference_.table().clear(first, count);
    reference_.table().flush();
    fake_.state.remove(first - configuration_.window.first, count);
  }
  DmaAddress dma_of(std::uint64_t entry, GuestAddress address) const {
    const IommuPageShift page = configuration_.window.page;
    return dma_address(configuration_.window.first + entry, page) + (address.value & page.offset_mask());
  }
  void map(std::uint32_t id, std::uint64_t entry, GuestAddress address, std::uint64_t size,
           Direction direction = Direction::kBidirectional) {
    reference_.begin_call();
    install(entry, address, size);
    reference_.mapped_page(id, address, size, direction, dma_of(entry, address));
  }
  Symptom symptom() const {
    return reference_.violations().empty() ? Symptom::kOther : reference_.violations()[0].symptom;
  }
  std::string violated() const {
    return reference_.violations().empty() ? "" : std::string(rule(reference_.violations()[0].invariant).id);
  }

  Configuration configuration_;
  Layout layout_;
  Fake fake_;
  Reference reference_;
};

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_REFERENCE_FIXTURE_H
