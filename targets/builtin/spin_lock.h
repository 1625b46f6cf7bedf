// SPDX-License-Identifier: BSD-2-Clause
// A lock of four bytes that starts unlocked in zeroed memory.
#ifndef NOSPAN_TARGETS_BUILTIN_SPIN_LOCK_H
#define NOSPAN_TARGETS_BUILTIN_SPIN_LOCK_H

#include <cstdint>

namespace nospan::builtin {

// Test-and-set: one atomic read-modify-write to lock, a plain store to unlock. What it guards takes tens of
// nanoseconds and makes no call out of this target, so that waiting by spinning is right.
// The compiler's builtins, not std::atomic: they are one instruction each in LLVM IR, which the solver reads.
class SpinLock {
 public:
  void lock() {
    while (__atomic_exchange_n(&held_, 1u, __ATOMIC_ACQUIRE) != 0) {
      // Spin on a load, which keeps the cache line shared until the holder writes it.
      while (__atomic_load_n(&held_, __ATOMIC_RELAXED) != 0) {
      }
    }
  }

  void unlock() { __atomic_store_n(&held_, 0u, __ATOMIC_RELEASE); }

 private:
  uint32_t held_;
};

}  // namespace nospan::builtin

#endif  // NOSPAN_TARGETS_BUILTIN_SPIN_LOCK_H
