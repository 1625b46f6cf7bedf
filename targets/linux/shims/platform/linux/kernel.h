/* SPDX-License-Identifier: BSD-2-Clause */
/* What the platforms use of include/linux/kernel.h, include/linux/panic.h and include/linux/printk.h. */
#include_next <linux/kernel.h>
/* Sources count on these to come with some other header. */
#include <asm/cmpxchg.h>
#include <asm/cpu_has_feature.h>
#ifndef NOSPAN_PLATFORM_KERNEL_H
#define NOSPAN_PLATFORM_KERNEL_H
/* The machine stops: to the prover this is a BUG. */
#define panic(...) nospan_bug(__FILE__, NOSPAN_LINE, "panic()")
#define dump_stack() ((void)0)
#define cond_resched() 0
#endif
