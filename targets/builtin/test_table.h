// SPDX-License-Identifier: BSD-2-Clause
// A table of builtin's, through the C interface, for tests.
#ifndef NOSPAN_TARGETS_BUILTIN_TEST_TABLE_H
#define NOSPAN_TARGETS_BUILTIN_TEST_TABLE_H

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "targets/builtin/builtin.h"
#include "targets/builtin/test_environment.h"

namespace nospan::builtin {

inline constexpr uint64_t kPage = 4096;

// A table and its environment; at the end nothing may be left.
class Table {
 public:
  explicit Table(const nospan_configuration& configuration)
      : environment(configuration.page_shift, configuration.first_index, configuration.entries),
        configuration_(configuration) {
    environment.system_page_shift = configuration.system_page_shift;
    table_ = target_->create(environment.get(), &configuration);
    EXPECT_NE(table_, nullptr);
  }
  ~Table() {
    target_->destroy(table_);
    EXPECT_EQ(environment.live_allocations(), 0u);
    EXPECT_EQ(environment.errors, 0u);
    EXPECT_EQ(environment.warnings, 0u);
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  uint64_t map(uint64_t address, uint64_t size, uint32_t direction = NOSPAN_BIDIRECTIONAL) {
    const uint64_t offset = address % kPage;
    return map_at(address - offset, offset, size, direction);
  }
  uint64_t map_at(uint64_t page, uint64_t offset, uint64_t size, uint32_t direction = NOSPAN_BIDIRECTIONAL) {
    const nospan_map_request request = {page, offset, size, 0, direction, 0};
    return target_->map_page(table_, &request);
  }
  void unmap(uint64_t dma, uint64_t size) {
    target_->unmap_page(table_, dma, size, NOSPAN_BIDIRECTIONAL, 0, 0);
  }
  int map_sg(std::vector<nospan_segment>& list, uint32_t direction = NOSPAN_BIDIRECTIONAL) {
    return target_->map_sg(table_, list.data(), static_cast<uint32_t>(list.size()), direction, 0, 0);
  }
  void unmap_sg(std::vector<nospan_segment>& list) {
    target_->unmap_sg(table_, list.data(), static_cast<uint32_t>(list.size()), NOSPAN_BIDIRECTIONAL, 0, 0);
  }
  int alloc(uint64_t size, uint64_t* guest, uint64_t* dma) {
    return target_->alloc_coherent(table_, size, 0, guest, dma);
  }
  void free(uint64_t size, uint64_t guest, uint64_t dma) {
    target_->free_coherent(table_, size, guest, dma, 0);
  }
  bool in_use() { return target_->in_use(table_) != 0; }
  std::vector<uint64_t> allocation() {
    std::vector<uint64_t> words((configuration_.entries + 63) / 64);
    target_->read_allocation(table_, 0, configuration_.entries, words.data());
    if (configuration_.entries % 64 != 0) words.back() &= (uint64_t{1} << (configuration_.entries % 64)) - 1;
    return words;
  }
  // XLAT-1: where a DMA address leads, through the TCEs.
  uint64_t translate(uint64_t dma) {
    const uint64_t mask = (uint64_t{1} << configuration_.page_shift) - 1;
    const uint64_t tce = environment.tce(dma >> configuration_.page_shift);
    if (tce == 0) return UINT64_MAX;
    return (tce & ~mask) + (dma & mask);
  }
  void expect_empty() {
    EXPECT_EQ(environment.live_tces(), 0u);
    EXPECT_EQ(environment.live_pages(), 0u);
    EXPECT_FALSE(in_use());
  }

  TestEnvironment environment;

 private:
  const nospan_target* target_ = nospan_builtin_target();
  nospan_configuration configuration_;
  void* table_ = nullptr;
};

inline nospan_segment element(uint64_t address, uint32_t length) {
  return nospan_segment{address, length, 77, 77};
}

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_TEST_TABLE_H
