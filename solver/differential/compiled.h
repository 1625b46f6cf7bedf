// SPDX-License-Identifier: BSD-2-Clause
// Calls of the compiled code.
#ifndef NOSPAN_SOLVER_DIFFERENTIAL_COMPILED_H
#define NOSPAN_SOLVER_DIFFERENTIAL_COMPILED_H

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "solver/differential/call.h"
#include "solver/differential/world.h"
#include "targets/target.h"

namespace nospan::solver::differential {

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

}  // namespace nospan::solver::differential

#endif  // NOSPAN_SOLVER_DIFFERENTIAL_COMPILED_H
