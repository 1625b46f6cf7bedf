/* SPDX-License-Identifier: BSD-2-Clause */
/* Full fences where the kernel has them: with several threads the order of TCE and bitmap updates is
 * observable. */
#ifndef NOSPAN_ASM_BARRIER_H
#define NOSPAN_ASM_BARRIER_H

#include <linux/compiler.h>

#define mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#include <asm-generic/barrier.h>

#endif
