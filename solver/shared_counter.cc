// SPDX-License-Identifier: BSD-2-Clause
#include "solver/shared_counter.h"

#include <sys/mman.h>

#include <new>
#include <utility>

namespace nospan::solver {

static_assert(std::atomic<unsigned>::is_always_lock_free, "a lock would be each process's own");

SharedCounter::SharedCounter(unsigned value) {
  void* memory =
      mmap(nullptr, sizeof(std::atomic<unsigned>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) value_ = new (memory) std::atomic<unsigned>(value);
}

SharedCounter::~SharedCounter() {
  if (value_ != nullptr) munmap(value_, sizeof *value_);
}

SharedCounter::SharedCounter(SharedCounter&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}

SharedCounter& SharedCounter::operator=(SharedCounter&& other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}

bool SharedCounter::take() {
  if (value_ == nullptr) return false;
  unsigned value = value_->load();
  while (value != 0) {
    if (value_->compare_exchange_weak(value, value - 1)) return true;
  }
  return false;
}

void SharedCounter::add(unsigned count) {
  if (value_ != nullptr) value_->fetch_add(count);
}

}  // namespace nospan::solver
