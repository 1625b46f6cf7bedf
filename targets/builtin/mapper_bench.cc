// SPDX-License-Identifier: BSD-2-Clause
// What a map and unmap pair costs, in nanoseconds, on windows of 2^20 entries that are sparse or 95 % full.
//
//     mapper_bench [Google Benchmark's options]
//
// NOSPAN_BENCH_TARGETS names further target libraries, separated by colons, that run the same commands:
//
//     NOSPAN_BENCH_TARGETS=./libnospan_linux_4k.so mapper_bench
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "targets/builtin/builtin.h"
#include "targets/library.h"
#include "targets/target.h"

namespace nospan::builtin {
namespace {

constexpr uint64_t kEntries = uint64_t{1} << 20;
constexpr uint64_t kPage = 4096;

// The cheapest environment there is: the benchmark is about the target.
class FastEnvironment {
 public:
  FastEnvironment() : tces_(kEntries, 0) {
    environment_ = {};
    environment_.abi = NOSPAN_TARGET_ABI;
    environment_.context = this;
    environment_.put_tces = [](void* context, uint64_t index, uint64_t count, uint64_t tce) {
      uint64_t* tces = self(context).tces_.data() + index;
      for (uint64_t i = 0; i < count; ++i) tces[i] = tce + i * kPage;
      return 0;
    };
    environment_.clear_tces = [](void* context, uint64_t index, uint64_t count) {
      uint64_t* tces = self(context).tces_.data() + index;
      for (uint64_t i = 0; i < count; ++i) tces[i] = 0;
    };
    environment_.get_tce = [](void* context, uint64_t index) { return self(context).tces_[index]; };
    environment_.flush = [](void*) {};
    environment_.allocate_pages = [](void*, uint32_t, uint64_t*) { return -12; };
    environment_.free_pages = [](void*, uint64_t, uint32_t) {};
    environment_.zero = [](void*, uint64_t, uint64_t) {};
    environment_.allocate = [](void*, uint64_t size) {
      const uint64_t rounded = (size + 63) / 64 * 64;
      void* memory = std::aligned_alloc(64, rounded);
      if (memory != nullptr) std::memset(memory, 0, rounded);
      return memory;
    };
    environment_.release = [](void*, void* memory) { std::free(memory); };
    environment_.warn = [](void*, const char*) {};
    environment_.fail = [](void*, uint32_t, const char* text) {
      std::fprintf(stderr, "%s\n", text);
      std::abort();
    };
  }
  FastEnvironment(const FastEnvironment&) = delete;
  FastEnvironment& operator=(const FastEnvironment&) = delete;
  const nospan_environment* get() const { return &environment_; }

 private:
  static FastEnvironment& self(void* context) { return *static_cast<FastEnvironment*>(context); }
  nospan_environment environment_;
  std::vector<uint64_t> tces_;
};

class Table {
 public:
  Table(const nospan_target* target, uint32_t cpus) : target_(target), cpus_(cpus) {
    nospan_configuration configuration = {};
    configuration.page_shift = 12;
    configuration.system_page_shift = 12;
    configuration.first_index = 0;
    configuration.entries = kEntries;
    configuration.block_entries = 16;
    configuration.cpus = cpus;
    configuration.virtual_merge = 1;
    configuration.dma_mask = UINT64_MAX;
    configuration.coherent_mask = UINT64_MAX;
    configuration.segment_boundary = UINT32_MAX;
    configuration.max_segment_size = 65536;
    table_ = target->create(environment_.get(), &configuration);
  }
  ~Table() { target_->destroy(table_); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  uint64_t map(uint64_t entries, uint32_t cpu) {
    const nospan_map_request request = {0x12340000,           0,  entries * kPage, NOSPAN_ATTRIBUTE_NO_WARN,
                                        NOSPAN_BIDIRECTIONAL, cpu};
    return target_->map_page(table_, &request);
  }
  void unmap(uint64_t dma, uint64_t entries, uint32_t cpu) {
    target_->unmap_page(table_, dma, entries * kPage, NOSPAN_BIDIRECTIONAL, NOSPAN_ATTRIBUTE_NO_WARN, cpu);
  }
  bool map_and_unmap_list(std::vector<nospan_segment>& list) {
    const uint32_t count = static_cast<uint32_t>(list.size());
    const int segments = target_->map_sg(table_, list.data(), count, NOSPAN_BIDIRECTIONAL, 0, 0);
    if (segments <= 0) return false;
    target_->unmap_sg(table_, list.data(), count, NOSPAN_BIDIRECTIONAL, 0, 0);
    return true;
  }
  // Maps until nothing fits.
  std::vector<uint64_t> fill(uint64_t entries) {
    std::vector<uint64_t> mapped;
    uint32_t cpu = 0;
    uint64_t dma;
    while ((dma = map(entries, cpu++ % cpus_)) != NOSPAN_MAPPING_ERROR) mapped.push_back(dma);
    return mapped;
  }

 private:
  const nospan_target* target_;
  uint32_t cpus_;
  FastEnvironment environment_;
  void* table_;
};

enum class Filling {
  kSparse,         // 0.5 % live
  kRandomHoles,    // 95 % full, the holes spread evenly
  kHolesTogether,  // 95 % full, the holes next to each other at a random place
};

// `live` mappings are replaced at random: unmap one, map one.
void replace_at_random(benchmark::State& state, const nospan_target* target, uint32_t cpus, Filling filling,
                       uint64_t entries) {
  Table table(target, cpus);
  std::mt19937_64 random(1);
  std::vector<uint64_t> live;
  if (filling == Filling::kSparse) {
    for (uint64_t i = 0; i < kEntries / entries / 200; ++i) live.push_back(table.map(entries, i % cpus));
  } else {
    live = table.fill(entries);
    const size_t holes = live.size() / 20;
    const size_t together = random() % (live.size() - holes);
    for (size_t hole = 0; hole < holes; ++hole) {
      const size_t which = filling == Filling::kHolesTogether ? together + hole : random() % live.size();
      if (live[which] == NOSPAN_MAPPING_ERROR) continue;
      table.unmap(live[which], entries, 0);
      live[which] = NOSPAN_MAPPING_ERROR;
    }
    std::erase(live, NOSPAN_MAPPING_ERROR);
  }
  // Warm up, so that what is measured is the steady state.
  uint64_t refused = 0;
  const auto step = [&] {
    const uint64_t which = (random() >> 32) * live.size() >> 32;
    const uint32_t cpu = static_cast<uint32_t>(which & (cpus - 1));
    table.unmap(live[which], entries, cpu);
    const uint64_t dma = table.map(entries, cpu);
    if (dma == NOSPAN_MAPPING_ERROR) {
      ++refused;
      live[which] = live.back();
      live.pop_back();
    } else {
      live[which] = dma;
    }
  };
  for (int i = 0; i < 5000; ++i) step();
  for (auto unused : state) {
    (void)unused;
    step();
  }
  state.counters["refused"] = static_cast<double>(refused);
  state.counters["live"] = static_cast<double>(live.size() * entries) / static_cast<double>(kEntries);
}

// One mapping at a time: a driver that unmaps what it mapped.
void map_and_unmap(benchmark::State& state, const nospan_target* target, uint32_t cpus, uint64_t entries) {
  Table table(target, cpus);
  for (auto unused : state) {
    (void)unused;
    const uint64_t dma = table.map(entries, 0);
    benchmark::DoNotOptimize(dma);
    table.unmap(dma, entries, 0);
  }
}

// A list of single pages that lie apart, as a block device's: mapped and unmapped.
void map_and_unmap_list(benchmark::State& state, const nospan_target* target, uint32_t cpus,
                        uint64_t elements) {
  Table table(target, cpus);
  std::vector<nospan_segment> list(elements);
  for (uint64_t i = 0; i < elements; ++i) list[i] = nospan_segment{(i * 7 + 1) * 2 * kPage, kPage, 0, 0};
  for (auto unused : state) {
    (void)unused;
    if (!table.map_and_unmap_list(list)) state.SkipWithError("it does not fit");
  }
}

// A request that nothing fits, in a table that is 95 % full with random holes of one entry.
void refuse(benchmark::State& state, const nospan_target* target, uint32_t cpus, uint64_t entries) {
  Table table(target, cpus);
  std::mt19937_64 random(1);
  std::vector<uint64_t> live = table.fill(1);
  for (size_t i = 0; i < live.size() / 20; ++i) table.unmap(live[i * 20], 1, 0);
  for (auto unused : state) {
    (void)unused;
    if (table.map(entries, 0) != NOSPAN_MAPPING_ERROR) state.SkipWithError("it fits");
  }
}

// Names: target/cpus/what/entries in a request. With one CPU this target takes no locks.
void add(const nospan_target* target, const std::string& name) {
  for (const uint32_t cpus : {1u, 4u}) {
    const auto label = [&](const char* what, uint64_t entries) {
      return name + "/" + std::to_string(cpus) + "/" + what + "/" + std::to_string(entries);
    };
    const struct {
      const char* name;
      Filling filling;
    } fillings[] = {{"sparse", Filling::kSparse},
                    {"full_random_holes", Filling::kRandomHoles},
                    {"full_holes_together", Filling::kHolesTogether}};
    for (const uint64_t entries : {1, 4, 16, 64, 256}) {
      benchmark::RegisterBenchmark(label("map_and_unmap", entries).c_str(), map_and_unmap, target, cpus,
                                   entries);
    }
    for (const auto& filling : fillings) {
      for (const uint64_t entries : {1, 4, 16, 64, 256}) {
        benchmark::RegisterBenchmark(label(filling.name, entries).c_str(), replace_at_random, target, cpus,
                                     filling.filling, entries);
      }
    }
    for (const uint64_t elements : {4, 32, 256}) {
      benchmark::RegisterBenchmark(label("map_and_unmap_list", elements).c_str(), map_and_unmap_list, target,
                                   cpus, elements);
    }
    for (const uint64_t entries : {2, 16, 256}) {
      benchmark::RegisterBenchmark(label("full_refuse", entries).c_str(), refuse, target, cpus, entries);
    }
  }
}

}  // namespace
}  // namespace nospan::builtin

int main(int argc, char** argv) {
  nospan::builtin::add(nospan_builtin_target(), "builtin");
  if (const char* further = std::getenv("NOSPAN_BENCH_TARGETS")) {
    std::istringstream paths(further);
    for (std::string path; std::getline(paths, path, ':');) {
      const auto library = nospan::targets::Library::open(path);
      if (!library) {
        std::fprintf(stderr, "nospan: %s\n", library.error().line().c_str());
        return 5;
      }
      nospan::builtin::add(library->get(), library->get()->name);
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 5;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
