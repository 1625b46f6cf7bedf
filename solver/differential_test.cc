// SPDX-License-Identifier: BSD-2-Clause
// The executor against the compiled code: random concrete calls go through both, and everything that can be
// seen must be the same: results, what the environment was asked for, the allocation state.
//
// NOSPAN_DIFFERENTIAL_CASES is the number of cases for each entry point.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <time.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "solver/executor.h"
#include "targets/builtin/bitcode.h"
#include "targets/builtin/builtin.h"
#include "targets/library.h"
#include "targets/linux/bitcode.h"
#include "targets/linux/build.h"
#include "targets/linux/tree.h"
#include "targets/target.h"

namespace nospan::solver {
namespace {

using reports::Expected;

uint64_t cases_per_entry_point() {
  const char* text = std::getenv("NOSPAN_DIFFERENTIAL_CASES");
  return text == nullptr ? 1000 : std::strtoull(text, nullptr, 10);
}

// ---- The environment: the same one for both sides ----

// What environment.fail() throws through the compiled code.
struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Answers what a target asks for, the same way each time it is asked the same things, and writes all down.
class World {
 public:
  enum Kind : uint64_t { kPut, kClear, kGet, kFlush, kAllocatePages, kFreePages, kZero, kAllocate, kWarn };
  using Entry = std::array<uint64_t, 4>;

  explicit World(uint64_t seed) : faults_(seed) {}

  std::vector<Entry> trace;
  std::map<uint64_t, uint64_t> tces;
  unsigned page_shift = 12;
  bool faults = false;

  int put(uint64_t index, uint64_t count, uint64_t tce) {
    // A hypercall that fails half-way.
    const bool fails = faults && faults_() % 16 == 0;
    const uint64_t done = fails ? faults_() % count : count;
    for (uint64_t i = 0; i < std::min<uint64_t>(done, 1024); ++i) tces[index + i] = tce + (i << page_shift);
    return static_cast<int>(note(kPut, index, count, tce, fails ? -16 : 0));
  }
  void clear(uint64_t index, uint64_t count) {
    tces.erase(tces.lower_bound(index), tces.lower_bound(index + count));
    note(kClear, index, count, 0, 0);
  }
  uint64_t get(uint64_t index) {
    const auto found = tces.find(index);
    return static_cast<uint64_t>(
        note(kGet, index, 0, 0, found == tces.end() ? 0 : static_cast<int64_t>(found->second)));
  }
  void flush() { note(kFlush, 0, 0, 0, 0); }
  int allocate_pages(uint64_t order, uint64_t system_page_shift, uint64_t* address) {
    const bool fails = faults && faults_() % 8 == 0;
    if (!fails) {
      const uint64_t size = uint64_t{1} << (order + system_page_shift);
      next_page_ = (next_page_ + size - 1) & ~(size - 1);
      *address = next_page_;
      next_page_ += size;
    }
    return static_cast<int>(note(kAllocatePages, order, 0, 0, fails ? -12 : 0));
  }
  void free_pages(uint64_t address, uint64_t order) { note(kFreePages, address, order, 0, 0); }
  void zero(uint64_t address, uint64_t size) { note(kZero, address, size, 0, 0); }
  void allocate(uint64_t size) { note(kAllocate, size, 0, 0, 0); }
  void warn() { note(kWarn, 0, 0, 0, 0); }

 private:
  int64_t note(Kind kind, uint64_t a, uint64_t b, uint64_t c, int64_t result) {
    trace.push_back({kind, a, b, c ^ static_cast<uint64_t>(result) << 1});
    return result;
  }

  std::mt19937_64 faults_;
  uint64_t next_page_ = uint64_t{1} << 32;
};

// ---- One call, and what it came to ----

enum class EntryPoint : uint8_t {
  kMapPage,
  kUnmapPage,
  kMapList,
  kUnmapList,
  kAllocCoherent,
  kFreeCoherent,
  kInUse,
  kCheckIoba,
  kCheckGpa,
  kTceDirection,
  kDirectionPermissions,
};
constexpr std::array kNames = {
    "map_page", "unmap_page", "map_sg",    "unmap_sg",      "alloc_coherent",       "free_coherent",
    "in_use",   "check_ioba", "check_gpa", "tce_direction", "direction_permissions"};

struct Request {
  EntryPoint entry_point = EntryPoint::kMapPage;
  bool without_table = false;
  nospan_map_request map{};
  std::vector<nospan_segment> list;
  std::array<uint64_t, 5> numbers{};  // further arguments, in their order
};

struct Seen {
  bool failed = false;  // environment.fail(), or an obligation that does not hold
  std::string why;
  uint64_t result = 0;
  std::array<uint64_t, 2> out{};
  std::vector<nospan_segment> list;
  std::vector<uint64_t> allocation;
};

// ---- The compiled code ----

class Compiled {
 public:
  Compiled(const nospan_target* target, World* world) : target_(target), world_(world) {
    environment_.abi = NOSPAN_TARGET_ABI;
    environment_.context = this;
    environment_.put_tces = [](void* c, uint64_t index, uint64_t count, uint64_t tce) {
      return self(c).world_->put(index, count, tce);
    };
    environment_.clear_tces = [](void* c, uint64_t index, uint64_t count) {
      self(c).world_->clear(index, count);
    };
    environment_.get_tce = [](void* c, uint64_t index) { return self(c).world_->get(index); };
    environment_.flush = [](void* c) { self(c).world_->flush(); };
    environment_.allocate_pages = [](void* c, uint32_t order, uint64_t* address) {
      return self(c).world_->allocate_pages(order, self(c).system_page_shift_, address);
    };
    environment_.free_pages = [](void* c, uint64_t address, uint32_t order) {
      self(c).world_->free_pages(address, order);
    };
    environment_.zero = [](void* c, uint64_t address, uint64_t size) { self(c).world_->zero(address, size); };
    environment_.allocate = [](void* c, uint64_t size) -> void* {
      self(c).world_->allocate(size);
      const std::size_t rounded = (size + 63) / 64 * 64;
      void* memory = std::aligned_alloc(64, rounded);
      std::memset(memory, 0, rounded);
      return memory;
    };
    environment_.release = [](void*, void* memory) { std::free(memory); };
    environment_.warn = [](void* c, const char*) { self(c).world_->warn(); };
    environment_.fail = [](void*, uint32_t, const char* text) { throw Failed(text); };
  }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() {
    if (table_ != nullptr) target_->destroy(table_);
  }

  bool create(const nospan_configuration& configuration) {
    system_page_shift_ = configuration.system_page_shift;
    entries_ = configuration.entries;
    table_ = target_->create(&environment_, &configuration);
    return table_ != nullptr;
  }

  Seen call(const Request& request) {
    Seen seen;
    try {
      seen = enter(request);
    } catch (const Failed& failure) {
      seen.failed = true;
      seen.why = failure.what();
      table_ = nullptr;  // what is left of it cannot even be destroyed
      return seen;
    }
    seen.allocation.resize((entries_ + 63) / 64);
    target_->read_allocation(table_, 0, entries_, seen.allocation.data());
    return seen;
  }

 private:
  static Compiled& self(void* context) { return *static_cast<Compiled*>(context); }

  Seen enter(const Request& request) {
    Seen seen;
    seen.list = request.list;
    const auto& n = request.numbers;
    const auto small = [&](std::size_t i) { return static_cast<uint32_t>(n[i]); };
    const uint32_t count = static_cast<uint32_t>(request.list.size());
    void* table = request.without_table ? nullptr : table_;
    switch (request.entry_point) {
      case EntryPoint::kMapPage: seen.result = target_->map_page(table, &request.map); break;
      case EntryPoint::kUnmapPage: target_->unmap_page(table, n[0], n[1], small(2), n[3], small(4)); break;
      case EntryPoint::kMapList:
        seen.result =
            static_cast<uint32_t>(target_->map_sg(table, seen.list.data(), count, small(2), n[3], small(4)));
        break;
      case EntryPoint::kUnmapList:
        target_->unmap_sg(table, seen.list.data(), count, small(2), n[3], small(4));
        break;
      case EntryPoint::kAllocCoherent:
        seen.result =
            static_cast<uint32_t>(target_->alloc_coherent(table, n[0], small(1), &seen.out[0], &seen.out[1]));
        break;
      case EntryPoint::kFreeCoherent: target_->free_coherent(table, n[0], n[1], n[2], small(3)); break;
      case EntryPoint::kInUse: seen.result = static_cast<uint32_t>(target_->in_use(table)); break;
      case EntryPoint::kCheckIoba:
        seen.result = static_cast<uint32_t>(target_->check_ioba(small(0), n[1], n[2], n[3], n[4]));
        break;
      case EntryPoint::kCheckGpa:
        seen.result = static_cast<uint32_t>(target_->check_gpa(small(0), n[1]));
        break;
      case EntryPoint::kTceDirection: seen.result = target_->tce_direction(n[0]); break;
      case EntryPoint::kDirectionPermissions: seen.result = target_->direction_permissions(small(0)); break;
    }
    return seen;
  }

  const nospan_target* target_;
  World* world_;
  nospan_environment environment_{};
  uint64_t system_page_shift_ = 12;
  uint64_t entries_ = 0;
  void* table_ = nullptr;
};

// ---- The executed code ----

// Stores the members of a C struct of target.h.
class Members {
 public:
  Members(Memory& memory, ObjectId object, uint64_t base = 0) : memory_(memory), object_(object), base_(base) {}
  void set(std::size_t offset, unsigned bytes, const Value& value) {
    const auto done = memory_.change(object_).store(word(base_ + offset), bytes, value);
    ASSERT_TRUE(done) << done.error().line();
  }
  void set(std::size_t offset, unsigned bytes, uint64_t value) {
    set(offset, bytes, Value::number(Term::bits(bytes * 8, value)));
  }
  uint64_t get(std::size_t offset, unsigned bytes) {
    const auto value = memory_.at(object_).load(word(base_ + offset), bytes);
    if (!value || !value->bits.constant()) {
      ADD_FAILURE() << (value ? "not a number" : value.error().line());
      return 0;
    }
    return *value->bits.constant();
  }

 private:
  Memory& memory_;
  ObjectId object_;
  uint64_t base_;
};

#define MEMBER(type, member) offsetof(type, member), sizeof(type::member)

// The same target, its IR under the executor.
class Executed {
 public:
  Executed(const Program& program, World* world)
      : executor_(program, Limits{.initial_values = true, .iterations = 1'000'000}), world_(world) {
    is_kernel_ = program.function("nospan_map_page").has_value();
    add_environment();
    if (is_kernel_) add_runtime();
    State state;
    if (is_kernel_) {
      // Defined by runtime.c, which is no part of the module.
      const auto thread = executor_.global(state, "nospan_thread");
      const uint64_t size = *state.memory.at(thread->object).size().constant();
      EXPECT_TRUE(state.memory.change(thread->object).fill(0, size, 0));
      started_ = std::move(state.memory);
      memory_ = started_;
      Seen seen;
      run("setup_iommu_pool_hash", {}, &seen);
      EXPECT_FALSE(seen.failed) << seen.why;
      started_ = std::move(memory_);
    }
  }

  bool create(const nospan_configuration& configuration) {
    // The memory of another table is no longer needed. The globals are what they are.
    memory_ = started_;
    system_page_shift_ = configuration.system_page_shift;
    entries_ = configuration.entries;
    const ObjectId environment = add("environment", sizeof(nospan_environment));
    State state;
    state.memory = std::move(memory_);
    Members members(state.memory, environment);
    members.set(MEMBER(nospan_environment, abi), NOSPAN_TARGET_ABI);
    for (const auto& [offset, name] : functions()) {
      members.set(offset, 8, executor_.function_pointer(state, name));
    }
    memory_ = std::move(state.memory);
    const ObjectId given = add("configuration", sizeof(nospan_configuration));
    const auto* bytes = reinterpret_cast<const unsigned char*>(&configuration);
    Members fields(memory_, given);
    for (std::size_t at = 0; at < sizeof configuration; at += 4) {
      uint32_t part = 0;
      std::memcpy(&part, bytes + at, sizeof part);
      fields.set(at, 4, part);
    }
    request_ = add("request", sizeof(nospan_map_request));
    list_ = add("list", sizeof(nospan_segment) * kMostElements);
    out_ = add("out", 16);
    words_ = add("words", (configuration.entries + 63) / 64 * 8);
    Seen seen;
    const auto table = run(function("create"), {Value::pointer(environment), Value::pointer(given)}, &seen);
    EXPECT_FALSE(seen.failed) << seen.why;
    if (!table || !table->is_pointer()) return false;
    table_ = *table;
    return true;
  }

  Seen call(const Request& request) {
    Seen seen;
    enter(request, &seen);
    if (seen.failed) return seen;
    run(function("read_allocation"),
        {table_, Value::number(word(0)), Value::number(word(entries_)), Value::pointer(words_)}, &seen);
    Members words(memory_, words_);
    for (uint64_t i = 0; i < (entries_ + 63) / 64; ++i) seen.allocation.push_back(words.get(i * 8, 8));
    return seen;
  }

  static constexpr std::size_t kMostElements = 8;

 private:
  ObjectId add(const char* name, uint64_t size) {
    return memory_.add(Object(name, word(size), Object::Initial::kZero));
  }

  std::string function(const std::string& name) const {
    if (is_kernel_) return "nospan_" + name;
    for (const char* scope : {"nospan::builtin::(anonymous namespace)::", "nospan::builtin::"}) {
      if (executor_.program().function(scope + name)) return scope + name;
    }
    return name;
  }

  static const std::vector<std::pair<std::size_t, const char*>>& functions() {
    static const std::vector<std::pair<std::size_t, const char*>> result = {
        {offsetof(nospan_environment, put_tces), "environment.put_tces"},
        {offsetof(nospan_environment, clear_tces), "environment.clear_tces"},
        {offsetof(nospan_environment, get_tce), "environment.get_tce"},
        {offsetof(nospan_environment, flush), "environment.flush"},
        {offsetof(nospan_environment, allocate_pages), "environment.allocate_pages"},
        {offsetof(nospan_environment, free_pages), "environment.free_pages"},
        {offsetof(nospan_environment, zero), "environment.zero"},
        {offsetof(nospan_environment, allocate), "environment.allocate"},
        {offsetof(nospan_environment, release), "environment.release"},
        {offsetof(nospan_environment, warn), "environment.warn"},
        {offsetof(nospan_environment, fail), "environment.fail"},
    };
    return result;
  }

  using Body = std::function<Expected<Value>(State& state, const std::vector<Value>& values)>;

  void answer(const char* name, Body body) {
    executor_.add(name, simple([body = std::move(body)](State& state, const Call& call) {
                    return body(state, call.arguments);
                  }));
  }

  static uint64_t constant(const Value& value) {
    const auto number = value.bits.constant();
    EXPECT_TRUE(number && !value.is_pointer()) << "an argument is no number";
    return number.value_or(0);
  }

  static Value number(unsigned width, int64_t value) {
    return Value::number(Term::bits(width, static_cast<uint64_t>(value)));
  }

  static Expected<Value> make_object(State& state, uint64_t size) {
    return Value::pointer(state.memory.add(Object("allocated", word(size), Object::Initial::kZero)));
  }

  Expected<Value> allocate_pages(State& state, const Value& order, const Value& place) {
    uint64_t address = 0;
    const int error = world_->allocate_pages(constant(order), system_page_shift_, &address);
    if (auto done = state.memory.change(place.object).store(place.bits, 8, Value::number(word(address))); !done)
      return tl::unexpected(done.error());
    return number(32, error);
  }

  static Expected<Value> give_up(State& state) {
    state.require(Obligation::Kind::kBug, Term::boolean(false), "the target gives up", "");
    return Value{};
  }

  void add_environment() {
    using Values = std::vector<Value>;
    answer("environment.put_tces", [this](State&, const Values& v) -> Expected<Value> {
      return number(32, world_->put(constant(v[1]), constant(v[2]), constant(v[3])));
    });
    answer("environment.clear_tces", [this](State&, const Values& v) -> Expected<Value> {
      world_->clear(constant(v[1]), constant(v[2]));
      return Value{};
    });
    answer("environment.get_tce", [this](State&, const Values& v) -> Expected<Value> {
      return Value::number(word(world_->get(constant(v[1]))));
    });
    answer("environment.flush", [this](State&, const Values&) -> Expected<Value> {
      world_->flush();
      return Value{};
    });
    answer("environment.allocate_pages", [this](State& state, const Values& v) -> Expected<Value> {
      return allocate_pages(state, v[1], v[2]);
    });
    answer("environment.free_pages", [this](State&, const Values& v) -> Expected<Value> {
      world_->free_pages(constant(v[1]), constant(v[2]));
      return Value{};
    });
    answer("environment.zero", [this](State&, const Values& v) -> Expected<Value> {
      world_->zero(constant(v[1]), constant(v[2]));
      return Value{};
    });
    answer("environment.allocate", [this](State& state, const Values& v) -> Expected<Value> {
      world_->allocate(constant(v[1]));
      return make_object(state, constant(v[1]));
    });
    answer("environment.release", [](State&, const Values&) -> Expected<Value> { return Value{}; });
    answer("environment.warn", [this](State&, const Values&) -> Expected<Value> {
      world_->warn();
      return Value{};
    });
    answer("environment.fail", [](State& state, const Values&) { return give_up(state); });
  }

  // targets/linux/runtime.c, which calls the environment.
  void add_runtime() {
    using Values = std::vector<Value>;
    answer("nospan_allocate", [this](State& state, const Values& v) -> Expected<Value> {
      world_->allocate(constant(v[0]));
      return make_object(state, constant(v[0]));
    });
    answer("nospan_release", [](State&, const Values&) -> Expected<Value> { return Value{}; });
    answer("nospan_allocate_pages", [this](State& state, const Values& v) -> Expected<Value> {
      return allocate_pages(state, v[0], v[1]);
    });
    answer("nospan_free_pages", [this](State&, const Values& v) -> Expected<Value> {
      world_->free_pages(constant(v[0]), constant(v[1]));
      return Value{};
    });
    answer("nospan_zero", [this](State&, const Values& v) -> Expected<Value> {
      world_->zero(constant(v[0]), constant(v[1]));
      return Value{};
    });
    answer("nospan_warn", [this](State&, const Values&) -> Expected<Value> {
      world_->warn();
      return Value{};
    });
    for (const char* name : {"nospan_fail", "nospan_bug", "nospan_unbalanced"}) {
      answer(name, [](State& state, const Values&) { return give_up(state); });
    }
    // Lists grow, but are filled from their beginning each time.
    answer("nospan_resize", [](State& state, const Values& v) { return make_object(state, constant(v[1])); });
    answer("memcpy", [](State& state, const Values& v) -> Expected<Value> {
      for (uint64_t at = 0; at < constant(v[2]); at += 8) {
        auto value = state.memory.at(v[1].object).load(v[1].bits + word(at), 8);
        if (!value) return value;
        auto done = state.memory.change(v[0].object).store(v[0].bits + word(at), 8, *value);
        if (!done) return tl::unexpected(done.error());
      }
      return v[0];
    });
  }

  std::optional<Value> run(const std::string& name, std::vector<Value> arguments, Seen* seen) {
    State state;
    state.memory = std::move(memory_);
    auto paths = executor_.run(name, std::move(state), std::move(arguments));
    if (!paths || paths->size() != 1) {
      seen->failed = true;
      seen->why = paths ? fmt::format("{} paths", paths->size()) : paths.error().line();
      return std::nullopt;
    }
    Path& path = paths->front();
    if (path.end != Path::End::kReturned || !path.obligations.empty() || !path.conditions.empty()) {
      seen->failed = true;
      seen->why = path.reason;
      for (const Obligation& one : path.obligations) seen->why += fmt::format(" {} ({})", one.what, one.place);
      return std::nullopt;
    }
    memory_ = std::move(path.memory);
    return path.result;
  }

  void enter(const Request& request, Seen* seen) {
    const auto& n = request.numbers;
    const auto small = [&](std::size_t i) { return number(32, static_cast<int64_t>(n[i])); };
    const auto large = [&](std::size_t i) { return number(64, static_cast<int64_t>(n[i])); };
    const Value table = request.without_table ? Value::number(word(0)) : table_;
    const Value count = number(32, static_cast<int64_t>(request.list.size()));
    std::vector<Value> arguments;
    switch (request.entry_point) {
      case EntryPoint::kMapPage: {
        Members members(memory_, request_);
        members.set(MEMBER(nospan_map_request, page), request.map.page);
        members.set(MEMBER(nospan_map_request, offset), request.map.offset);
        members.set(MEMBER(nospan_map_request, size), request.map.size);
        members.set(MEMBER(nospan_map_request, attributes), request.map.attributes);
        members.set(MEMBER(nospan_map_request, direction), request.map.direction);
        members.set(MEMBER(nospan_map_request, cpu), request.map.cpu);
        arguments = {table, Value::pointer(request_)};
        break;
      }
      case EntryPoint::kUnmapPage: arguments = {table, large(0), large(1), small(2), large(3), small(4)}; break;
      case EntryPoint::kMapList:
      case EntryPoint::kUnmapList: {
        for (std::size_t i = 0; i < request.list.size(); ++i) {
          Members members(memory_, list_, i * sizeof(nospan_segment));
          members.set(MEMBER(nospan_segment, address), request.list[i].address);
          members.set(MEMBER(nospan_segment, length), request.list[i].length);
          members.set(MEMBER(nospan_segment, dma_length), request.list[i].dma_length);
          members.set(MEMBER(nospan_segment, dma_address), request.list[i].dma_address);
        }
        arguments = {table, Value::pointer(list_), count, small(2), large(3), small(4)};
        break;
      }
      case EntryPoint::kAllocCoherent:
        Members(memory_, out_).set(0, 8, uint64_t{0});
        Members(memory_, out_).set(8, 8, uint64_t{0});
        arguments = {table, large(0), small(1), Value::pointer(out_), Value::pointer(out_, word(8))};
        break;
      case EntryPoint::kFreeCoherent: arguments = {table, large(0), large(1), large(2), small(3)}; break;
      case EntryPoint::kInUse: arguments = {table}; break;
      case EntryPoint::kCheckIoba: arguments = {small(0), large(1), large(2), large(3), large(4)}; break;
      case EntryPoint::kCheckGpa: arguments = {small(0), large(1)}; break;
      case EntryPoint::kTceDirection: arguments = {large(0)}; break;
      case EntryPoint::kDirectionPermissions: arguments = {small(0)}; break;
    }
    std::string& name = names_[static_cast<std::size_t>(request.entry_point)];
    if (name.empty()) name = function(kNames[static_cast<std::size_t>(request.entry_point)]);
    const auto result = run(name, std::move(arguments), seen);
    if (seen->failed) return;
    if (result) seen->result = constant(*result);
    if (request.entry_point == EntryPoint::kAllocCoherent) {
      seen->out = {Members(memory_, out_).get(0, 8), Members(memory_, out_).get(8, 8)};
    }
    seen->list = request.list;
    for (std::size_t i = 0; i < request.list.size(); ++i) {
      Members members(memory_, list_, i * sizeof(nospan_segment));
      seen->list[i].dma_length = static_cast<uint32_t>(members.get(MEMBER(nospan_segment, dma_length)));
      seen->list[i].dma_address = members.get(MEMBER(nospan_segment, dma_address));
    }
  }

  Executor executor_;
  World* world_;
  bool is_kernel_ = false;
  std::array<std::string, kNames.size()> names_;
  Memory started_;  // when the program was just started
  Memory memory_;
  uint64_t system_page_shift_ = 12;
  uint64_t entries_ = 0;
  Value table_;
  ObjectId request_{};
  ObjectId list_{};
  ObjectId out_{};
  ObjectId words_{};
};

// ---- Random tables and calls ----

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t n) { return random_() % n; }
  bool once_in(uint64_t n) { return below(n) == 0; }
  // Of any size, small ones more often.
  uint64_t any() { return random_() >> below(64); }
  uint64_t seed() { return random_(); }

  nospan_configuration configuration(unsigned system_page_shift, bool is_kernel) {
    nospan_configuration c{};
    constexpr std::array<uint32_t, 6> kShifts = {12, 12, 16, 16, 21, 24};
    c.page_shift = kShifts[below(kShifts.size())];
    c.system_page_shift = system_page_shift;
    c.first_index = once_in(2) ? 0 : any() >> 34;
    c.entries = 1 + below(once_in(4) ? 300 : 90);
    if (once_in(2)) {
      c.reserved_start = c.first_index + below(c.entries + 1);
      c.reserved_end = c.reserved_start + below(6);
    }
    c.block_entries = uint64_t{1} << below(6);
    c.cpus = 1 + static_cast<uint32_t>(below(4));
    c.virtual_merge = once_in(2);
    c.inherited = once_in(8);
    c.dma_mask = once_in(2) ? ~uint64_t{0} : ~uint64_t{0} >> below(44);
    c.coherent_mask = once_in(2) ? ~uint64_t{0} : ~uint64_t{0} >> below(44);
    c.segment_boundary = once_in(2) ? ~uint64_t{0} : ~uint64_t{0} >> below(52);
    c.max_segment_size = once_in(2) ? 65536 : static_cast<uint32_t>(4096u << below(12));
    if (is_kernel) keep_out_of_findings(c);
    shift_ = c.page_shift;
    cpus_ = c.cpus;
    system_page_shift_ = system_page_shift;
    live_.clear();
    return c;
  }

  Request request(EntryPoint entry_point) {
    Request r;
    r.entry_point = entry_point;
    // iommu_alloc_coherent() reads a table that is not there (finding coherent-without-table-reads-table),
    // which compilers remove and the executor does not.
    r.without_table =
        once_in(100) && entry_point != EntryPoint::kInUse && entry_point != EntryPoint::kAllocCoherent;
    auto& n = r.numbers;
    const uint64_t cpu = below(cpus_);
    switch (entry_point) {
      case EntryPoint::kMapPage:
        r.map.page = below(uint64_t{1} << (once_in(4) ? 40 : 20)) << system_page_shift_;
        r.map.offset = once_in(3) ? 0 : below(uint64_t{1} << (system_page_shift_ + once_in(8)));
        r.map.size = size();
        r.map.attributes = below(2) * NOSPAN_ATTRIBUTE_NO_WARN;
        r.map.direction = static_cast<uint32_t>(below(3));
        r.map.cpu = static_cast<uint32_t>(cpu);
        break;
      case EntryPoint::kUnmapPage: {
        const Live live = take(EntryPoint::kMapPage);
        n = {live.address, live.size, live.direction, 0, cpu};
        break;
      }
      case EntryPoint::kMapList: {
        uint64_t address = below(uint64_t{1} << 30) << 12;
        const std::size_t count = below(Executed::kMostElements + 1);
        for (std::size_t i = 0; i < count; ++i) {
          if (once_in(2)) address = below(uint64_t{1} << 40) & ~below(uint64_t{1} << 17);
          nospan_segment element{};
          element.address = address;
          const uint64_t length = once_in(2) ? uint64_t{1} << (shift_ % 30) : size();
          element.length = once_in(16) ? 0 : static_cast<uint32_t>(length);
          element.dma_length = static_cast<uint32_t>(any());
          element.dma_address = any();
          address += element.length;
          r.list.push_back(element);
        }
        n = {0, 0, below(3), below(2) * NOSPAN_ATTRIBUTE_NO_WARN, cpu};
        break;
      }
      case EntryPoint::kUnmapList: {
        Live live = take(EntryPoint::kMapList);
        r.list = std::move(live.list);
        n = {0, 0, live.direction, 0, cpu};
        break;
      }
      case EntryPoint::kAllocCoherent: n = {size(), cpu}; break;
      case EntryPoint::kFreeCoherent: {
        const Live live = take(EntryPoint::kAllocCoherent);
        n = {live.size, live.guest, live.address, cpu};
        break;
      }
      case EntryPoint::kInUse: break;
      case EntryPoint::kCheckIoba: {
        const uint64_t shift = 12 + below(23);
        const uint64_t first = any() >> 30;
        const uint64_t entries = 1 + (any() >> 40);
        const uint64_t near = (first + below(entries + 2)) << shift;
        n = {shift, first, entries, once_in(4) ? any() : near + once_in(4),
             once_in(4) ? any() : below(entries + 2)};
        break;
      }
      case EntryPoint::kCheckGpa: {
        const uint64_t shift = 12 + below(23);
        n = {shift, once_in(2) ? any() : any() << shift};
        break;
      }
      case EntryPoint::kTceDirection: n = {any()}; break;
      case EntryPoint::kDirectionPermissions: n = {below(5)}; break;
    }
    return r;
  }

  // Remembers what a later call can undo.
  void done(const Request& r, const Seen& seen) {
    const auto& n = r.numbers;
    if (r.without_table) return;
    if (r.entry_point == EntryPoint::kMapPage && seen.result != NOSPAN_MAPPING_ERROR) {
      live_[r.entry_point].push_back({seen.result, r.map.size, 0, r.map.direction, {}});
    } else if (r.entry_point == EntryPoint::kMapList && static_cast<int32_t>(seen.result) > 0) {
      live_[r.entry_point].push_back({0, 0, 0, n[2], seen.list});
    } else if (r.entry_point == EntryPoint::kAllocCoherent && seen.result == 0) {
      live_[r.entry_point].push_back({seen.out[1], n[0], seen.out[0], 0, {}});
    }
  }

 private:
  // Where the kernel's code leaves its table or never returns there is nothing to compare: findings
  // empty-pool-searches-past-table, mask-below-window-searches-past-table, boundary-smaller-than-request-hangs.
  static void keep_out_of_findings(nospan_configuration& c) {
    c.entries += 6;
    while (c.dma_mask >> c.page_shift < c.first_index) c.dma_mask = c.dma_mask << 1 | 1;
    while (c.coherent_mask >> c.page_shift < c.first_index) c.coherent_mask = c.coherent_mask << 1 | 1;
    while (c.segment_boundary >> c.page_shift < c.entries) c.segment_boundary = c.segment_boundary << 1 | 1;
  }

  struct Live {
    uint64_t address;
    uint64_t size;
    uint64_t guest;
    uint64_t direction;
    std::vector<nospan_segment> list;
  };

  uint64_t size() {
    if (once_in(64)) return 1 + (any() >> 20);
    return 1 + below(uint64_t{4} << (once_in(2) ? shift_ : system_page_shift_));
  }

  // A live mapping of that kind; now and then one that stays, or that never was.
  Live take(EntryPoint kind) {
    std::vector<Live>& all = live_[kind];
    if (all.empty() || once_in(16)) return {any(), 1 + any() / 2, any() >> 8 << 16, below(3), {}};
    const std::size_t at = below(all.size());
    Live live = all[at];
    if (!once_in(32)) all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
    return live;
  }

  std::mt19937_64 random_;
  unsigned shift_ = 12;
  uint64_t cpus_ = 1;
  unsigned system_page_shift_ = 12;
  std::map<EntryPoint, std::vector<Live>> live_;
};

std::string text(const World::Entry& entry) {
  return fmt::format("{}({:#x}, {:#x}, {:#x})", entry[0], entry[1], entry[2], entry[3]);
}

std::string difference(const Seen& compiled, const Seen& executed, const World& a, const World& b) {
  std::string result;
  const auto differs = [&](const char* what, uint64_t x, uint64_t y) {
    if (x != y) result += fmt::format(" {}: compiled {:#x}, executed {:#x};", what, x, y);
  };
  if (compiled.failed != executed.failed) {
    return fmt::format("compiled {}, executed {}", compiled.failed ? compiled.why : "returns",
                       executed.failed ? executed.why : "returns");
  }
  if (compiled.failed) return "";
  differs("result", compiled.result, executed.result);
  differs("guest address", compiled.out[0], executed.out[0]);
  differs("DMA address", compiled.out[1], executed.out[1]);
  for (std::size_t i = 0; i < compiled.list.size(); ++i) {
    differs("dma_length", compiled.list[i].dma_length, executed.list[i].dma_length);
    differs("dma_address", compiled.list[i].dma_address, executed.list[i].dma_address);
  }
  for (std::size_t i = 0; i < compiled.allocation.size(); ++i) {
    differs("allocation", compiled.allocation[i], executed.allocation[i]);
  }
  differs("environment calls", a.trace.size(), b.trace.size());
  for (std::size_t i = 0; i < std::min(a.trace.size(), b.trace.size()); ++i) {
    if (a.trace[i] != b.trace[i])
      result += fmt::format(" call {}: compiled {}, executed {};", i, text(a.trace[i]), text(b.trace[i]));
  }
  return result;
}

// ---- The comparison ----

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void compare(const Program& program, const nospan_target* target, unsigned system_page_shift, uint64_t seed) {
  const uint64_t cases = cases_per_entry_point();
  Generator generator(seed);
  const bool is_kernel = std::string_view(target->name) == "linux";
  std::array<uint64_t, kNames.size()> done{};
  std::array<double, kNames.size()> seconds{};
  std::array<uint64_t, kNames.size()> changed{};  // cases that made the target ask for something
  uint64_t failed = 0;
  World executed_world(0);
  Executed executed(program, &executed_world);
  while (*std::min_element(done.begin(), done.end()) < cases) {
    const nospan_configuration configuration = generator.configuration(system_page_shift, is_kernel);
    World compiled_world(generator.seed());
    compiled_world.page_shift = configuration.page_shift;
    if (configuration.inherited != 0) {
      for (int i = 0; i < 8; ++i) {
        compiled_world.tces[configuration.first_index + generator.below(configuration.entries)] = 1;
      }
    }
    compiled_world.faults = generator.once_in(2);
    executed_world = compiled_world;
    Compiled compiled(target, &compiled_world);
    ASSERT_TRUE(compiled.create(configuration));
    ASSERT_TRUE(executed.create(configuration));
    ASSERT_EQ(compiled_world.trace, executed_world.trace) << "create";
    const uint64_t formulas = formulas_made();
    for (int i = 0; i < 300; ++i) {
      // Those that are behind more often.
      std::size_t which = generator.below(kNames.size());
      for (int again = 0; again < 3 && done[which] >= cases; ++again) which = generator.below(kNames.size());
      const Request request = generator.request(static_cast<EntryPoint>(which));
      compiled_world.trace.clear();
      executed_world.trace.clear();
      const Seen one = compiled.call(request);
      const double start = processor_seconds();
      const Seen other = executed.call(request);
      seconds[which] += processor_seconds() - start;
      const std::string different = difference(one, other, compiled_world, executed_world);
      ASSERT_EQ(different, "") << kNames[which] << ", case " << done[which] << ", seed " << seed
                               << ", page shift " << configuration.page_shift;
      ASSERT_EQ(formulas_made(), formulas) << kNames[which] << " made a formula out of numbers";
      generator.done(request, one);
      ++done[which];
      changed[which] += !compiled_world.trace.empty();
      if (one.failed) {
        ++failed;
        break;
      }
    }
  }
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    fmt::print("{}: {} cases, {} of them asked the environment, {:.1f} s of the processor executed\n",
               kNames[i], done[i], changed[i], seconds[i]);
  }
  fmt::print("{} tables were lost to a failure\n", failed);
}

TEST(Differential, Builtin) {
  const auto bitcode = builtin::build_bitcode();
  ASSERT_TRUE(bitcode) << bitcode.error().line();
  const auto program = Program::load(*bitcode);
  ASSERT_TRUE(program) << program.error().line();
  compare(*program, nospan_builtin_target(), 12, 1);
}

class DifferentialLinux : public testing::TestWithParam<int> {};

TEST_P(DifferentialLinux, PackagedTrees) {
  const auto versions = linux_target::packaged_versions();
  ASSERT_FALSE(versions.empty()) << "apt install linux-source-6.12";
  for (const std::string& version : versions) {
    SCOPED_TRACE(version);
    const auto tree = linux_target::packaged_tree(version);
    ASSERT_TRUE(tree) << tree.error().line();
    const auto bitcode = linux_target::build_bitcode(*tree, {.system_page_shift = GetParam()});
    ASSERT_TRUE(bitcode) << bitcode.error().line();
    const auto file = linux_target::build_library(*tree, {.system_page_shift = GetParam()});
    ASSERT_TRUE(file) << file.error().line();
    const auto program = Program::load(*bitcode);
    ASSERT_TRUE(program) << program.error().line();
    const auto library = targets::Library::open(file->string());
    ASSERT_TRUE(library) << library.error().line();
    compare(*program, library->get(), static_cast<unsigned>(GetParam()), 2);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(SystemPages, DifferentialLinux, testing::Values(12, 16));

}  // namespace
}  // namespace nospan::solver
