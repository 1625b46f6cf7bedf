/* SPDX-License-Identifier: BSD-2-Clause */
/* A lock is one word. Real locks: with several threads, a section that forgot its lock does race. */
#ifndef NOSPAN_LINUX_SPINLOCK_TYPES_H
#define NOSPAN_LINUX_SPINLOCK_TYPES_H

typedef struct spinlock {
  unsigned int taken;
} spinlock_t;
typedef struct spinlock raw_spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name) {0}
#define __RAW_SPIN_LOCK_UNLOCKED(name) {0}
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name = __RAW_SPIN_LOCK_UNLOCKED(name)

#endif
