/* SPDX-License-Identifier: BSD-2-Clause */
/* Test-and-set locks, counted per thread so that one left held is found when the call ends. */
#ifndef NOSPAN_LINUX_SPINLOCK_H
#define NOSPAN_LINUX_SPINLOCK_H

#include <asm/processor.h>
#include <linux/bottom_half.h>
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/preempt.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

static inline void spin_lock_init(spinlock_t* lock) { lock->taken = 0; }

static __always_inline void spin_lock(spinlock_t* lock) {
  while (__builtin_expect(__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE), 0)) {
    while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED)) nospan_pause();
  }
  nospan_thread.locks++;
}

static __always_inline int spin_trylock(spinlock_t* lock) {
  if (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE)) return 0;
  nospan_thread.locks++;
  return 1;
}

static __always_inline void spin_unlock(spinlock_t* lock) {
  nospan_thread.locks--;
  __atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

static inline int spin_is_locked(spinlock_t* lock) {
  return __atomic_load_n(&lock->taken, __ATOMIC_RELAXED) != 0;
}

#define spin_lock_nested(lock, subclass) spin_lock(lock)
#define spin_lock_nest_lock(lock, outer) spin_lock(lock)
#define spin_lock_irqsave(lock, flags) \
  do {                                 \
    local_irq_save(flags);             \
    spin_lock(lock);                   \
  } while (0)
#define spin_unlock_irqrestore(lock, flags) \
  do {                                      \
    spin_unlock(lock);                      \
    local_irq_restore(flags);               \
  } while (0)
#define spin_lock_irq(lock) \
  do {                      \
    local_irq_disable();    \
    spin_lock(lock);        \
  } while (0)
#define spin_unlock_irq(lock) \
  do {                        \
    spin_unlock(lock);        \
    local_irq_enable();       \
  } while (0)
#define spin_lock_bh(lock) spin_lock(lock)
#define spin_unlock_bh(lock) spin_unlock(lock)
#define assert_spin_locked(lock) BUG_ON(!spin_is_locked(lock))

#define raw_spin_lock_init(lock) spin_lock_init(lock)
#define raw_spin_lock(lock) spin_lock(lock)
#define raw_spin_unlock(lock) spin_unlock(lock)
#define raw_spin_lock_irqsave(lock, flags) spin_lock_irqsave(lock, flags)
#define raw_spin_unlock_irqrestore(lock, flags) spin_unlock_irqrestore(lock, flags)

#endif
