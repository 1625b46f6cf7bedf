// SPDX-License-Identifier: BSD-2-Clause
// EntrySpace against a vector<bool> with a search that tries every place, on random requests.
#include "targets/builtin/entry_space.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "targets/builtin/free_runs.h"
#include "targets/builtin/test_environment.h"

namespace nospan::builtin {
namespace {

// The same contract, as plainly as possible.
class Reference {
 public:
  explicit Reference(const nospan_configuration& configuration)
      : first_index_(configuration.first_index),
        taken_(configuration.entries),
        ordinary_(configuration.entries) {
    for (uint64_t entry = 0; entry < configuration.entries; ++entry) {
      const uint64_t index = first_index_ + entry;
      const bool reserved = index >= configuration.reserved_start && index < configuration.reserved_end;
      ordinary_[entry] = !reserved && index != 0;
      taken_[entry] = !ordinary_[entry];
    }
  }

  bool allows(const SpaceRequest& request, uint64_t index) const {
    if (index > request.last_start || index < first_index_) return false;
    if ((index & ((uint64_t{1} << request.alignment_shift) - 1)) != 0) return false;
    if (request.boundary != 0 && index / request.boundary != (index + request.entries - 1) / request.boundary) {
      return false;
    }
    return true;
  }

  bool is_free(uint64_t index, uint64_t entries) const {
    const uint64_t entry = index - first_index_;
    if (entries > taken_.size() || entry > taken_.size() - entries) return false;
    for (uint64_t i = 0; i < entries; ++i) {
      if (taken_[entry + i]) return false;
    }
    return true;
  }

  // The lowest index at which the request fits, or false.
  bool lowest(const SpaceRequest& request, uint64_t* index) const {
    uint64_t run = 0;
    for (uint64_t entry = taken_.size(); entry-- > 0;) {
      run = taken_[entry] ? 0 : run + 1;
      runs_[entry] = run;
    }
    for (uint64_t entry = 0; entry < taken_.size(); ++entry) {
      if (runs_[entry] >= request.entries && allows(request, first_index_ + entry)) {
        *index = first_index_ + entry;
        return true;
      }
    }
    return false;
  }

  void set(uint64_t index, uint64_t entries, bool taken) {
    for (uint64_t i = 0; i < entries; ++i) taken_[index - first_index_ + i] = taken;
  }

  bool any_taken() const {
    for (uint64_t entry = 0; entry < taken_.size(); ++entry) {
      if (taken_[entry] && ordinary_[entry]) return true;
    }
    return false;
  }

  const std::vector<bool>& taken() const { return taken_; }

 private:
  uint64_t first_index_;
  std::vector<bool> taken_;
  std::vector<bool> ordinary_;
  mutable std::vector<uint64_t> runs_ = std::vector<uint64_t>(taken_.size());
};

class Fixture {
 public:
  explicit Fixture(const nospan_configuration& configuration)
      : configuration_(configuration), environment_(12, 0, 1), reference_(configuration) {
    EXPECT_TRUE(space_.create(*environment_.get(), configuration));
  }
  ~Fixture() {
    space_.destroy(*environment_.get());
    EXPECT_EQ(environment_.live_allocations(), 0u);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  // Takes and compares. True if there was space.
  bool take(const SpaceRequest& request, uint32_t cpu = 0) {
    TceIndex start = {0};
    const bool found = space_.take(request, cpu, &start);
    uint64_t lowest = 0;
    const bool fits = request.entries != 0 && reference_.lowest(request, &lowest);
    EXPECT_EQ(found, fits) << describe(request) << " fits at " << lowest;
    if (!found || !fits) return false;
    EXPECT_TRUE(reference_.is_free(start.value, request.entries))
        << describe(request) << " got " << start.value;
    EXPECT_TRUE(reference_.allows(request, start.value)) << describe(request) << " got " << start.value;
    if (request.lowest) {
      EXPECT_EQ(start.value, lowest) << describe(request);
    }
    reference_.set(start.value, request.entries, true);
    live_.emplace_back(start.value, request.entries);
    return true;
  }

  void give_back(size_t which) {
    const auto [index, entries] = live_[which];
    live_[which] = live_.back();
    live_.pop_back();
    EXPECT_TRUE(space_.give_back(TceIndex{index}, entries));
    reference_.set(index, entries, false);
  }

  void compare() {
    const uint64_t entries = configuration_.entries;
    std::vector<uint64_t> words((entries + 63) / 64 + 1, 0xdeadbeefdeadbeef);
    space_.read(0, entries, words.data());
    EXPECT_EQ(words.back(), 0xdeadbeefdeadbeef);
    for (uint64_t entry = 0; entry < entries; ++entry) {
      ASSERT_EQ((words[entry / 64] >> (entry % 64)) & 1, reference_.taken()[entry] ? 1u : 0u)
          << "entry " << entry;
    }
    EXPECT_EQ(space_.any_taken(), reference_.any_taken());
  }

  size_t live() const { return live_.size(); }
  std::pair<uint64_t, uint64_t> live(size_t which) const { return live_[which]; }
  EntrySpace& space() { return space_; }
  TestEnvironment& environment() { return environment_; }

  static std::string describe(const SpaceRequest& request) {
    return std::to_string(request.entries) + " entries, last start " + std::to_string(request.last_start) +
           ", boundary " + std::to_string(request.boundary) + ", alignment shift " +
           std::to_string(request.alignment_shift) + (request.lowest ? ", lowest" : "");
  }

 private:
  nospan_configuration configuration_;
  TestEnvironment environment_;
  EntrySpace space_ = {};
  Reference reference_;
  std::vector<std::pair<uint64_t, uint64_t>> live_;
};

SpaceRequest any_place(uint64_t entries) { return SpaceRequest{entries, UINT64_MAX >> 12, 0, 0, false}; }

TEST(FreeRuns, AgreeWithCounting) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20000; ++round) {
    uint64_t words[2] = {random(), random()};
    for (int dense = round % 4; dense > 0; --dense) {
      words[0] |= random();
      words[1] |= random();
    }
    if (round % 97 == 0) words[0] = ~uint64_t{0};
    if (round % 89 == 0) words[1] = ~uint64_t{0};
    const uint64_t entries = 1 + random() % 64;
    uint64_t inside = 0;
    uint64_t across = 0;
    uint64_t longest = 0;
    for (uint64_t start = 0; start < 64; ++start) {
      uint64_t run = 0;
      while (start + run < 128 && ((words[(start + run) / 64] >> ((start + run) % 64)) & 1) != 0) ++run;
      if (run >= entries) across |= uint64_t{1} << start;
      if (run >= entries && start + entries <= 64) inside |= uint64_t{1} << start;
      longest = std::max(longest, std::min(run, 64 - start));
    }
    ASSERT_EQ(starts_inside(words[0], entries), inside) << entries;
    ASSERT_EQ(starts_across(words[0], words[1], entries), across) << entries;
    ASSERT_EQ(classes_of(words[0]), static_cast<uint32_t>(std::bit_width(longest))) << std::hex << words[0];
  }
}

TEST(EntrySpace, DegenerateWindows) {
  for (const uint64_t first : {0, 1, 63, 64, 1000}) {
    for (uint64_t entries = 1; entries <= 3; ++entries) {
      Fixture fixture(plain_configuration(12, first, entries));
      const uint64_t usable = first == 0 ? entries - 1 : entries;
      EXPECT_FALSE(fixture.take(any_place(usable + 1)));
      EXPECT_FALSE(fixture.take(any_place(UINT64_MAX)));
      for (uint64_t i = 0; i < usable; ++i) EXPECT_TRUE(fixture.take(any_place(1)));
      EXPECT_FALSE(fixture.take(any_place(1)));
      fixture.compare();
      while (fixture.live() != 0) fixture.give_back(0);
      EXPECT_EQ(fixture.take(any_place(usable)), usable != 0);
      fixture.compare();
    }
  }
}

TEST(EntrySpace, RefusesToGiveBackWhatIsNotTaken) {
  nospan_configuration configuration = plain_configuration(12, 0, 200);
  configuration.reserved_start = 100;
  configuration.reserved_end = 110;
  Fixture fixture(configuration);
  const auto ordinary = [&](uint64_t index, uint64_t entries) {
    return fixture.space().is_ordinary(TceIndex{index}, entries);
  };
  EXPECT_FALSE(ordinary(0, 1));
  EXPECT_FALSE(ordinary(99, 2));
  EXPECT_FALSE(ordinary(109, 1));
  EXPECT_FALSE(ordinary(99, 12));
  EXPECT_FALSE(ordinary(199, 2));
  EXPECT_FALSE(ordinary(200, 1));
  EXPECT_FALSE(ordinary(10, 0));
  EXPECT_FALSE(ordinary(10, UINT64_MAX));
  EXPECT_FALSE(ordinary(UINT64_MAX, 2));
  EXPECT_TRUE(ordinary(1, 99));
  EXPECT_TRUE(ordinary(110, 90));
  EXPECT_FALSE(fixture.space().give_back(TceIndex{5}, 1));
  EXPECT_FALSE(fixture.space().give_back(TceIndex{5}, 90));
  EXPECT_TRUE(fixture.take(any_place(70)));
  EXPECT_FALSE(fixture.space().give_back(TceIndex{fixture.live(0).first}, 71));
  fixture.compare();
}

TEST(EntrySpace, FailsToCreateCleanly) {
  for (int64_t after = 0; after < 4; ++after) {
    TestEnvironment environment(12, 0, 1);
    environment.allocate_fails_after = after;
    EntrySpace space = {};
    EXPECT_FALSE(space.create(*environment.get(), plain_configuration(12, 0, 1000)));
    EXPECT_EQ(environment.live_allocations(), 0u);
  }
  TestEnvironment environment(12, 0, 1);
  EntrySpace space = {};
  EXPECT_FALSE(space.create(*environment.get(), plain_configuration(12, 0, UINT64_MAX)));
  EXPECT_EQ(environment.live_allocations(), 0u);
}

// The kernel: one bit per entry and struct iommu_table, which has five pools of a cache line each and more.
// The budget is a quarter above one bit per entry, once the structures no longer count.
TEST(EntrySpace, KeepsItsMemoryBudget) {
  for (const uint64_t entries : {uint64_t{1} << 16, uint64_t{1} << 20, uint64_t{1} << 24}) {
    nospan_configuration configuration = plain_configuration(12, 0, entries);
    configuration.cpus = 64;
    Fixture fixture(configuration);
    EXPECT_LE(fixture.environment().allocated_bytes(), entries / 8 + entries / 32 + 1024) << entries;
  }
}

TEST(EntrySpace, FindsARunThatSpansRegions) {
  nospan_configuration configuration = plain_configuration(12, 0, 65536);
  configuration.cpus = 4;  // regions of 16384 entries
  Fixture fixture(configuration);
  EXPECT_TRUE(fixture.take(any_place(65535)));
  fixture.give_back(0);
  EXPECT_TRUE(fixture.take(any_place(16384 - 2), 0));
  EXPECT_TRUE(fixture.take(any_place(1 + 16384 * 3), 0));
  EXPECT_FALSE(fixture.take(any_place(1), 3));
  fixture.compare();
}

TEST(EntrySpace, KeepsALongRunFromItsBoundaryByOneEntry) {
  Fixture fixture(plain_configuration(12, 29, 300));
  EXPECT_TRUE(fixture.take(SpaceRequest{100, UINT64_MAX >> 12, 128, 0, true}));  // 29 to 128 would cross
  EXPECT_EQ(fixture.live(0).first, 128u);
  EXPECT_TRUE(fixture.take(SpaceRequest{99, UINT64_MAX >> 12, 128, 0, true}));
  EXPECT_EQ(fixture.live(1).first, 29u);
}

struct Shape {
  uint64_t first_index;
  uint64_t entries;
  uint64_t reserved_start;
  uint64_t reserved_end;
  uint32_t cpus;
  int rounds;

  friend void PrintTo(const Shape& shape, std::ostream* stream) {
    *stream << shape.entries << " entries from " << shape.first_index << " on, reserved "
            << shape.reserved_start << " to " << shape.reserved_end << ", " << shape.cpus << " CPUs";
  }
};

class RandomRequests : public testing::TestWithParam<Shape> {};

TEST_P(RandomRequests, AgreeWithTryingEveryPlace) {
  const Shape& shape = GetParam();
  nospan_configuration configuration = plain_configuration(12, shape.first_index, shape.entries);
  configuration.reserved_start = shape.reserved_start;
  configuration.reserved_end = shape.reserved_end;
  configuration.cpus = shape.cpus;
  Fixture fixture(configuration);
  std::mt19937_64 random(shape.first_index * 31 + shape.entries);
  uint64_t refused = 0;
  uint64_t largest = 64;
  uint64_t take_share = 80;  // of 100 steps; the rest give back
  for (int round = 0; round < shape.rounds && !testing::Test::HasFailure(); ++round) {
    if (round % 200 == 0) {
      // Phases: small and large requests, filling and draining.
      const uint64_t sizes[] = {1, 2, 5, 16, 70, 200, shape.entries};
      largest = sizes[random() % 7];
      take_share = random() % 2 == 0 ? 95 : 30 + random() % 50;
    }
    if (fixture.live() == 0 || random() % 100 < take_share) {
      SpaceRequest request = any_place(1 + random() % largest);
      if (random() % 4 == 0) request.alignment_shift = static_cast<uint32_t>(random() % 9);
      if (random() % 500 == 0) request.alignment_shift = static_cast<uint32_t>(random() % 64);
      if (random() % 4 == 0) request.boundary = uint64_t{1} << (random() % 10);
      if (random() % 4 == 0) request.last_start = shape.first_index - 1 + random() % (shape.entries + 2);
      request.lowest = random() % 8 == 0;
      if (!fixture.take(request, static_cast<uint32_t>(random()))) ++refused;
    } else {
      fixture.give_back(random() % fixture.live());
    }
    if (round % 100 == 0) fixture.compare();
  }
  EXPECT_GT(refused, 0u);
  while (fixture.live() != 0) fixture.give_back(fixture.live() - 1);
  fixture.compare();
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, RandomRequests,
    testing::Values(Shape{0, 64, 0, 0, 1, 20000}, Shape{0, 65, 64, 70, 1, 20000}, Shape{1, 127, 0, 5, 1, 20000},
                    Shape{63, 2, 0, 0, 1, 2000}, Shape{77, 300, 100, 120, 1, 20000},
                    Shape{1u << 20, 1000, 0, 0, 4, 20000}, Shape{(1u << 20) + 5, 5000, 0, UINT64_MAX, 1, 2000},
                    Shape{123456789, 5000, 123456000, 123457000, 2, 20000},
                    Shape{0, 40000, 20000, 20010, 2, 6000},
                    Shape{(uint64_t{1} << 52) - 70001, 70000, 0, 0, 4, 4000},
                    Shape{31, 150000, 300, 301, 3, 3000}),
    [](const auto& tested) {
      const Shape& shape = tested.param;
      return "From" + std::to_string(shape.first_index) + "Entries" + std::to_string(shape.entries);
    });

}  // namespace
}  // namespace nospan::builtin
