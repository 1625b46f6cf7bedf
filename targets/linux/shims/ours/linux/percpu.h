/* SPDX-License-Identifier: BSD-2-Clause */
/* Per-CPU data is an array over CPU numbers; the calling thread's number comes with the call (glue.c). */
#ifndef NOSPAN_LINUX_PERCPU_H
#define NOSPAN_LINUX_PERCPU_H

#include <linux/cpumask.h>

#include "targets/linux/runtime.h"

#define DEFINE_PER_CPU(type, name) __typeof__(type) name[NR_CPUS]
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name[NR_CPUS]
#define per_cpu(name, cpu) ((name)[cpu])
#define per_cpu_ptr(pointer, cpu) (&(*(pointer))[cpu])
#define raw_cpu_read(name) ((name)[nospan_thread.cpu])
#define this_cpu_read(name) raw_cpu_read(name)
#define __this_cpu_read(name) raw_cpu_read(name)
#define raw_cpu_write(name, value) ((void)((name)[nospan_thread.cpu] = (value)))
#define this_cpu_write(name, value) raw_cpu_write(name, value)
#define __this_cpu_write(name, value) raw_cpu_write(name, value)
#define this_cpu_ptr(pointer) (&(*(pointer))[nospan_thread.cpu])
#define get_cpu_var(name)       \
  (*({                          \
    preempt_disable();          \
    &(name)[nospan_thread.cpu]; \
  }))
#define put_cpu_var(name) preempt_enable()

#endif
