/* SPDX-License-Identifier: BSD-2-Clause */
/* Atomics as the compiler's built-ins, with the kernel's orderings, as far as kref and refcount use them. */
#ifndef NOSPAN_LINUX_ATOMIC_H
#define NOSPAN_LINUX_ATOMIC_H

#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/types.h>

#ifndef ATOMIC_INIT
#define ATOMIC_INIT(value) {(value)}
#endif

#define atomic_read(v) __atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define atomic_set(v, value) __atomic_store_n(&(v)->counter, (value), __ATOMIC_RELAXED)
#define atomic_set_release(v, value) __atomic_store_n(&(v)->counter, (value), __ATOMIC_RELEASE)
#define atomic_add(value, v) ((void)__atomic_fetch_add(&(v)->counter, (value), __ATOMIC_RELAXED))
#define atomic_sub(value, v) ((void)__atomic_fetch_sub(&(v)->counter, (value), __ATOMIC_RELAXED))
#define atomic_inc(v) atomic_add(1, v)
#define atomic_dec(v) atomic_sub(1, v)
#define atomic_inc_return(v) (__atomic_fetch_add(&(v)->counter, 1, __ATOMIC_SEQ_CST) + 1)
#define atomic_dec_return(v) (__atomic_fetch_sub(&(v)->counter, 1, __ATOMIC_SEQ_CST) - 1)
#define atomic_dec_and_test(v) (atomic_dec_return(v) == 0)
#define atomic_fetch_add_relaxed(value, v) __atomic_fetch_add(&(v)->counter, (value), __ATOMIC_RELAXED)
#define atomic_fetch_sub_release(value, v) __atomic_fetch_sub(&(v)->counter, (value), __ATOMIC_RELEASE)

#define NOSPAN_TRY_EXCHANGE(v, old, new, success) \
  __atomic_compare_exchange_n(&(v)->counter, (old), (new), false, (success), __ATOMIC_RELAXED)
#define atomic_try_cmpxchg_relaxed(v, old, new) NOSPAN_TRY_EXCHANGE(v, old, new, __ATOMIC_RELAXED)
#define atomic_try_cmpxchg_acquire(v, old, new) NOSPAN_TRY_EXCHANGE(v, old, new, __ATOMIC_ACQUIRE)
#define atomic_try_cmpxchg_release(v, old, new) NOSPAN_TRY_EXCHANGE(v, old, new, __ATOMIC_RELEASE)
#define atomic_try_cmpxchg(v, old, new) NOSPAN_TRY_EXCHANGE(v, old, new, __ATOMIC_SEQ_CST)

#endif
