/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread keeps its CPU number; the count is checked when a call ends (runtime.h). */
#ifndef NOSPAN_LINUX_PREEMPT_H
#define NOSPAN_LINUX_PREEMPT_H

#include "targets/linux/runtime.h"

#define preempt_disable() ((void)nospan_thread.preemption_off++)
#define preempt_enable() ((void)nospan_thread.preemption_off--)
#define preempt_count() (nospan_thread.preemption_off)
#define in_interrupt() 0
#define in_task() 1

#endif
