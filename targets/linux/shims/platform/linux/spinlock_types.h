/* SPDX-License-Identifier: BSD-2-Clause */
/* The architecture's own kind of lock occurs as a member only. */
#include_next <linux/spinlock_types.h>
#ifndef NOSPAN_PLATFORM_SPINLOCK_TYPES_H
#define NOSPAN_PLATFORM_SPINLOCK_TYPES_H
typedef struct spinlock arch_spinlock_t;
#endif
