// SPDX-License-Identifier: BSD-2-Clause
// A small environment for tests of a target: TCEs in a map, guarded allocations counted, faults on demand.
// Not for several threads, but for put_tces(), clear_tces() and flush() in a benchmark that never looks at
// them.
#ifndef NOSPAN_TARGETS_LINUX_TEST_ENVIRONMENT_H
#define NOSPAN_TARGETS_LINUX_TEST_ENVIRONMENT_H

#include <dlfcn.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "targets/target.h"

namespace nospan::linux_target {

// What environment.fail() throws through the target.
struct TargetFailed : std::runtime_error {
  TargetFailed(std::uint32_t kind, const char* text) : std::runtime_error(text), failure(kind) {}
  std::uint32_t failure;
};

class TestEnvironment {
 public:
  explicit TestEnvironment(std::uint32_t page_shift) : page_shift_(page_shift) {
    environment_.abi = NOSPAN_TARGET_ABI;
    environment_.context = this;
    environment_.put_tces = [](void* context, std::uint64_t index, std::uint64_t count, std::uint64_t tce) {
      return self(context).put(index, count, tce);
    };
    environment_.clear_tces = [](void* context, std::uint64_t index, std::uint64_t count) {
      auto& all = self(context).tces;
      all.erase(all.lower_bound(index), all.lower_bound(index + count));
    };
    environment_.get_tce = [](void* context, std::uint64_t index) -> std::uint64_t {
      const auto& all = self(context).tces;
      const auto found = all.find(index);
      return found == all.end() ? 0 : found->second;
    };
    environment_.flush = [](void* context) { self(context).flushes++; };
    environment_.allocate_pages = [](void* context, std::uint32_t order, std::uint64_t* address) {
      TestEnvironment& me = self(context);
      if (me.fail_pages) return -ENOMEM;
      *address = me.next_page;
      me.pages.insert({*address, order});
      return 0;
    };
    environment_.free_pages = [](void* context, std::uint64_t address, std::uint32_t order) {
      TestEnvironment& me = self(context);
      if (me.pages.erase({address, order}) != 1) me.mistakes.push_back("free_pages of what was not allocated");
    };
    environment_.zero = [](void* context, std::uint64_t address, std::uint64_t size) {
      self(context).zeroed.emplace_back(address, size);
    };
    environment_.allocate = [](void* context, std::uint64_t size) { return self(context).allocate(size); };
    environment_.release = [](void* context, void* memory) { self(context).release(memory); };
    environment_.warn = [](void* context, const char* text) { self(context).warnings.emplace_back(text); };
    environment_.fail = [](void*, std::uint32_t failure, const char* text) {
      throw TargetFailed(failure, text);
    };
  }
  TestEnvironment(const TestEnvironment&) = delete;
  TestEnvironment& operator=(const TestEnvironment&) = delete;
  ~TestEnvironment() {
    while (!allocated.empty()) release(allocated.begin()->first);
  }

  const nospan_environment* get() const { return &environment_; }
  nospan_environment& change() { return environment_; }

  std::map<std::uint64_t, std::uint64_t> tces;
  std::set<std::pair<std::uint64_t, std::uint32_t>> pages;      // address, order
  std::vector<std::pair<std::uint64_t, std::uint64_t>> zeroed;  // address, size
  std::map<void*, std::pair<void*, std::size_t>> allocated;     // object -> mapping, its size
  std::vector<std::string> warnings;
  std::vector<std::string> mistakes;
  std::uint64_t flushes = 0;
  std::uint64_t next_page = 0x10000000;
  bool fail_pages = false;
  int fail_allocation = -1;             // the how-many-th allocation from now fails; -1: none
  std::uint64_t put_most = UINT64_MAX;  // put_tces fails with -EBUSY after so many TCEs of one call

 private:
  static TestEnvironment& self(void* context) { return *static_cast<TestEnvironment*>(context); }

  int put(std::uint64_t index, std::uint64_t count, std::uint64_t tce) {
    for (std::uint64_t i = 0; i < count; i++) {
      if (i == put_most) return -EBUSY;
      tces[index + i] = tce + (i << page_shift_);
    }
    return 0;
  }

  // As target.h demands: the end of the object touches an inaccessible page.
  void* allocate(std::uint64_t size) {
    if (fail_allocation >= 0 && fail_allocation-- == 0) return nullptr;
    const std::size_t rounded = (size + 63) / 64 * 64;
    const std::size_t whole = (rounded + 4095) / 4096 * 4096;
    void* mapping = mmap(nullptr, whole + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) return nullptr;
    char* const guard = static_cast<char*>(mapping) + whole;
    mprotect(guard, 4096, PROT_NONE);
    void* const object = guard - rounded;
    allocated[object] = {mapping, whole + 4096};
    return object;
  }

  void release(void* memory) {
    const auto found = allocated.find(memory);
    if (found == allocated.end()) {
      if (memory != nullptr) mistakes.push_back("release of what was not allocated");
      return;
    }
    munmap(found->second.first, found->second.second);
    allocated.erase(found);
  }

  std::uint32_t page_shift_;
  nospan_environment environment_{};
};

// A target library, loaded for as long as the object lives.
class LoadedTarget {
 public:
  explicit LoadedTarget(const std::filesystem::path& library)
      : handle_(dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) throw std::runtime_error(dlerror());
    const auto entry = reinterpret_cast<nospan_target_entry_function>(dlsym(handle_, "nospan_target_entry"));
    if (entry == nullptr) throw std::runtime_error(dlerror());
    target_ = entry();
  }
  LoadedTarget(const LoadedTarget&) = delete;
  LoadedTarget& operator=(const LoadedTarget&) = delete;
  ~LoadedTarget() { dlclose(handle_); }

  const nospan_target* operator->() const { return target_; }

 private:
  void* handle_;
  const nospan_target* target_ = nullptr;
};

// A window of 4096 TCEs of 4K at index 0x800000, a device without limits of its own.
inline nospan_configuration plain_configuration(std::uint32_t system_page_shift) {
  nospan_configuration configuration{};
  configuration.page_shift = 12;
  configuration.system_page_shift = system_page_shift;
  configuration.first_index = 0x800000;
  configuration.entries = 4096;
  configuration.block_entries = 16;
  configuration.cpus = 4;
  configuration.virtual_merge = 1;
  configuration.dma_mask = UINT64_MAX;
  configuration.coherent_mask = UINT64_MAX;
  configuration.segment_boundary = UINT32_MAX;
  configuration.max_segment_size = 65536;
  return configuration;
}

}  // namespace nospan::linux_target

#endif  // NOSPAN_TARGETS_LINUX_TEST_ENVIRONMENT_H
