/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutexes: declared. No two calls run at once in the prover. */
#ifndef NOSPAN_LINUX_MUTEX_H
#define NOSPAN_LINUX_MUTEX_H
struct mutex {
  int taken;
};
#define DEFINE_MUTEX(name) struct mutex name
extern void mutex_init(struct mutex* mutex);
extern void mutex_lock(struct mutex* mutex);
extern void mutex_unlock(struct mutex* mutex);
#endif
