// SPDX-License-Identifier: BSD-2-Clause
// The same calls, of the IR under the executor.
#ifndef NOSPAN_SOLVER_DIFFERENTIAL_EXECUTED_H
#define NOSPAN_SOLVER_DIFFERENTIAL_EXECUTED_H

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "solver/differential/call.h"
#include "solver/differential/world.h"
#include "solver/executor.h"
#include "targets/target.h"

namespace nospan::solver::differential {

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

  using Body = std::function<reports::Expected<Value>(State& state, const std::vector<Value>& values)>;

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

  static reports::Expected<Value> make_object(State& state, uint64_t size) {
    return Value::pointer(state.memory.add(Object("allocated", word(size), Object::Initial::kZero)));
  }

  reports::Expected<Value> allocate_pages(State& state, const Value& order, const Value& place) {
    uint64_t address = 0;
    const int error = world_->allocate_pages(constant(order), system_page_shift_, &address);
    if (auto done = state.memory.change(place.object).store(place.bits, 8, Value::number(word(address))); !done)
      return tl::unexpected(done.error());
    return number(32, error);
  }

  static reports::Expected<Value> give_up(State& state) {
    state.require(Obligation::Kind::kBug, Term::boolean(false), "the target gives up", "");
    return Value{};
  }

  void add_environment() {
    using Values = std::vector<Value>;
    answer("environment.put_tces", [this](State&, const Values& v) -> reports::Expected<Value> {
      return number(32, world_->put(constant(v[1]), constant(v[2]), constant(v[3])));
    });
    answer("environment.clear_tces", [this](State&, const Values& v) -> reports::Expected<Value> {
      world_->clear(constant(v[1]), constant(v[2]));
      return Value{};
    });
    answer("environment.get_tce", [this](State&, const Values& v) -> reports::Expected<Value> {
      return Value::number(word(world_->get(constant(v[1]))));
    });
    answer("environment.flush", [this](State&, const Values&) -> reports::Expected<Value> {
      world_->flush();
      return Value{};
    });
    answer("environment.allocate_pages", [this](State& state, const Values& v) -> reports::Expected<Value> {
      return allocate_pages(state, v[1], v[2]);
    });
    answer("environment.free_pages", [this](State&, const Values& v) -> reports::Expected<Value> {
      world_->free_pages(constant(v[1]), constant(v[2]));
      return Value{};
    });
    answer("environment.zero", [this](State&, const Values& v) -> reports::Expected<Value> {
      world_->zero(constant(v[1]), constant(v[2]));
      return Value{};
    });
    answer("environment.allocate", [this](State& state, const Values& v) -> reports::Expected<Value> {
      world_->allocate(constant(v[1]));
      return make_object(state, constant(v[1]));
    });
    answer("environment.release", [](State&, const Values&) -> reports::Expected<Value> { return Value{}; });
    answer("environment.warn", [this](State&, const Values&) -> reports::Expected<Value> {
      world_->warn();
      return Value{};
    });
    answer("environment.fail", [](State& state, const Values&) { return give_up(state); });
  }

  // targets/linux/runtime.c, which calls the environment.
  void add_runtime() {
    using Values = std::vector<Value>;
    answer("nospan_allocate", [this](State& state, const Values& v) -> reports::Expected<Value> {
      world_->allocate(constant(v[0]));
      return make_object(state, constant(v[0]));
    });
    answer("nospan_release", [](State&, const Values&) -> reports::Expected<Value> { return Value{}; });
    answer("nospan_allocate_pages", [this](State& state, const Values& v) -> reports::Expected<Value> {
      return allocate_pages(state, v[0], v[1]);
    });
    answer("nospan_free_pages", [this](State&, const Values& v) -> reports::Expected<Value> {
      world_->free_pages(constant(v[0]), constant(v[1]));
      return Value{};
    });
    answer("nospan_zero", [this](State&, const Values& v) -> reports::Expected<Value> {
      world_->zero(constant(v[0]), constant(v[1]));
      return Value{};
    });
    answer("nospan_warn", [this](State&, const Values&) -> reports::Expected<Value> {
      world_->warn();
      return Value{};
    });
    for (const char* name : {"nospan_fail", "nospan_bug", "nospan_unbalanced"}) {
      answer(name, [](State& state, const Values&) { return give_up(state); });
    }
    // Lists grow, but are filled from their beginning each time.
    answer("nospan_resize", [](State& state, const Values& v) { return make_object(state, constant(v[1])); });
    answer("memcpy", [](State& state, const Values& v) -> reports::Expected<Value> {
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

}  // namespace nospan::solver::differential

#endif  // NOSPAN_SOLVER_DIFFERENTIAL_EXECUTED_H
