/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers never wait, and nothing is freed while they read: no two calls run at once in the prover. */
#ifndef NOSPAN_LINUX_RCUPDATE_H
#define NOSPAN_LINUX_RCUPDATE_H
#include <linux/compiler.h>
#include <linux/types.h>
#define rcu_read_lock() ((void)0)
#define rcu_read_unlock() ((void)0)
#define rcu_dereference(pointer) READ_ONCE(pointer)
#define rcu_dereference_raw(pointer) READ_ONCE(pointer)
#define rcu_dereference_check(pointer, condition) READ_ONCE(pointer)
#define rcu_assign_pointer(pointer, value) WRITE_ONCE(pointer, value)
#define RCU_INIT_POINTER(pointer, value) WRITE_ONCE(pointer, value)
#define RCU_LOCKDEP_WARN(condition, text) ((void)0)
#define rcu_read_lock_any_held() 1
#define kfree_rcu(pointer, member) kfree(pointer)
#endif
